// The rest of refused requests.
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** How much of a refused request is still read and dropped, so that its sender can read the answer. [ours] */
const DRAIN_BYTES = 1024 * 1024;
/** And for how long, in milliseconds. [ours] */
const DRAIN_MS = 5_000;

/** The refused requests whose rest is read and dropped. */
export class Draining {
  readonly #ends = new Set<() => void>();

  /**
   * Runs `finish` once the sender of a refused request has sent the rest of it, or enough. Closing while it still sends would
   * reset the connection, and it might never see the answer.
   */
  add(source: Duplex | IncomingMessage, finish: () => void): void {
    // Read while the answer waited for a commit.
    if (source.readableEnded) return finish();
    let dropped = 0;
    const count = (chunk: Uint8Array): void => {
      dropped += chunk.length;
      if (dropped > DRAIN_BYTES) done();
    };
    const done = (): void => {
      clearTimeout(late);
      this.#ends.delete(done);
      source.off("data", count).off("end", done).off("close", done);
      finish();
    };
    const late = setTimeout(done, DRAIN_MS);
    this.#ends.add(done);
    source.on("data", count).once("end", done).once("close", done).resume();
  }

  /** Waits no longer. */
  end(): void {
    for (const done of [...this.#ends]) done();
  }
}
