// The requests of a server: to the API, the page, or the test hooks.
import type { IncomingMessage, ServerResponse } from "node:http";
import { maxBodyBytes } from "../generated/constants.js";
import type { AnswerWith } from "../service/answer.js";
import { dropPoint, type Fault } from "../service/faults.js";
import type { MemoryRegistrar } from "../service/registrar.js";
import { ArrivingBody } from "./blocks.js";
import type { Bodies, BodyReceiver } from "./bodies.js";
import type { Connections } from "./connections.js";
import { hasBody, isExpecting, isOld, isRead, originForm } from "./head.js";
import { json, type TestHooks } from "./hooks.js";
import { costOf, isLong, Lane, SHORT_BODY } from "./lane.js";
import type { HostNames } from "./loopback.js";
import { EXCHANGE_LIMIT, isOfOwnPage, type PageLink } from "./page-link.js";
import { Answers, type Body, textReader } from "./sending.js";
import { type PageMode, StaticFiles } from "./static.js";
import type { CountedRequest } from "./turns.js";
import { isProbe, type Watch } from "./watch.js";

/** A snapshot is as large as the state. */
const SNAPSHOT_LIMIT = 1024 * 1024 * 1024;
/** The bodies of the other test hooks. */
const HOOK_LIMIT = 1024 * 1024;
const NO_BODY = ArrivingBody.of(new Uint8Array(0));
/** How long a short body may take, in milliseconds, before the head alone is judged. */
const PATIENCE_MS = 50;
/** What the answer with a file of the page counts as, in bytes: what is read of it ahead of the client. */
const FILE_BYTES = 128 * 1024;
/** What a client is told whose request had to make room. */
const RETRY = { "retry-after": "1" };

/** The turn of a request that was in the lane. */
interface Turn {
  readonly isLong: boolean;
  done(): void;
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
  readonly #bodies: Bodies;
  readonly #lane: Lane;
  readonly #reader = textReader();
  readonly #answers: Answers;
  readonly #page = StaticFiles.ofPage();
  readonly #hooks: TestHooks | undefined;
  readonly #names: HostNames;
  readonly #tellsDefaults: boolean;
  readonly #link: PageLink | undefined;
  readonly #watch: Watch | undefined;
  #isRestoring = false;

  constructor(registrar: MemoryRegistrar, connections: Connections, bodies: Bodies, extras: HandlerExtras) {
    this.#registrar = registrar;
    this.#connections = connections;
    this.#bodies = bodies;
    this.#lane = new Lane(connections);
    connections.evictable = {
      evictBody: () => bodies.evict(),
      refuseStalled: (responses) => this.#refuseStalled(responses),
    };
    this.#hooks = extras.hooks;
    this.#names = extras.names;
    this.#tellsDefaults = extras.tellsDefaults;
    this.#link = extras.link;
    this.#watch = extras.watch;
    this.#answers = new Answers(connections, bodies, extras.watch);
  }

  /** Answers any request with an error, without reading its body. */
  refuse(request: IncomingMessage, response: ServerResponse, status: number, message: string): void {
    this.#connections.begin(response, () => this.#refuse(request, response, status, message));
    this.#watch?.begin(response);
  }

