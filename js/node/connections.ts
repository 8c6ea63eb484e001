import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Draining } from "./draining.js";
import { Garbage } from "./garbage.js";
import { requestCharge } from "./head.js";
import type { Network } from "./network.js";
import { putBack, READ_AHEAD, SHORT_REST, type Stand, standIn } from "./pipeline.js";
import { closeUnsent, RequestQueue } from "./queue.js";
import type { ReadingTurns } from "./turns.js";

/** How many bytes of answers a connection may leave unsent before its next request waits. */
const UNSENT_BYTES = 64 * 1024;
/** How many requests of a connection may be without an answer; the next ones are read after these. [ours] */
const MOST_PIPELINED = 16;
/** While so many connections have requests, one request of each at a time: all that they sent is read in one turn. */
const BUSY = 64;
/** How long a client may take nothing of an answer once the room for answers is used up, in milliseconds. */
const IMPATIENT_MS = 500;
/** How much room for answers a long one needs. */
const LONG_ANSWER = 8 * 1024 * 1024;

const NOTHING = Buffer.alloc(0);
/** The requests of a connection that is closed. */
const NONE = { inFlight: new Map<ServerResponse, number>(), unanswered: [] } as const;

/** The state of a connection. */
interface Connection {
  readonly socket: Duplex;
  /** Requests without a complete answer, in the order of their arrival, and the bytes of each answer. */
  readonly inFlight: Map<ServerResponse, number>;
  /** Those that are not carried out yet. */
  readonly queue: RequestQueue;
  /** What all of them count as. */
  held: number;
  /** The answers' part of it. */
  unsent: number;
  /** It is being closed. */
  isCut: boolean;
  /** How many bytes had arrived when it became idle. */
  readBefore: number;
  /** When the client last took something of an answer, or had none to take. */
  movedAt: number;
  /** An answer announced the end: requests after it are not carried out. */
  isEnding: boolean;
  /** Those after it. */
  readonly unanswered: ServerResponse[];
  /** The bytes of requests that were put back. */
  kept: number;
  /** Runs when the requests in flight have their answers. */
  afterwards?: () => void;
  /** The same, but the connection goes on. Set until it does: a request waits. */
  readOn: (() => void) | undefined;
}

/** What a connection is closed for, in the order in which it is asked to make room. */
export interface Evictable {
  /** Ends the request whose body began first. Returns whether there was one. */
  evictBody(): boolean;
  /** Ends the requests of these answers whose bodies have stalled. Returns whether there was one. */
  refuseStalled(responses: Iterable<ServerResponse>): boolean;
}

/** The connections of a server: how many there are, how much they hold, and an end that does not wait for idle ones. */
export class Connections {
  readonly #all = new Map<Duplex, Connection>();
  /** Those without a request in flight, or of which the rest is dropped; the one that waits longest first. */
  readonly #idle = new Set<Connection>();
  /** Those with requests in flight; the one that has not moved for longest first. */
  readonly #holding = new Set<Connection>();
  readonly #network: Network;
  readonly #garbage: Garbage;
  readonly #turns: ReadingTurns;
  /** The requests whose rest is read and dropped. */
  readonly #draining = new Draining();
  #held = 0;
  /** The bytes of requests that wait for the answers before them. Beyond a bound, connections end after their answers. */
  #kept = 0;
  #arrivals = 0;
  /** The part of it whose connections are being closed. */
  #ending = 0;
  #isStopping = false;
  #evictable: Evictable | undefined;

