/**
 * The registrar as a server on `node:http`.
 *
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { maxBodyBytes } from "../generated/constants.js";
import type { Answer, AnswerWith } from "../service/answer.js";
import { dropPoint, type Fault } from "../service/faults.js";
import type { AnswerReader } from "../service/host.js";
import { serviceModule } from "../service/module.js";
import type { RegistrarOptions } from "../service/options.js";
import { createRegistrarWith, type MemoryRegistrar, type Registrar, type RegistrarDefaults } from "../service/registrar.js";
import { joined } from "../service/request.js";
import { TestClock } from "./clock.js";
import { json, TestHooks } from "./hooks.js";
import { StaticFiles } from "./static.js";

export type * from "../service/types.js";

/** A snapshot is as large as the state. */
const SNAPSHOT_LIMIT = 1024 * 1024 * 1024;
/** How long a refused, too long body is still read and discarded, so that its sender can read the answer. */
const DRAIN_MS = 2_000;
/** How long requests may take to finish once the server is stopping. */
const STOP_MS = 10_000;

/** The folder of the page, next to this file. A bundle has no such folder, and a CommonJS bundle has no `import.meta.url`. */
const PAGE_ROOT = import.meta.url?.startsWith("file:") ? fileURLToPath(new URL("./www/", import.meta.url)) : undefined;
const NO_BODY = new Uint8Array(0);

/** Where to listen and what to offer besides the API. */
export interface ServeOptions extends RegistrarOptions {
  /** 8787 by default; 0 chooses a free port. */
  readonly port?: number | undefined;
  /** The address to listen on. The default, `127.0.0.1`, cannot be reached from other machines. */
  readonly host?: string | undefined;
  /**
   * Serves the default ids and tokens to the page, at `GET /_registrar/defaults` [ours]. For development: only browsers
   * that reach the server by a loopback name get them.
   */
  readonly page?: boolean | undefined;
  /** Offers `/_registrar/reset`, `snapshot`, `restore`, `faults` and `clock` to every client that can reach the server [ours]. */
  readonly testHooks?: boolean | undefined;
  /** Shuts down gracefully on SIGINT and SIGTERM. Off by default, because programs handle signals themselves. */
  readonly signals?: boolean | undefined;
}

/** A running server. */
export interface RunningServer {
  /** The base URL, such as `http://127.0.0.1:8787`, without a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** The default ids and tokens. */
  readonly defaults: RegistrarDefaults;
  readonly registrar: Registrar;
  /** Lets open requests finish, then closes the server. Safe to call again. */
  close(): Promise<void>;
  /** Settles once the server is closed, for any reason. */
  readonly closed: Promise<void>;
}

/**
 * Starts a server. If the address is not available, it rejects with an `Error` that has a message of one line and the
 * system's `code`.
 *
 * ```ts
 * import { serve } from "agent-registrar/node";
 *
 * const server = await serve({ port: 0 });
 * console.log(server.url, server.defaults.token);
 * await server.close();
 * ```
 */
export async function serve(options: ServeOptions = {}): Promise<RunningServer> {
  const { port = 8787, host = "127.0.0.1" } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new TypeError("port: must be a whole number from 0 to 65535");
  // Node takes an empty host for all addresses.
  if (typeof host !== "string" || host === "") throw new TypeError("host: must be a host name or an address");
  const handler = new HttpHandler(options, host);
  // Requests that Node would refuse itself get the API's error body, too.
  const server = createServer({ requireHostHeader: false }, (request, response) => handler.receive(request, response));
  server.on("clientError", (error, socket) => refuseGibberish(handler.registrar, error, socket));
  server.on("checkExpectation", (request, response) => {
    handler.refuse(request, response, 417, "The header Expect names something that this service does not support. Leave it out.");
  });
  server.on("connect", (request, socket) => {
    sendRaw(socket, handler.registrar.handle("CONNECT", request.url ?? "", request.headers));
  });
  await listen(server, port, host);
  const address = server.address() as AddressInfo;

  let closing: Promise<void> | undefined;
  const closed = new Promise<void>((resolve) => server.once("close", resolve));
  const close = (): Promise<void> => {
    closing ??= (() => {
      handler.stopping = true;
      const late = setTimeout(() => server.closeAllConnections(), STOP_MS);
      server.close(() => clearTimeout(late));
      server.closeIdleConnections();
      return closed;
    })();
    return closing;
  };
  if (options.signals) stopOnSignals(close, closed);
  return {
    url: addressUrl(address),
    port: address.port,
    defaults: handler.registrar.defaults,
    registrar: handler.registrar,
    close,
    closed,
  };
}

/**
 * Reads bodies as strings with one character per byte.
 *
 * PERF(http): Node sends a head and such a text in one piece, which takes less time than a head and bytes.
 */
function textReader(): AnswerReader<string> {
  // A view of the core's memory. Growing the memory replaces its buffer.
  let view: Buffer = Buffer.alloc(0);
  const text = (memory: Uint8Array, from: number, to: number): string => {
    if (view.buffer !== memory.buffer) view = Buffer.from(memory.buffer);
    return view.toString("latin1", from, to);
  };
  return { text, body: text };
}

