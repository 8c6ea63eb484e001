/** Bytes that are no longer needed, and fill memory until the engine collects them. */
import type { Network } from "./network.js";

/** After how many bytes of answers memory is looked at. */
const CHECK_BYTES = 16 * 1024 * 1024;
/** How long answers wait at most, in milliseconds: the engine collects when something is allocated. */
const GARBAGE_MS = 200;

/** The sent answers and carried out bodies of a server. */
export class Garbage {
  readonly #network: Network;
  /** The bytes of answers since memory was looked at. */
  #made = 0;
  /** When memory last had room, or was taken to have it. */
  #last = 0;

  constructor(network: Network) {
    this.#network = network;
  }

  /** Notes that an answer of this many bytes was made. */
  made(bytes: number): void {
    this.#made += bytes;
  }

  /** Whether they fill memory until the engine collects them. Then answers wait a little. */
  fillsMemory(): boolean {
    if (this.#made < CHECK_BYTES) return false;
    const { bodyBytes, answerBytes } = this.#network;
    const now = performance.now();
    if (process.memoryUsage().arrayBuffers <= bodyBytes + 2 * answerBytes || now - this.#last > GARBAGE_MS) {
      this.#made = 0;
      this.#last = now;
      return false;
    }
    return true;
  }
}
