/** A clock that a test can stop and move. */
export class TestClock {
  readonly #real: () => number;
  #fixed: number | undefined;
  #offset = 0;

  constructor(real: () => number = Date.now) {
    this.#real = real;
  }

  /** Unix milliseconds. */
  now(): number {
    return this.#fixed ?? this.#real() + this.#offset;
  }

  get stopped(): boolean {
    return this.#fixed !== undefined;
  }

  /** Stops the clock at a time. */
  stopAt(time: number): void {
    this.#fixed = time;
  }

  /** Moves the clock by milliseconds, back if negative. It stays stopped or running. */
  advance(milliseconds: number): void {
    if (this.#fixed === undefined) this.#offset += milliseconds;
    else this.#fixed += milliseconds;
  }

  /** Returns to the real time. */
  release(): void {
    this.#fixed = undefined;
    this.#offset = 0;
  }
}
