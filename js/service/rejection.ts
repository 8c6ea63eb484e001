// How an injected fault makes `fetch` reject, or wait.
import type { Signal } from "./signal.js";

/** The reason with which a fault makes `fetch` reject. */
export class Rejection {
  readonly reason: unknown;

  constructor(reason: unknown) {
    this.reason = reason;
  }
}

/** Waits. Throws a {@link Rejection} with the signal's reason when it is aborted. */
export function pause(milliseconds: number, signal: Signal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      forget?.();
      resolve();
    }, milliseconds);
    const forget = signal?.onAbort((reason) => {
      clearTimeout(timer);
      reject(new Rejection(reason));
    });
  });
}

/** The connection ends without an answer. */
export function dropped(): Rejection {
  return new Rejection(new TypeError("fetch failed: a test asked for this connection to be dropped"));
}