  constructor(server: Server, network: Network, turns: ReadingTurns) {
    this.#network = network;
    this.#turns = turns;
    this.#garbage = new Garbage(network);
    server.on("connection", (socket: Socket) => {
      // It goes on after a pause.
      if (this.#all.has(socket)) return;
      this.#arrivals += 1;
      if (this.#isStopping || (this.#all.size >= network.connections && !this.#makeRoom())) return void socket.destroy();
      const connection: Connection = {
        socket,
        inFlight: new Map(),
        queue: new RequestQueue(() => connection.unsent <= UNSENT_BYTES),
        held: 0,
        unsent: 0,
        isCut: false,
        readBefore: 0,
        movedAt: 0,
        isEnding: false,
        unanswered: [],
        kept: 0,
        readOn: undefined,
      };
      this.#all.set(socket, connection);
      this.#idle.add(connection);
      socket.once("close", () => this.#forget(connection));
    });
    server.on("timeout", (socket: Socket) => this.#timeOut(socket));
    server.on("upgrade", (request, socket, rest) => {
      const connection = this.#all.get(socket);
      if (connection === undefined) return void socket.destroy();
      const isTooMuch = connection.isEnding || (rest.length > SHORT_REST && this.#kept > network.answerBytes / 2);
      // Half of the bound is for what was read already.
      const readsAhead = this.#kept + READ_AHEAD <= network.answerBytes / 4;
      const { kept, readOn, drop } = putBack(server, request, socket, isTooMuch ? NOTHING : rest, readsAhead, this.#stand(socket));
      // What is read after an answer that ends the connection is dropped: unread, it would reset the connection.
      if (connection.isEnding) drop();
      if (isTooMuch) return this.afterAnswers(socket, () => end(socket));
      this.#keep(connection, kept);
      connection.readOn = readOn;
      if (connection.inFlight.size === 0) this.#readOn(connection);
    });
  }

  #stand(socket: Duplex): Stand {
    const drained = (): void => {
      for (const response of this.#all.get(socket)?.inFlight.keys() ?? []) return void response.emit("drain");
    };
    return { drained, timedOut: () => this.#timeOut(socket as Socket) };
  }

  /** Listens to a connection that Node hands over after a CONNECT, without listeners. */
  takeOver(socket: Duplex): void {
    standIn(socket, this.#stand(socket));
  }

  /** Notes that so many bytes of requests wait for the answers before them. */
  #keep(connection: Connection, bytes: number): void {
    this.#kept += bytes - connection.kept;
    connection.kept = bytes;
  }

  /** Whose bodies may have to make room. */
  set evictable(evictable: Evictable) {
    this.#evictable = evictable;
  }

  /** How many there are. */
  get size(): number {
    return this.#all.size;
  }

  /** The bytes that requests and their answers hold. */
  get held(): number {
    return this.#held;
  }

  /** Whether there is room for a long answer. If not, clients that take nothing of theirs lose their connections. */
  hasRoom(): boolean {
    const most = this.#network.answerBytes - LONG_ANSWER;
    if (this.#held > most) this.#cutStalled(most);
    return this.#held <= most && !this.#garbage.fillsMemory();
  }

  /** How many connections have arrived so far. */
  get arrivals(): number {
    return this.#arrivals;
  }

  /** Whether the next request of a connection is one too many. */
  isFull(request: IncomingMessage): boolean {
    const { inFlight, unanswered } = this.#all.get(request.socket) ?? NONE;
    const pipelined = inFlight.size + unanswered.length;
    const isBusy = this.#holding.size > BUSY || this.#held > this.#network.answerBytes;
    return pipelined >= (isBusy ? 1 : MOST_PIPELINED) || this.#turns.mustWait(request);
  }

  /**
   * Runs a request, once those before it on its connection are carried out and not too much of their answers is unsent. Drops it if
   * the connection ends before.
   */
  begin(response: ServerResponse, run: () => void): void {
    // Not `response.socket`, which is null until the answers before it are sent.
    const { socket } = response.req;
    const connection = this.#all.get(socket);
    // Its caller has something to do at its beginning, and then at its close.
    if (connection === undefined || connection.isCut) return process.nextTick(closeUnsent, response);
    if (connection.isEnding) return void connection.unanswered.push(response);
    this.#turns.begin(socket);
    this.#turns.add(response.req);
    if (connection.inFlight.size === 0) {
      this.#idle.delete(connection);
      this.#move(connection);
    }
    connection.inFlight.set(response, 0);
    this.#charge(connection, requestCharge(response.req));
    response.once("close", () => this.#end(connection, response));
    connection.queue.add(response, run);
  }

  /** A request is carried out, or needs not be: the next one of its connection may be. */
  carriedOut(response: ServerResponse): void {
    this.#all.get(response.req.socket)?.queue.done(response);
  }

  /** Notes that an answer of this many bytes was made. */
  answered(response: ServerResponse, bytes: number): void {
    const connection = this.#all.get(response.req.socket);
    this.#garbage.made(bytes);
    if (!connection?.inFlight.has(response)) return;
    connection.inFlight.set(response, (connection.inFlight.get(response) ?? 0) + bytes);
    connection.unsent += bytes;
    this.#charge(connection, bytes);
  }

  /** Notes that the client took a part of an answer. */
  moved(response: ServerResponse): void {
    const connection = this.#all.get(response.req.socket);
    if (connection !== undefined && connection.inFlight.size > 0) this.#move(connection);
  }

  #charge(connection: Connection, bytes: number): void {
    connection.held += bytes;
    this.#held += bytes;
    if (this.#held <= this.#network.answerBytes) return;
    this.#cutStalled(this.#network.answerBytes);
    // Many short answers at once: these clients had no time to take them, but there is no room.
    const most = 2 * this.#network.answerBytes;
    for (const oldest of this.#holding) {
      if (this.#held - this.#ending <= most) return;
      if (oldest !== connection && oldest.unsent > 0) this.#cut(oldest);
    }
  }

  /** Closes connections whose clients take nothing, until no more than `most` bytes are held. */
  #cutStalled(most: number): void {
    const now = performance.now();
    for (const connection of this.#holding) {
      if (now - connection.movedAt < IMPATIENT_MS || this.#held - this.#ending <= most) return;
      // Without an answer, it is the server that has not moved.
      if (connection.unsent > 0) this.#cut(connection);
    }
  }

  /** Closes a connection. What it holds is free once it is closed. */
  #cut(connection: Connection): void {
    connection.isCut = true;
    connection.queue.clear();
    this.#ending += connection.held;
    this.#idle.delete(connection);
    this.#holding.delete(connection);
    connection.socket.destroy();
  }

  #move(connection: Connection): void {
    connection.movedAt = performance.now();
    this.#holding.delete(connection);
    this.#holding.add(connection);
  }

  #end(connection: Connection, response: ServerResponse): void {
    if (!this.#all.has(connection.socket) || connection.isCut) return;
    this.#drop(connection, response);
    connection.queue.done(response);
    if (connection.inFlight.size > 0) {
      this.#move(connection);
      connection.queue.goOn();
      return;
    }
    this.#holding.delete(connection);
    this.#idle.add(connection);
    connection.readBefore = (connection.socket as Socket).bytesRead;
    if (connection.afterwards !== undefined) connection.afterwards();
    // An answer that began before the server stopped announced no end.
    else if (this.#isStopping) end(connection.socket);
    else this.#readOn(connection);
  }

  #readOn(connection: Connection): void {
    const { readOn } = connection;
    if (readOn === undefined) return;
    // Node ends what it does after an answer first.
    this.#turns.later(connection.socket, () => {
      connection.readOn = undefined;
      if (connection.isCut || connection.isEnding || !this.#all.has(connection.socket)) return;
      this.#keep(connection, 0);
      readOn();
    });
  }

  #forget(connection: Connection): void {
    if (!this.#all.delete(connection.socket)) return;
    this.#idle.delete(connection);
    this.#holding.delete(connection);
    this.#turns.forget(connection.socket);
    connection.queue.clear();
    this.#held -= connection.held;
    this.#keep(connection, 0);
    if (connection.isCut) this.#ending -= connection.held;
    for (const response of [...connection.inFlight.keys(), ...connection.unanswered]) closeUnsent(response);
  }

  /** Closes a connection for another one. Returns false if none can be spared. */
  #makeRoom(): boolean {
    for (const idle of this.#idle) {
      if (idle.readOn !== undefined) continue;
      this.#cut(idle);
      return true;
    }
    if (this.#evictable?.evictBody()) return true;
    const stalled = [...this.#holding].find((connection) => connection.unsent > 0) ?? [...this.#idle][0];
    if (stalled !== undefined) this.#cut(stalled);
    return stalled !== undefined;
  }

  /** Neither side has sent anything for the time that the server allows. */
  #timeOut(socket: Socket): void {
    const connection = this.#all.get(socket);
    // A request waits for its turn, or Node's own timeout answers a head that is not complete.
    if (connection?.inFlight.size === 0 && (connection.readOn !== undefined || socket.bytesRead > connection.readBefore)) return;
    if (connection === undefined || connection.inFlight.size === 0 || connection.unsent > 0) return void socket.destroy();
    // Otherwise the answer takes long, as a test may ask for.
    this.#evictable?.refuseStalled(connection.inFlight.keys());
  }

  /** Whether this answer ends its connection because the server stops. The one before a pipelined request does not. */
  isLast(response: ServerResponse): boolean {
    if (!this.#isStopping) return false;
    const connection = this.#all.get(response.req.socket);
    if (connection === undefined || [...connection.inFlight.keys()].at(-1) !== response) return false;
    connection.isEnding = true;
    return true;
  }

  /** Ends the connection after this answer: requests after it are not carried out. */
  endAfter(response: ServerResponse): void {
    const connection = this.#all.get(response.req.socket);
    if (connection === undefined) return;
    connection.isEnding = true;
    connection.queue.clear();
  }

  /** Runs the action when all requests that arrived whole on this connection have their answers. */
  afterAnswers(socket: Duplex, action: () => void): void {
    const connection = this.#all.get(socket);
    if (connection === undefined) return action();
    connection.isEnding = true;
    for (const response of connection.inFlight.keys()) if (!response.req.complete) this.#drop(connection, response);
    if (connection.inFlight.size === 0) action();
    else connection.afterwards ??= action;
  }

  #drop(connection: Connection, response: ServerResponse): void {
    const answer = connection.inFlight.get(response);
    if (answer === undefined) return;
    connection.inFlight.delete(response);
    const bytes = answer + requestCharge(response.req);
    connection.unsent -= answer;
    connection.held -= bytes;
    this.#held -= bytes;
  }

  /** Runs `finish` once the sender of a refused request has sent the rest of it, or enough. */
  drain(source: Duplex | ServerResponse["req"], finish: () => void): void {
    const connection = this.#all.get("socket" in source ? source.socket : source);
    if (connection !== undefined && !connection.isCut) this.#idle.add(connection);
    this.#draining.add(source, finish);
    if (this.#isStopping) this.#draining.end();
  }

  /**
   * Ends every connection without a request in flight at once, each other one after its answers, or after `gracePeriod`
   * milliseconds.
   */
  stop(server: Server, gracePeriod: number): void {
    this.#isStopping = true;
    const cut = (): void => {
      for (const socket of this.#all.keys()) socket.destroy();
    };
    const late = setTimeout(cut, gracePeriod);
    server.close(() => clearTimeout(late));
    this.#draining.end();
    for (const [socket, { inFlight, isEnding }] of this.#all) {
      if (inFlight.size > 0) continue;
      // The last bytes may still be in flight.
      if (isEnding) end(socket);
      else socket.destroy();
    }
  }
}

/** Closes a connection once everything that was written is sent. */
export function end(socket: Duplex): void {
  (socket as Socket).destroySoon();
}
