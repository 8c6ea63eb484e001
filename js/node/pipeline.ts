// Backpressure in the middle of what was read: the parser stops where a connection has too many requests without an answer.
import { IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import type { ReadingTurns } from "./turns.js";

/**
 * The class of a server's requests. Node's parser makes an object of every request in a piece of 64 KiB before anything else runs, which
 * may be thousands, and it stops only where a request changes the protocol (`upgrade`). So a request that is one too many claims to do
 * that, and {@link putBack} puts it back. Requests that really ask for another protocol are answered as any other, as Node does without
 * a listener.
 */
export function requestClass(isTooMany: (request: IncomingMessage) => boolean, turns: ReadingTurns): typeof IncomingMessage {
  return class extends IncomingMessage {
    // Not initialised here, because the constructor of the base class sets `upgrade`.
    /** Whether the request asks for another protocol. */
    declare isAsked: boolean | null;
    /** Decided once: Node asks again when the request is in hand, and so counts itself. */
    declare isExcess: boolean | undefined;
    isCounted = false;
    pieces = 0;
    /** Until its connection may be read again. */
    isHeld = false;

    get upgrade(): boolean {
      this.isExcess ??= isTooMany(this);
      return this.isExcess || (this.isAsked === true && this.method === "CONNECT");
    }

    set upgrade(isAsked: boolean | null) {
      this.isAsked = isAsked;
    }

    /** Node's parser calls this with each piece of the body. */
    override push(piece: unknown, encoding?: BufferEncoding): boolean {
      if (this.isCounted) {
        if (piece === null) turns.delete(this);
        else turns.count(this, (piece as Uint8Array).length);
      }
      return super.push(piece, encoding);
    }

    /** Node calls this to have the connection read. */
    override _read(size: number): void {
      if (!this.isHeld) super._read(size);
    }

    override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
      if (this.isCounted) turns.delete(this);
      super._destroy(error, done);
    }

    /** Has nothing read until it is its turn. */
    hold(): void {
      if (this.isHeld) return;
      this.isHeld = true;
      this.socket.pause();
      turns.wait(this.socket, () => {
        this.isHeld = false;
        // The client's time to send begins anew.
        this.socket.setTimeout(this.socket.timeout ?? 0);
        // After the last piece, Node reads on by itself.
        if (!this.complete && !this.destroyed) super._read(0);
      });
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
 * Does for a connection what Node did until a request changed its protocol: without a listener, a reset would end the process. Returns a
 * function that ends it.
 */
export function standIn(socket: Duplex, stand: Stand): () => void {
  const destroy = (): void => void socket.destroy();
  socket.on("error", destroy).on("drain", stand.drained).on("timeout", stand.timedOut);
  return () => void socket.off("error", destroy).off("drain", stand.drained).off("timeout", stand.timedOut);
}

/** Up to this length, in bytes, the rest is copied: otherwise all that was read with it stays in memory. */
export const SHORT_REST = 4 * 1024;

/** How many bytes a connection without listeners reads at most until it stops: Node reads once more after a pause. */
export const READ_AHEAD = 64 * 1024;

/**
 * Puts a request, and what was read after it, back into its connection. With `readsAhead`, up to {@link READ_AHEAD} is read meanwhile, and so
 * a client that leaves is seen to leave; otherwise nothing. Returns the bytes that it keeps in memory, a function that has the server read
 * on, and one that drops what it would read.
 */
export function putBack(
  server: Server,
  request: IncomingMessage,
  socket: Duplex,
  rest: Buffer,
  readsAhead: boolean,
  stand: Stand,
): { readonly kept: number; readonly readOn: () => void; readonly drop: () => void } {
  const { method, url, httpVersion, rawHeaders } = request;
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let index = 0; index < rawHeaders.length; index += 2) head += `${rawHeaders[index]}: ${rawHeaders[index + 1]}\r\n`;
  socket.pause();
  // Node resumes it when answers move on that made it pause. Nothing listens for data now, so they would be lost.
  const stay = (): void => void socket.pause();
  socket.on("resume", stay);
  if (!readsAhead) stopReading(socket);
  // Not together: copying thousands of requests again for each of them would take time that grows with their square.
  const kept = rest.length > SHORT_REST ? rest : Buffer.from(new Uint8Array(rest).buffer);
  const standDown = standIn(socket, stand);
  const readOn = (): void => {
    socket.off("resume", stay);
    standDown();
    // Not before: a buffer flows as soon as Node resumes the socket.
    socket.pause();
    if (kept.length > 0) socket.unshift(kept);
    socket.unshift(Buffer.from(`${head}\r\n`, "latin1"));
    server.emit("connection", socket);
    socket.resume();
  };
  const drop = (): void => void socket.off("resume", stay).resume();
  const held = kept === rest ? rest.buffer.byteLength : kept.length;
  return { kept: held + (readsAhead ? READ_AHEAD : 0), readOn, drop };
}

/** Stops reading at once, as Node's server does where it pauses a connection. It goes on as soon as the connection is resumed. */
function stopReading(socket: Duplex): void {
  const handle = (socket as { _handle?: { reading: boolean; readStop(): void } | null })._handle;
  if (!handle?.reading) return;
  handle.reading = false;
  handle.readStop();
}
