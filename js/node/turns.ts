// Reading in turns. A body costs time for each piece in which it arrives, and a read of 64 KiB may have 10,000 chunks of one byte. In one turn
// of the event loop, a thousand connections may have something to read.
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { Rest } from "./rest.js";

/** After so much of a body its connection waits for its turn, in pieces: chunks of one byte, or 4 KiB of a long one. [ours] */
const PIECES = 256;
/** The same of all bodies in one turn of the event loop: then nothing more is read of long ones. */
const PIECES_OF_TURN = 4 * PIECES;
/** How many bytes take as much time as one piece more. */
const PIECE_BYTES = 4_096;
/** Bodies up to this length that come without chunks are not counted, in bytes. */
const SHORT = 64 * 1024;

/** A connection whose bodies arrive in many pieces. */
interface Sender {
  /** Its pieces so far. Each request takes off as many as it may have. */
  pieces: number;
  /** It may be read now. */
  hasTurn: boolean;
}

/** A request whose body takes turns. */
export interface CountedRequest {
  readonly socket: Duplex;
  isCounted: boolean;
  /** How much of its body has arrived, in pieces. */
  pieces: number;
  /** It waits for its turn: it is the server that does not read. */
  readonly isHeld: boolean;
  /** Has nothing read of it until it is its turn. */
  hold(): void;
}

/** A connection from which nothing is read until its turn. */
interface Waiter {
  readonly socket: Duplex;
  readonly sender: Sender;
  goOn(): void;
}

/** Whether the body of a request may arrive in many pieces. */
function isCounted({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"]) > SHORT;
}

/** The connections whose bodies arrive in many pieces. One of them is read in one turn of the event loop. */
export class ReadingTurns {
  readonly #senders = new WeakMap<Duplex, Sender>();
  #waiting: Waiter[] = [];
  /** The requests whose long bodies arrive: the last one of each connection that has such a request. */
  readonly #arriving = new Map<Duplex, CountedRequest>();
  readonly #rest: Rest;
  #piecesOfTurn = 0;
  #isScheduled = false;
  /** When the last connection had its turn. */
  #beganAt = 0;

  /** `arrivals`: how many connections have arrived so far. */
  constructor(arrivals: () => number) {
    this.#rest = new Rest(arrivals);
  }

  /** A body arrives from now on, if the request has one. Short ones take no turns. */
  add(request: IncomingMessage & Partial<CountedRequest>): void {
    if (!isCounted(request)) return;
    const counted = request as CountedRequest;
    counted.isCounted = true;
    this.#arriving.set(counted.socket, counted);
    if (this.#waiting.length > 0) counted.hold();
  }

  /** The body is there, or does not arrive any more. */
  delete(request: CountedRequest): void {
    if (this.#arriving.get(request.socket) === request) this.#arriving.delete(request.socket);
  }

  /** The connection is closed. Node says nothing to a request that was answered before its body was there. */
  forget(socket: Duplex): void {
    this.#arriving.delete(socket);
    this.#waiting = this.#waiting.filter((waiter) => waiter.socket !== socket);
  }

  /** A piece of so many bytes arrived. */
  count(request: CountedRequest, bytes: number): void {
    const pieces = 1 + Math.floor(bytes / PIECE_BYTES);
    const before = Math.floor(request.pieces / PIECES);
    request.pieces += pieces;
    const isOver = this.#piecesOfTurn >= PIECES_OF_TURN;
    this.#piecesOfTurn += pieces;
    this.#schedule();
    if (!isOver && this.#piecesOfTurn >= PIECES_OF_TURN) for (const other of this.#arriving.values()) other.hold();
    if (Math.floor(request.pieces / PIECES) === before) return;
    const sender = this.#senders.get(request.socket);
    if (sender === undefined) this.#senders.set(request.socket, { pieces: PIECES, hasTurn: false });
    else sender.pieces += PIECES;
    request.hold();
  }

  /** Whether this request, the next one of its connection, waits for its turn. Its body is not read before. */
  mustWait(request: IncomingMessage): boolean {
    const sender = this.#senders.get(request.socket);
    if (sender !== undefined) return !sender.hasTurn;
    if (this.#piecesOfTurn < PIECES_OF_TURN || !isCounted(request)) return false;
    // What was read with its head may be thousands of pieces, and as many connections may have been idle until now.
    this.#senders.set(request.socket, { pieces: PIECES, hasTurn: false });
    return true;
  }

  /** A request of this connection begins. */
  begin(socket: Duplex): void {
    const sender = this.#senders.get(socket);
    if (sender === undefined) return;
    sender.hasTurn = false;
    sender.pieces -= PIECES;
    if (sender.pieces <= 0) this.#senders.delete(socket);
  }

  /** Calls `goOn` in a later turn of the event loop: of a connection that sends many pieces, when it is its turn. */
  later(socket: Duplex, goOn: () => void): void {
    if (this.#senders.has(socket)) this.wait(socket, goOn);
    else setImmediate(goOn);
  }

  /** Calls `goOn` when it is this connection's turn. */
  wait(socket: Duplex, goOn: () => void): void {
    this.#waiting.push({ socket, sender: this.#senders.get(socket) ?? { pieces: 0, hasTurn: false }, goOn });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#piecesOfTurn = 0;
      const now = performance.now();
      if (this.#beganAt > 0) {
        // What it sent was read, and whatever else this turn had.
        this.#rest.after(this.#beganAt, now);
        this.#beganAt = 0;
      }
      if (this.#waiting.length === 0) return;
      if (this.#rest.isDue()) return this.#schedule();
      this.#beganAt = now;
      const waiter = this.#waiting.splice(this.#fewest(), 1)[0] as Waiter;
      waiter.sender.hasTurn = true;
      waiter.goOn();
      // Also if no other one waits: the next turn sees how long this one took, and not how long the server was idle.
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
