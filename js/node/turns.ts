// Reading in turns. A body costs time for each piece in which it arrives, and a read of 64 KiB may have 10,000 chunks of one byte.
import type { Duplex } from "node:stream";

/** After so many pieces of a body, its connection waits for its turn. [ours] */
export const PIECES = 256;

/** A connection whose bodies arrive in many pieces. */
interface Sender {
  /** Its pieces so far. Each request takes off as many as it may have. */
  pieces: number;
  /** It may be read now. */
  hasTurn: boolean;
}

/** A connection from which nothing is read until its turn. */
interface Waiter {
  readonly sender: Sender;
  goOn(): void;
}

/** The connections whose bodies arrive in many pieces. One of them is read in one turn of the event loop. */
export class ReadingTurns {
  readonly #senders = new WeakMap<Duplex, Sender>();
  readonly #waiting: Waiter[] = [];
  #isScheduled = false;

  /** Notes that a body arrived in {@link PIECES} more. */
  arrived(socket: Duplex): void {
    const sender = this.#senders.get(socket);
    if (sender === undefined) this.#senders.set(socket, { pieces: PIECES, hasTurn: false });
    else sender.pieces += PIECES;
  }

  /** Whether the next request of a connection waits for its turn. */
  mustWait(socket: Duplex): boolean {
    const sender = this.#senders.get(socket);
    return sender !== undefined && !sender.hasTurn;
  }

  /** A request of this connection begins. */
  begin(socket: Duplex): void {
    const sender = this.#senders.get(socket);
    if (sender === undefined) return;
    sender.hasTurn = false;
    sender.pieces -= PIECES;
    if (sender.pieces < 0) this.#senders.delete(socket);
  }

  /** Calls `goOn` in a later turn of the event loop, when it is this connection's turn. */
  wait(socket: Duplex, goOn: () => void): void {
    const sender = this.#senders.get(socket);
    if (sender === undefined) return void setImmediate(goOn);
    this.#waiting.push({ sender, goOn });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      const waiter = this.#waiting.splice(this.#fewest(), 1)[0] as Waiter;
      waiter.sender.hasTurn = true;
      waiter.goOn();
      this.#schedule();
    });
  }

  /** The place of the one with the fewest pieces. */
  #fewest(): number {
    let fewest = 0;
    for (const [place, { sender }] of this.#waiting.entries()) {
      if (sender.pieces < (this.#waiting[fewest] as Waiter).sender.pieces) fewest = place;
    }
    return fewest;
  }
}