/** Handles the requests of a server. */
class HttpHandler {
  readonly registrar: MemoryRegistrar;
  readonly #reader = textReader();
  /** Set while stopping: answers then close their connections. */
  stopping = false;
  readonly #page: StaticFiles | undefined;
  readonly #isLoopback: boolean;
  readonly #tellsDefaults: boolean;
  readonly #hooks: TestHooks | undefined;

  constructor(options: ServeOptions, host: string) {
    // The registrar checks the remaining options.
    const { port: _port, host: _host, signals: _signals, page, testHooks, ...registrarOptions } = options;
    const module = serviceModule(options.wasm);
    if (testHooks) {
      const { now } = options;
      const clock = new TestClock(now === undefined ? undefined : () => Number(typeof now === "function" ? now() : now));
      this.registrar = createRegistrarWith(module, { ...registrarOptions, now: () => clock.now() });
      this.#hooks = new TestHooks(this.registrar, clock);
    } else {
      this.registrar = createRegistrarWith(module, registrarOptions);
    }
    this.#page = PAGE_ROOT === undefined ? undefined : StaticFiles.at(PAGE_ROOT);
    this.#isLoopback = isLoopback(host);
    this.#tellsDefaults = page === true && this.#isLoopback;
  }

  /** Answers any request with an error, without reading its body. */
  refuse(request: IncomingMessage, response: ServerResponse, status: number, message: string): void {
    this.#send(request, response, this.registrar.refuse(status, message, request.headers), true);
  }

