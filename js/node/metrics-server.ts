import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Answer } from "../service/answer.js";
import { copyingReader } from "../service/core-types.js";
import type { MemoryRegistrar } from "../service/registrar.js";
import type { Metrics } from "./metrics.js";
import { isProbe } from "./watch.js";

const NO_BODY = new Uint8Array(0);

/** How long a request may take to arrive, and an answer to be taken, in milliseconds: none has a body. */
const PATIENCE_MS = 5_000;
/** How many connections there are at most. */
const MOST_CONNECTIONS = 64;

/** Serves the metrics, and the probes, on a port of their own, without a token. */
export class MetricsServer {
  readonly server: Server;
  readonly #registrar: MemoryRegistrar;
  readonly #metrics: Metrics | undefined;
  readonly #allows: (host: string | undefined) => boolean;
  /** The connections that had their request. */
  readonly #done = new WeakSet<Socket>();

  /** `allows`: whether a request with this `Host` is answered. */
  constructor(registrar: MemoryRegistrar, metrics: Metrics | undefined, allows: (host: string | undefined) => boolean) {
    this.#allows = allows;
    this.#registrar = registrar;
    this.#metrics = metrics;
    this.server = createServer({ requestTimeout: PATIENCE_MS, headersTimeout: PATIENCE_MS }, (request, response) => {
      this.#receive(request, response);
    });
    this.server.maxConnections = MOST_CONNECTIONS;
    this.server.timeout = PATIENCE_MS;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  /** One request of each connection: the answers to many, which nobody reads, would fill the memory. [ours] */
  #receive(request: IncomingMessage, response: ServerResponse): void {
    if (this.#done.has(request.socket)) return;
    this.#done.add(request.socket);
    response.shouldKeepAlive = false;
    const { status, headers, body } = this.#answer(request);
    response.writeHead(status, [...headers, "content-length", String(body.length)]);
    response.end(request.method === "HEAD" ? undefined : body);
    request.resume();
  }

  #answer({ method = "", url = "/", headers }: IncomingMessage): Answer {
    if (!this.#allows(headers.host)) {
      return this.#registrar.refuse(403, "The metrics answer to an IP address, localhost, or a name of --allowed-host.", headers);
    }
    if (isProbe(url)) return this.#registrar.answer(method, url, headers, NO_BODY, copyingReader);
    if (!/^\/metrics($|\?)/.test(url)) return this.#registrar.refuse(404, "There is only /metrics, /healthz and /readyz here.", headers);
    if (method !== "GET" && method !== "HEAD") {
      return this.#registrar.refuse(405, "This path allows GET and HEAD alone.", headers, { allow: "GET, HEAD" });
    }
    return (this.#metrics as Metrics).answer();
  }
}
