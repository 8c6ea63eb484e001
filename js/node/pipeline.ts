// Backpressure in the middle of what was read: the parser stops where a connection has too many requests without an answer.
import { IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";

/**
 * The class of a server's requests. Node's parser makes an object of every request in a piece of 64 KiB before anything else runs, which
 * may be thousands, and it stops only where a request changes the protocol (`upgrade`). So a request that is one too many claims to do
 * that, and {@link putBack} puts it back. Requests that really ask for another protocol are answered as any other, as Node does without
 * a listener.
 */
export function requestClass(isTooMany: (socket: Duplex) => boolean): typeof IncomingMessage {
  return class extends IncomingMessage {
    // Not initialised here, because the constructor of the base class sets `upgrade`.
    /** Whether the request asks for another protocol. */
    declare isAsked: boolean | null;
    /** Decided once: Node asks again when the request is in hand, and so counts itself. */
    declare isExcess: boolean | undefined;

    get upgrade(): boolean {
      this.isExcess ??= isTooMany(this.socket);
      return this.isExcess || (this.isAsked === true && this.method === "CONNECT");
    }

    set upgrade(isAsked: boolean | null) {
      this.isAsked = isAsked;
    }
  };
}

/** What Node did for a connection until now. */
export interface Stand {
  /** The client took what was written. */
  drained(): void;
  timedOut(): void;
}

/**
 * Puts a request, and what was read after it, back into its connection, from which nothing is read meanwhile. The function that it
 * returns has the server read on.
 */
export function putBack(server: Server, request: IncomingMessage, socket: Duplex, rest: Buffer, stand: Stand): () => void {
  const { method, url, httpVersion, rawHeaders } = request;
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let index = 0; index < rawHeaders.length; index += 2) head += `${rawHeaders[index]}: ${rawHeaders[index + 1]}\r\n`;
  socket.pause();
  socket.unshift(Buffer.concat([Buffer.from(`${head}\r\n`, "latin1"), rest]));
  // Node removed its own listeners.
  const destroy = (): void => void socket.destroy();
  socket.on("error", destroy).on("drain", stand.drained).on("timeout", stand.timedOut);
  return () => {
    socket.off("error", destroy).off("drain", stand.drained).off("timeout", stand.timedOut);
    server.emit("connection", socket);
    socket.resume();
  };
}
