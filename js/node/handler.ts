// The requests of a server: to the API, the page, or the test hooks.
import type { IncomingMessage, ServerResponse } from "node:http";
import { maxBodyBytes } from "../generated/constants.js";
import type { AnswerWith } from "../service/answer.js";
import { dropPoint, type Fault } from "../service/faults.js";
import type { AnswerReader } from "../service/core-types.js";
import type { MemoryRegistrar } from "../service/registrar.js";
import { joined } from "../service/request.js";
import type { Connections } from "./connections.js";
import { json, type TestHooks } from "./hooks.js";
import type { HostNames } from "./loopback.js";
import { EXCHANGE_LIMIT, isOfOwnPage, type PageLink } from "./page-link.js";
import { type PageMode, StaticFiles } from "./static.js";
import { isProbe, type Watch } from "./watch.js";

/** A snapshot is as large as the state. */
const SNAPSHOT_LIMIT = 1024 * 1024 * 1024;
const NO_BODY = new Uint8Array(0);
/** How long a body may take, in milliseconds, before the head alone is judged. */
const PATIENCE_MS = 50;

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

/** What a server offers besides the API. */
export interface HandlerExtras {
  readonly hooks: TestHooks | undefined;
  /** The names in `Host` that may have what needs no token. */
  readonly names: HostNames;
  readonly tellsDefaults: boolean;
  /** The link that connects the page once, if there is one. */
  readonly link: PageLink | undefined;
  /** The logs and metrics, if there are any. */
  readonly watch?: Watch | undefined;
}

/** Handles the requests of a server. */
export class HttpHandler {
  readonly #registrar: MemoryRegistrar;
  readonly #connections: Connections;
  readonly #reader = textReader();
  readonly #page = StaticFiles.ofPage();
  readonly #hooks: TestHooks | undefined;
  readonly #names: HostNames;
  readonly #tellsDefaults: boolean;
  readonly #link: PageLink | undefined;
  readonly #watch: Watch | undefined;

  constructor(registrar: MemoryRegistrar, connections: Connections, extras: HandlerExtras) {
    this.#registrar = registrar;
    this.#connections = connections;
    this.#hooks = extras.hooks;
    this.#names = extras.names;
    this.#tellsDefaults = extras.tellsDefaults;
    this.#link = extras.link;
    this.#watch = extras.watch;
  }

  /** Answers any request with an error, without reading its body. */
  refuse(request: IncomingMessage, response: ServerResponse, status: number, message: string): void {
    if (!this.#connections.begin(response)) return;
    this.#watch?.begin(response);
    this.#refuse(request, response, status, message);
  }

  #refuse(request: IncomingMessage, response: ServerResponse, status: number, message: string): void {
    this.#send(request, response, this.#registrar.refuse(status, message, request.headers), true);
  }

  receive(request: IncomingMessage, response: ServerResponse): void {
    // An answer before this request announced the end of the connection.
    if (!this.#connections.begin(response)) return;
    this.#watch?.begin(response);
    if (request.headers.host === undefined && request.httpVersion === "1.1") {
      return this.#refuse(request, response, 400, "The header Host is missing; HTTP/1.1 requires it.");
    }
    const target = originForm(request.url ?? "/");
    if (target.startsWith("/_registrar/")) {
      this.#extra(request, response, target);
    } else if (this.#watch?.isMetrics(target)) {
      this.#send(request, response, this.#watch.metrics(request));
    } else if (this.#page !== undefined && !target.startsWith("/api/") && isRead(request) && !isProbe(target)) {
      const end = target.search(/[?#]/);
      this.#page.send(request, response, end < 0 ? target : target.slice(0, end), this.#pageMode(request)).then(
        (sent) => {
          if (!sent) this.#operate(request, response, target);
        },
        () => response.destroy(),
      );
    } else {
      this.#operate(request, response, target);
    }
  }

  /**
   * The API. A refusal by the head is sent before the body is read, unless the body arrived with the head: so a client that
   * sends slowly, or that waits for `100 Continue`, need not send it. [ours]
   */
  #operate(request: IncomingMessage, response: ServerResponse, target: string): void {
    if (Number(request.headers["content-length"]) > maxBodyBytes) return this.#carryOut(request, response, target, tooLong());
    if (isExpecting(request) && this.#refuseByHead(request, response, target)) return;
    if (!hasBody(request)) return this.#carryOut(request, response, target, NO_BODY);
    const judge = setTimeout(() => {
      if (this.#refuseByHead(request, response, target)) forget();
    }, PATIENCE_MS);
    response.once("close", () => clearTimeout(judge));
    const forget = readBody(request, response, maxBodyBytes, (body) => {
      clearTimeout(judge);
      this.#carryOut(request, response, target, body);
    });
  }

  #carryOut(request: IncomingMessage, response: ServerResponse, target: string, body: Uint8Array): void {
    const { faults } = this.#registrar;
    const fault = faults.isEmpty ? undefined : faults.take(request.method as string, target);
    if (fault === undefined) this.#answer(request, response, target, body);
    else this.#falter(request, response, target, body, fault);
  }

  /** Answers a request that its head decides. Returns `false` if the body is needed. */
  #refuseByHead(request: IncomingMessage, response: ServerResponse, target: string): boolean {
    // Faults apply to whole requests.
    if (!this.#registrar.faults.isEmpty) return false;
    // The core looks at the length of a body after everything else that the head says, and before the body itself.
    const answer = this.#registrar.answer(request.method as string, target, request.headers, tooLong(), this.#reader);
    if (answer.status === 413) return false;
    this.#send(request, response, answer, true);
    return true;
  }

  #answer(request: IncomingMessage, response: ServerResponse, target: string, body: Uint8Array): void {
    this.#watch?.arrived(response);
    this.#registrar.respond(request.method as string, target, request.headers, body, this.#reader, (answer) =>
      this.#send(request, response, answer, body.length > maxBodyBytes),
    );
  }

