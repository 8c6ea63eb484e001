// The order of the requests of one connection.
import type { ServerResponse } from "node:http";

interface Waiter {
  readonly response: ServerResponse;
  run(): void;
}

/**
 * The requests of a connection that are not carried out yet. They are carried out one after another, because one that comes after a write
 * must see it (RFC 9112, section 9.3.2), and a body may arrive after a later request that has none.
 */
export class RequestQueue {
  readonly #waiting: Waiter[] = [];
  readonly #mayRun: () => boolean;
  /** The request that is being carried out: its body may still arrive. */
  #current: ServerResponse | undefined;
  #isRunning = false;

  /** `mayRun`: whether the next request may be carried out, apart from those before it. */
  constructor(mayRun: () => boolean) {
    this.#mayRun = mayRun;
  }

  /** Runs a request when it may be. */
  add(response: ServerResponse, run: () => void): void {
    this.#waiting.push({ response, run });
    this.goOn();
  }

  /** A request is carried out, or needs not be. */
  done(response: ServerResponse): void {
    if (this.#current !== response) return;
    this.#current = undefined;
    this.goOn();
  }

  /** Runs what may be run now. */
  goOn(): void {
    // Called by a request that was carried out at once.
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (this.#current === undefined && this.#mayRun()) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#current = next.response;
      next.run();
    }
    this.#isRunning = false;
  }

  /** What waits is not carried out. */
  clear(): void {
    this.#waiting.length = 0;
  }
}

/**
 * Tells a response that its connection is closed. Before Node 24, only the one is told whose turn it was to be sent, and not those behind
 * it: what waits for them would be held, and be carried out for nobody.
 */
export function closeUnsent(response: ServerResponse): void {
  if (response.socket !== null || response.closed) return;
  response.destroy();
  response.emit("close");
}
