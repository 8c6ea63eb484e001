import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** How much of a refused request is still read and dropped, so that its sender can read the answer. [ours] */
const DRAIN_BYTES = 1024 * 1024;
/** And for how long, in milliseconds. [ours] */
const DRAIN_MS = 5_000;

/** The state of a connection. */
interface Connection {
  /** Requests without a complete answer, in the order of their arrival. */
  readonly inFlight: Set<ServerResponse>;
  /** An answer announced the end: requests after it are not carried out. */
  isEnding: boolean;
  /** Runs when the requests in flight have their answers. */
  afterwards?: () => void;
}

/** The connections of a server, so that it can stop without waiting for idle ones. */
export class Connections {
  readonly #all = new Map<Duplex, Connection>();
  readonly #stop = new AbortController();
  #isStopping = false;

  constructor(server: Server) {
    server.on("connection", (socket: Socket) => {
      if (this.#isStopping) return void socket.destroy();
      this.#all.set(socket, { inFlight: new Set(), isEnding: false });
      socket.once("close", () => this.#all.delete(socket));
    });
  }

  /** Notes a request. Returns `false` if the connection ends before this request could be answered. */
  begin(response: ServerResponse): boolean {
    // Not `response.socket`, which is null until the answers before it are sent.
    const { socket } = response.req;
    const connection = this.#all.get(socket);
    if (connection === undefined || connection.isEnding) return false;
    connection.inFlight.add(response);
    response.once("close", () => {
      connection.inFlight.delete(response);
      if (connection.inFlight.size > 0) return;
      if (connection.afterwards !== undefined) connection.afterwards();
      // An answer that began before the server stopped announced no end.
      else if (this.#isStopping) end(socket);
    });
    return true;
  }

  /** Whether this answer ends its connection because the server stops. The one before a pipelined request does not. */
  isLast(response: ServerResponse): boolean {
    if (!this.#isStopping) return false;
    const connection = this.#all.get(response.req.socket);
    if (connection === undefined || [...connection.inFlight].at(-1) !== response) return false;
    connection.isEnding = true;
    return true;
  }

  /** Ends the connection after this answer: requests after it are not carried out. */
  endAfter(response: ServerResponse): void {
    const connection = this.#all.get(response.req.socket);
    if (connection !== undefined) connection.isEnding = true;
  }

  /** Runs the action when all requests that arrived whole on this connection have their answers. */
  afterAnswers(socket: Duplex, action: () => void): void {
    const connection = this.#all.get(socket);
    if (connection === undefined) return action();
    connection.isEnding = true;
    for (const response of connection.inFlight) if (!response.req.complete) connection.inFlight.delete(response);
    if (connection.inFlight.size === 0) action();
    else connection.afterwards ??= action;
  }

  /**
   * Runs `finish` once the sender of a refused request has sent the rest of it, or enough. Closing while it still sends would
   * reset the connection, and it might never see the answer.
   */
  drain(source: Duplex | ServerResponse["req"], finish: () => void): void {
    let dropped = 0;
    const count = (chunk: Uint8Array): void => {
      dropped += chunk.length;
      if (dropped > DRAIN_BYTES) done();
    };
    const { signal } = this.#stop;
    const done = (): void => {
      clearTimeout(late);
      signal.removeEventListener("abort", done);
      source.off("data", count).off("end", done).off("close", done);
      finish();
    };
    const late = setTimeout(done, DRAIN_MS);
    signal.addEventListener("abort", done);
    source.on("data", count).once("end", done).once("close", done).resume();
    if (signal.aborted) done();
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
    this.#stop.abort();
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
