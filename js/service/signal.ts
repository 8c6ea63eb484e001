/** An `AbortSignal` of any realm, by the members that are used. */
interface AnySignal {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** The abort signal of a request. Listens only while something waits. */
export class Signal {
  readonly #signal: AnySignal;

  private constructor(signal: AnySignal) {
    this.#signal = signal;
  }

  /** `undefined` for a value that is no abort signal. */
  static of(value: unknown): Signal | undefined {
    const signal = value as AnySignal | null | undefined;
    const isSignal = typeof signal === "object" && signal !== null && typeof signal.addEventListener === "function";
    return isSignal && typeof signal.removeEventListener === "function" ? new Signal(signal) : undefined;
  }

  /** Runs the listener with the signal's reason once it is aborted, or at once if it is. Returns how to stop listening. */
  onAbort(listener: (reason: unknown) => void): () => void {
    const signal = this.#signal;
    const abort = (): void => listener(signal.reason);
    if (signal.aborted) {
      abort();
      return () => undefined;
    }
    signal.addEventListener("abort", abort);
    return () => signal.removeEventListener("abort", abort);
  }
}
