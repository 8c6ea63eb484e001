// Where the parser stops in a connection with too many requests at once.
import { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/**
 * The class of a server's requests. Node's parser makes an object of every request in a piece of 64 KiB before anything else runs,
 * which may be thousands, and it stops only where a request changes the protocol (`upgrade`). So a request that is one too many claims to
 * do that; the server closes its connection on `upgrade`. Requests that really ask for another protocol are answered as any other, as Node
 * does without a listener.
 */
export function requestClass(isTooMany: (socket: Duplex) => boolean): typeof IncomingMessage {
  return class extends IncomingMessage {
    /** Set by Node. Not initialised here, because the constructor of the base class sets it. */
    declare isAsked: boolean | null;

    get upgrade(): boolean {
      return (this.isAsked === true && this.method === "CONNECT") || isTooMany(this.socket);
    }

    set upgrade(isAsked: boolean | null) {
      this.isAsked = isAsked;
    }
  };
}