  /** Carries out an injected fault. */
  #falter(request: IncomingMessage, response: ServerResponse, target: string, body: Uint8Array, fault: Fault): void {
    const goOn = (): void => {
      const drop = dropPoint(fault);
      const answer = this.#registrar.faultAnswer(fault, request.headers);
      if (drop === "before") request.socket.destroy();
      else if (answer !== undefined) this.#send(request, response, answer, body.length > maxBodyBytes);
      else if (drop === undefined) this.#answer(request, response, target, body);
      else {
        this.#registrar.handle(request.method as string, target, request.headers, body);
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
    this.#watch?.answer(response, answer, headers);
    if (unread) this.#connections.endAfter(response);
    if (this.#connections.isLast(response) || unread) headers.push("connection", "close");
    response.writeHead(answer.status, headers);
    if (!unread) {
      if (bodiless) response.end();
      else response.end(answer.body, "latin1");
      return;
    }
    if (bodiless) response.flushHeaders();
    else response.write(answer.body, "latin1");
    this.#connections.drain(request, () => response.end());
  }

  #pageMode(request: IncomingMessage): PageMode {
    return this.#tellsDefaults && this.#names.allowsLocally(request.headers.host) ? "connected" : "token";
  }

  /** Gives the page of the one-time link its token. */
  #exchange(request: IncomingMessage, response: ServerResponse, link: PageLink): void {
    if (!isOfOwnPage(request)) {
      return this.#send(request, response, this.#registrar.refuse(403, "Only this server's page may exchange its link.", request.headers));
    }
    readBody(request, response, EXCHANGE_LIMIT, (body) => {
      const isLong = body.length > EXCHANGE_LIMIT;
      const answer = !isLong && link.take(body) ? json(this.#registrar.defaults) : undefined;
      const refusal = (): AnswerWith<Uint8Array> => this.#registrar.refuse(403, "This link is not valid, or was used already.", {});
      this.#send(request, response, answer ?? refusal(), isLong);
    });
  }

  /** The endpoints that this project adds to the API. */
  #extra(request: IncomingMessage, response: ServerResponse, target: string): void {
    const name = target.slice("/_registrar/".length);
    if (name === "defaults" && this.#tellsDefaults && isRead(request) && this.#names.allowsLocally(request.headers.host)) {
      return this.#send(request, response, json(this.#registrar.defaults));
    }
    if (name === "exchange" && this.#link !== undefined && request.method === "POST") {
      return this.#exchange(request, response, this.#link);
    }
    const hooks = this.#hooks;
    if (hooks === undefined) return this.#operate(request, response, target);
    const refusal = hooks.refusal(request);
    // What the body is does not matter: it is read and dropped.
    if (refusal !== undefined) return this.#send(request, response, refusal, hasBody(request));
    readBody(request, response, SNAPSHOT_LIMIT, (body) => {
      const answer =
        body.length > SNAPSHOT_LIMIT
          ? this.#registrar.refuse(413, "The body is too long.", {})
          : hooks.answer(request.method as string, name, body);
      this.#send(request, response, answer ?? this.#registrar.refuse(404, "There is no such test hook.", {}), body.length > SNAPSHOT_LIMIT);
    });
  }
}

let tooLongBody: Uint8Array | undefined;

/** A body that the core refuses unread. */
function tooLong(): Uint8Array {
  return (tooLongBody ??= new Uint8Array(maxBodyBytes + 1));
}

/** Whether the client waits for `100 Continue` before it sends the body. */
function isExpecting(request: IncomingMessage): boolean {
  return request.httpVersion === "1.1" && request.headers.expect?.toLowerCase() === "100-continue";
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
}

/** Calls back with the whole body, cut just past the limit; never if the client disconnected. Returns a function that stops collecting. */
function readBody(request: IncomingMessage, response: ServerResponse, limit: number, done: (body: Uint8Array) => void): () => void {
  if (isExpecting(request)) response.writeContinue();
  let chunks: Uint8Array[] = [];
  let length = 0;
  const forget = (): void => {
    chunks = [];
    request.off("data", collect).off("end", finish);
  };
  const collect = (chunk: Uint8Array): void => {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) finish();
  };
  const finish = (): void => {
    const first = chunks[0] ?? NO_BODY;
    const body = chunks.length > 1 ? joined(chunks, length) : first;
    forget();
    done(length > limit ? body.subarray(0, limit + 1) : body);
  };
  request.on("data", collect).once("end", finish);
  return forget;
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