  receive(request: IncomingMessage, response: ServerResponse): void {
    if (request.headers.host === undefined && request.httpVersion === "1.1") {
      return this.refuse(request, response, 400, "The header Host is missing; HTTP/1.1 requires it.");
    }
    const target = originForm(request.url ?? "/");
    if (target.startsWith("/_registrar/")) {
      this.#extra(request, response, target);
    } else if (this.#page !== undefined && !target.startsWith("/api/") && isRead(request)) {
      const end = target.search(/[?#]/);
      this.#page.send(request, response, end < 0 ? target : target.slice(0, end)).then(
        (sent) => {
          if (!sent) this.#operate(request, response, target);
        },
        () => response.destroy(),
      );
    } else {
      this.#operate(request, response, target);
    }
  }

  /** The API. */
  #operate(request: IncomingMessage, response: ServerResponse, target: string): void {
    readBody(request, maxBodyBytes, (body) => {
      const { faults } = this.registrar;
      const fault = faults.isEmpty ? undefined : faults.take(request.method as string, target);
      if (fault === undefined) this.#answer(request, response, target, body);
      else this.#falter(request, response, target, body, fault);
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse, target: string, body: Uint8Array): void {
    const answer = this.registrar.answer(request.method as string, target, request.headers, body, this.#reader);
    this.#send(request, response, answer, body.length > maxBodyBytes);
  }

  /** Carries out an injected fault. */
  #falter(request: IncomingMessage, response: ServerResponse, target: string, body: Uint8Array, fault: Fault): void {
    const goOn = (): void => {
      const drop = dropPoint(fault);
      const answer = this.registrar.faultAnswer(fault, request.headers);
      if (drop === "before") request.socket.destroy();
      else if (answer !== undefined) this.#send(request, response, answer, body.length > maxBodyBytes);
      else if (drop === undefined) this.#answer(request, response, target, body);
      else {
        this.registrar.handle(request.method as string, target, request.headers, body);
        request.socket.destroy();
      }
    };
    if (fault.delay === undefined) return goOn();
    const timer = setTimeout(goOn, fault.delay);
    response.once("close", () => clearTimeout(timer));
  }

  /** `unread`: the request's body was not read completely. */
  #send(request: IncomingMessage, response: ServerResponse, answer: AnswerWith<Uint8Array | string>, unread = false): void {
    const headers = [...answer.headers];
    const bodiless = answer.status === 204 || answer.status === 304 || request.method === "HEAD";
    if (!bodiless) headers.push("content-length", String(answer.body.length));
    if (this.stopping || unread) headers.push("connection", "close");
    response.writeHead(answer.status, headers);
    if (!unread) {
      if (bodiless) response.end();
      else response.end(answer.body, "latin1");
      return;
    }
    // Closing while the client still sends its body resets the connection, and the client may never see the answer.
    if (!bodiless) response.write(answer.body, "latin1");
    const finish = (): void => {
      clearTimeout(late);
      response.end();
    };
    const late = setTimeout(finish, DRAIN_MS);
    request.once("end", finish).once("close", finish).resume();
  }

  /** The endpoints that this project adds to the API. */
  #extra(request: IncomingMessage, response: ServerResponse, target: string): void {
    const name = target.slice("/_registrar/".length);
    if (name === "defaults" && this.#tellsDefaults && isRead(request) && isLoopback(hostName(request.headers.host))) {
      return this.#send(request, response, json(this.registrar.defaults));
    }
    const hooks = this.#hooks;
    if (hooks === undefined) return this.#operate(request, response, target);
    // Any page that the browser visits could send a plain POST here.
    // DNS rebinding: a foreign name that resolves to this machine lets a page bypass the same-origin policy.
    if (isForeign(request) || (this.#isLoopback && !isLoopback(hostName(request.headers.host)))) {
      return this.#send(request, response, this.registrar.refuse(403, "Pages of other origins may not use the test hooks.", {}));
    }
    readBody(request, SNAPSHOT_LIMIT, (body) => {
      const answer =
        body.length > SNAPSHOT_LIMIT
          ? this.registrar.refuse(413, "The body is too long.", {})
          : hooks.answer(request.method as string, name, body);
      this.#send(request, response, answer ?? this.registrar.refuse(404, "There is no such test hook.", {}), body.length > SNAPSHOT_LIMIT);
    });
  }
}

/** Gives the whole body, cut just past the limit. Gives nothing if the client disconnected. */
function readBody(request: IncomingMessage, limit: number, done: (body: Uint8Array) => void): void {
  const { headers } = request;
  if (headers["content-length"] === undefined && headers["transfer-encoding"] === undefined) {
    done(NO_BODY);
    return;
  }
  let chunks: Uint8Array[] = [];
  let length = 0;
  const collect = (chunk: Uint8Array): void => {
    chunks.push(chunk);
    length += chunk.length;
    if (length <= limit) return;
    request.off("data", collect).off("end", end);
    finish();
  };
  const finish = (): void => {
    const first = chunks[0] ?? NO_BODY;
    const body = chunks.length > 1 ? joined(chunks, length) : first;
    chunks = [];
    done(length > limit ? body.subarray(0, limit + 1) : body);
  };
  const end = finish;
  request.on("data", collect).once("end", end);
}

/** Answers bytes that are not HTTP with the API's error body. */
function refuseGibberish(registrar: MemoryRegistrar, error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = error.code === "HPE_HEADER_OVERFLOW" ? 431 : error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
  sendRaw(socket, registrar.refuse(status, "The request is not valid HTTP.", {}));
}

/** Answers on the socket, where Node offers no response object, and closes the connection. */
function sendRaw(socket: Duplex, { status, headers, body }: Answer): void {
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`, "connection: close", `content-length: ${body.length}`];
  for (let index = 0; index < headers.length; index += 2) head.push(`${headers[index]}: ${headers[index + 1]}`);
  // The client may have disconnected already.
  socket.on("error", () => socket.destroy());
  socket.end(Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), body]));
}

/** Proxies send the absolute form of the target (RFC 9112, section 3.2.2); the API needs path and query. */
function originForm(target: string): string {
  if (target.startsWith("/") || !/^https?:\/\//i.test(target)) return target;
  const rest = target.slice(target.indexOf("://") + 3);
  const start = rest.search(/[/?#]/);
  if (start < 0) return "/";
  return rest[start] === "/" ? rest.slice(start) : `/${rest.slice(start)}`;
}

function isRead(request: IncomingMessage): boolean {
  return request.method === "GET" || request.method === "HEAD";
}

/** Whether a page of another origin sent this. Browsers send `Origin` with every POST. */
function isForeign(request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  return origin !== undefined && origin !== `http://${host}`;
}

/** `Host` without its port. */
function hostName(host: string | undefined): string {
  return (host ?? "").replace(/:\d*$/, "").replace(/^\[(.*)\]$/, "$1");
}

function isLoopback(host: string): boolean {
  return host === "::1" || /^127(\.\d{1,3}){3}$/.test(host) || /^(.+\.)?localhost$/i.test(host);
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      reject(Object.assign(new Error(listenMessage(error, port, host), { cause: error }), { code: error.code }));
    };
    server.once("error", fail);
    server.listen(port, host, () => {
      server.off("error", fail);
      resolve();
    });
  });
}

function listenMessage(error: NodeJS.ErrnoException, port: number, host: string): string {
  switch (error.code) {
    case "EADDRINUSE":
      return `port ${port} on ${host} is taken: choose another one, or 0 for any that is free`;
    case "EACCES":
      return `port ${port} on ${host} is not permitted to this user: choose one from 1024 on`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `${host} is not an address of this machine`;
    default:
      return `cannot listen on ${host} port ${port}: ${error.message}`;
  }
}

function addressUrl({ address, family, port }: AddressInfo): string {
  // Not every system can connect to the unspecified address.
  if (address === "0.0.0.0" || address === "::") return `http://127.0.0.1:${port}`;
  return family === "IPv6" ? `http://[${address}]:${port}` : `http://${address}:${port}`;
}

function stopOnSignals(close: () => Promise<void>, closed: Promise<void>): void {
  const stop = (): void => {
    // A second signal ends the process at once, as it would without this handler.
    forget();
    void close();
  };
  const forget = (): void => {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  void closed.then(forget);
}