  #refuse(request: IncomingMessage, response: ServerResponse, status: number, message: string): void {
    this.#answers.send(request, response, this.#registrar.refuse(status, message, request.headers), true);
  }

  receive(request: IncomingMessage, response: ServerResponse): void {
    // Before it is counted as waiting: the log tells how long an answer took.
    this.#watch?.begin(response);
    this.#connections.begin(response, () => this.#receive(request, response));
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    if (request.headers.host === undefined && request.httpVersion === "1.1") {
      return this.#refuse(request, response, 400, "The header Host is missing; HTTP/1.1 requires it.");
    }
    const target = originForm(request.url ?? "/");
    if (target.startsWith("/_registrar/")) {
      this.#extra(request, response, target);
    } else if (this.#watch?.isMetrics(target)) {
      this.#answers.send(request, response, this.#watch.metrics(request), hasBody(request));
    } else if (this.#page !== undefined && !target.startsWith("/api/") && isRead(request) && !isProbe(target)) {
      const end = target.search(/[?#]/);
      if (hasBody(request) || isOld(request)) {
        response.shouldKeepAlive = false;
        this.#connections.endAfter(response);
      }
      const found = (): void => {
        this.#connections.answered(response, FILE_BYTES);
        response.on("drain", () => this.#connections.moved(response));
      };
      this.#page.send(request, response, end < 0 ? target : target.slice(0, end), this.#pageMode(request), found).then(
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
   * The API. A refusal by the head is sent before the body is read, unless a short body arrived with the head: so a client that
   * sends slowly, or that waits for `100 Continue`, need not send it. [ours]
   */
  #operate(request: IncomingMessage, response: ServerResponse, target: string): void {
    const declared = Number(request.headers["content-length"]);
    if (declared > maxBodyBytes) return this.#carryOut(request, response, target, tooLong());
    const goOn = (): void => {
      if (hasBody(request)) this.#receiveBody(request, response, target, declared);
      else this.#schedule(request, response, target, NO_BODY);
    };
    if (!isExpecting(request)) return goOn();
    const length = (): number | undefined => (isAnswered(response) ? undefined : declared || 0);
    this.#judge(request, response, target, length, goOn);
  }

  #receiveBody(request: IncomingMessage, response: ServerResponse, target: string, declared: number): void {
    // The type of a blank body may not matter, so one of unknown length is judged again when it grows.
    let isJudged = false;
    let isWaiting = false;
    let least = declared || 0;
    const length = (): number | undefined => {
      isWaiting = false;
      return this.#bodies.isArriving(response) ? least : undefined;
    };
    const judge = (): void => {
      isJudged = true;
      if (isWaiting || !this.#bodies.isArriving(response)) return;
      isWaiting = true;
      this.#judge(request, response, target, length);
    };
    const timer = declared <= SHORT_BODY ? setTimeout(judge, PATIENCE_MS) : undefined;
    if (timer === undefined) setImmediate(judge);
    else response.once("close", () => clearTimeout(timer));
    this.#read(request, response, maxBodyBytes, {
      grown: (length) => {
        if (length <= least) return;
        least = length;
        if (isJudged) judge();
      },
      done: (body) => {
        clearTimeout(timer);
        this.#schedule(request, response, target, body);
      },
      evicted: () => {
        clearTimeout(timer);
        this.#refuseFull(request, response);
      },
    });
  }

  /**
   * Answers a request that its head decides, and otherwise calls `goOn`. `length`: how long its body is at least; `undefined` if it
   * needs no judgement any more.
   */
  #judge(request: IncomingMessage, response: ServerResponse, target: string, length: () => number | undefined, goOn?: () => void): void {
    this.#registrar.judge(request.method as string, target, request.headers, length, (refusal) => {
      if (refusal !== undefined) this.#answers.send(request, response, refusal, true);
      else goOn?.();
    });
  }

  #read(request: IncomingMessage, response: ServerResponse, limit: number, receiver: BodyReceiver): void {
    if (isExpecting(request)) response.writeContinue();
    this.#bodies.read(request, response, limit, receiver);
  }

  /** Carries out a request at once, or in its turn if it may take long. */
  #schedule(request: IncomingMessage, response: ServerResponse, target: string, body: ArrivingBody): void {
    const cost = costOf(request.method as string, target, body.length);
    if (cost === 0) return this.#carryOut(request, response, target, body);
    this.#lane.add({
      cost,
      start: (done) => {
        response.once("close", done);
        this.#carryOut(request, response, target, body, { done, isLong: isLong(cost) });
      },
      refuse: () => {
        if (!isAnswered(response)) this.#refuseFull(request, response);
      },
      isGone: () => isAnswered(response),
    });
  }

  #carryOut(request: IncomingMessage, response: ServerResponse, target: string, arrived: ArrivingBody, turn?: Turn): void {
    this.#bodies.keep(response);
    const body = arrived.take();
    const { faults } = this.#registrar;
    const fault = faults.isEmpty ? undefined : faults.take(request.method as string, target);
    if (fault === undefined) this.#answer(request, response, target, body, turn);
    else {
      // A test may ask for a long delay.
      turn?.done();
      this.#falter(request, response, target, body, fault);
    }
  }

  /** Answers a request that had to make room for others. */
  #refuseFull(request: IncomingMessage, response: ServerResponse): void {
    const message = "The server has no room for this request now. Send it again later.";
    this.#answers.send(request, response, this.#registrar.refuse(503, message, request.headers, RETRY), !request.complete);
  }

  #refuseStalled(responses: Iterable<ServerResponse>): boolean {
    for (const response of responses) {
      if (!this.#bodies.isArriving(response) || (response.req as Partial<CountedRequest>).isHeld) continue;
      this.#refuse(response.req, response, 408, "The request did not arrive completely in time.");
      return true;
    }
    return false;
  }

  #answer(request: IncomingMessage, response: ServerResponse, target: string, body: Uint8Array, turn?: Turn): void {
    this.#watch?.arrived(response);
    let giveUp: (() => void) | undefined;
    const done = (answer: AnswerWith<Body>): void => {
      // It holds the body.
      if (giveUp !== undefined) response.off("close", giveUp);
      this.#answers.send(request, response, answer, body.length > maxBodyBytes);
      turn?.done();
    };
    giveUp = this.#registrar.respond<Body>(request.method as string, target, request.headers, body, this.#reader, done, turn?.isLong);
    // Nobody waits for the answer any more.
    if (giveUp !== undefined) response.once("close", giveUp);
    // The answer may wait for a commit. If it may end the connection, no later request is carried out before.
    if (body.length <= maxBodyBytes && !isOld(request)) this.#connections.carriedOut(response);
  }

  /** Carries out an injected fault. */
  #falter(request: IncomingMessage, response: ServerResponse, target: string, body: Uint8Array, fault: Fault): void {
    const goOn = (): void => {
      const drop = dropPoint(fault);
      const answer = this.#registrar.faultAnswer(fault, request.headers);
      if (drop === "before") request.socket.destroy();
      else if (answer !== undefined) this.#answers.send(request, response, answer, body.length > maxBodyBytes);
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

  #pageMode(request: IncomingMessage): PageMode {
    return this.#tellsDefaults && this.#names.allowsLocally(request.headers.host) ? "connected" : "token";
  }

  /** Gives the page of the one-time link its token. */
  #exchange(request: IncomingMessage, response: ServerResponse, link: PageLink): void {
    if (!isOfOwnPage(request)) {
      return this.#answers.send(
        request,
        response,
        this.#registrar.refuse(403, "Only this server's page may exchange its link.", request.headers),
      );
    }
    const done = (body: ArrivingBody): void => {
      const isLong = body.length > EXCHANGE_LIMIT;
      const answer = !isLong && link.take(body.take()) ? json(this.#registrar.defaults) : undefined;
      const refusal = (): AnswerWith<Uint8Array> => this.#registrar.refuse(403, "This link is not valid, or was used already.", {});
      this.#answers.send(request, response, answer ?? refusal(), isLong);
    };
    this.#read(request, response, EXCHANGE_LIMIT, { done, evicted: () => this.#refuseFull(request, response) });
  }

  /** The endpoints that this project adds to the API. */
  #extra(request: IncomingMessage, response: ServerResponse, target: string): void {
    const name = target.slice("/_registrar/".length);
    if (name === "defaults" && this.#tellsDefaults && isRead(request) && this.#names.allowsLocally(request.headers.host)) {
      return this.#answers.send(request, response, json(this.#registrar.defaults), hasBody(request));
    }
    if (name === "exchange" && this.#link !== undefined && request.method === "POST") {
      return this.#exchange(request, response, this.#link);
    }
    const hooks = this.#hooks;
    if (hooks === undefined) return this.#operate(request, response, target);
    const refusal = hooks.refusal(request);
    // What the body is does not matter: it is read and dropped.
    if (refusal !== undefined) return this.#answers.send(request, response, refusal, hasBody(request));
    this.#hook(request, response, hooks, name);
  }

  #hook(request: IncomingMessage, response: ServerResponse, hooks: TestHooks, name: string): void {
    const isRestore = name === "restore";
    const limit = isRestore ? SNAPSHOT_LIMIT : HOOK_LIMIT;
    // A snapshot may be longer than the room for all bodies, so there is one at a time.
    if (isRestore && this.#isRestoring) return this.#refuseFull(request, response);
    if (isRestore) {
      this.#isRestoring = true;
      response.once("close", () => {
        this.#isRestoring = false;
      });
    }
    const done = (body: ArrivingBody): void => {
      const answer =
        body.length > limit
          ? this.#registrar.refuse(413, "The body is too long.", {})
          : hooks.answer(request.method as string, name, body.take());
      this.#answers.send(request, response, answer ?? this.#registrar.refuse(404, "There is no such test hook.", {}), body.length > limit);
    };
    this.#read(request, response, limit, { done, evicted: () => this.#refuseFull(request, response) });
  }
}

let tooLongBody: ArrivingBody | undefined;

/** A body that the core refuses unread. */
function tooLong(): ArrivingBody {
  return (tooLongBody ??= ArrivingBody.of(new Uint8Array(maxBodyBytes + 1)));
}

/** Whether the client has an answer already, or does not wait for one. */
function isAnswered(response: ServerResponse): boolean {
  return response.headersSent || response.destroyed || response.req.socket.destroyed;
}
