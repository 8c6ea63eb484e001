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

/** After so many pieces in one turn of the event loop, nothing is read of other chunked bodies. */
const PIECES_OF_TURN = 4 * PIECES;

/** A request whose body arrives in chunks. */
export interface ChunkedRequest {
  readonly socket: Duplex;
  /** Has nothing read of it until it is its turn. */
  hold(): void;
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
  /** The chunked bodies that arrive. */
  readonly #chunked = new Set<ChunkedRequest>();
  #piecesOfTurn = 0;
  #isScheduled = false;

  /** A chunked body arrives from now on. */
  add(request: ChunkedRequest): void {
    this.#chunked.add(request);
    if (this.#waiting.length > 0) request.hold();
  }

  /** It is there, or does not arrive any more. */
  delete(request: ChunkedRequest): void {
    this.#chunked.delete(request);
  }

  /** Notes that a body arrived in {@link PIECES} more. */
  arrived(socket: Duplex): void {
    this.#piecesOfTurn += PIECES;
    if (this.#piecesOfTurn === PIECES_OF_TURN) for (const request of this.#chunked) request.hold();
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

  /** Calls `goOn` in a later turn of the event loop: of a connection that sends many pieces, when it is its turn. */
  later(socket: Duplex, goOn: () => void): void {
    if (this.#senders.has(socket)) this.wait(socket, goOn);
    else setImmediate(goOn);
  }

  /** Calls `goOn` when it is this connection's turn. */
  wait(socket: Duplex, goOn: () => void): void {
    this.#waiting.push({ sender: this.#senders.get(socket) ?? { pieces: 0, hasTurn: false }, goOn });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#piecesOfTurn = 0;
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
