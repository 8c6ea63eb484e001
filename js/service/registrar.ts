import { maxBodyBytes } from "../generated/constants.js";
import { bytesOf } from "../values/values.js";
import { type Answer, type AnswerWith, toResponse, withHeaders } from "./answer.js";
import { defaultTokens, named } from "./defaults.js";
import { brokenAnswer, healthAnswer, isUnavailable, reportCause, requestIdOf, unavailable } from "./errors.js";
import { dropPoint, type Fault, Faults } from "./faults.js";
import { type AnswerReader, copyingReader, type CoreConfig } from "./core-types.js";
import { CoreHost } from "./host.js";
import { checked, type CheckedOptions, clock, type RegistrarOptions, type Seed, randomKey, seedConfig, TRIAL_SEED } from "./options.js";
import type { Registrar, RegistrarDefaults } from "./registrar-types.js";
import {
  BodyError,
  type RequestHeaders,
  type RequestParts,
  requestParts,
  type RuntimeGuarantees,
  TEXT_LIMIT,
  textLength,
} from "./request.js";
import { dropped, pause, Rejection } from "./rejection.js";

export type { Registrar, RegistrarDefaults } from "./registrar-types.js";

const NO_BODY = new Uint8Array(0);
/** The core's message for a failing store (src/registrar/failure.rs). */
const RETRY = { "retry-after": "5" };

/**
 * `createRegistrar` for a compiled module.
 *
 * @internal
 */
export function createRegistrarWith(
  /** Absent if the option `store` brings its own. */
  module: WebAssembly.Module | undefined,
  options: RegistrarOptions = {},
  guarantees: RuntimeGuarantees = {},
): MemoryRegistrar {
  return new MemoryRegistrar(module, options, guarantees);
}

/** State that is created at the first use. */
interface State {
  readonly config: CoreConfig;
  defaults: RegistrarDefaults;
}

/**
 * The registrar, with members for the other entries of this package.
 *
 * @internal
 */
export class MemoryRegistrar implements Registrar {
  readonly faults = new Faults();
  readonly #options: CheckedOptions;
  readonly #guarantees: RuntimeGuarantees;
  readonly #clock: () => number;
  readonly #host: CoreHost;
  /** Created at the first use: Workers give no random values and no time while modules load. */
  #state: State | undefined;

  constructor(module: WebAssembly.Module | undefined, options: RegistrarOptions, guarantees: RuntimeGuarantees) {
    this.#options = checked(options);
    this.#guarantees = guarantees;
    this.#clock = clock(this.#options.now);
    const { store } = this.#options;
    if (store !== undefined) {
      // Before anything is opened.
      if (options.seed !== undefined) seedConfig(options.seed);
      this.#host = store.open(this.#clock);
      this.#openStore();
      return;
    }
    this.#host = new CoreHost(module as WebAssembly.Module, this.#clock, guarantees.holdsNothing !== true);
    this.#host.isWatched = guarantees.log !== undefined;
    // A trial, so that invalid options throw here and not at the first request.
    const { seed, tokens = [] } = this.#options;
    this.#host.open({ ...this.#common(), tokens }, seed === undefined ? TRIAL_SEED : seedConfig(seed), 0);
  }

  /** A store is opened at once: its errors are reported like those of options, and it is locked from now on. */
  #openStore(): void {
    try {
      this.#ready();
    } catch (cause) {
      this.#host.close();
      throw cause;
    }
  }

  /** The configuration without tokens and seed. */
  #common(): Omit<CoreConfig, "tokens"> {
    const { accounts, cors, secret, operatorToken, limits } = this.#options;
    return { accounts, cors, secret, operator_token: operatorToken, limits };
  }

  #ready(): State {
    return (this.#state ??= this.#build());
  }

  #build(): State {
    const { accounts, tokens: given } = this.#options;
    const now = this.#clock();
    const seed = { ...seedConfig(this.#options.seed), hash_key: randomKey() };
    // Twice: the first time the core generates the ids that the options leave out; the second configuration names them.
    this.#host.open({ ...this.#common(), tokens: [] }, seed, now);
    const { account_id, environment_id, secret } = this.#host.defaults();
    const tokens = given ?? this.#host.admit(defaultTokens(secret, environment_id), account_id);
    const config = { ...this.#common(), accounts: accounts && named(accounts, environment_id), tokens };
    this.#host.open(config, seed, now);
    const mine = tokens.filter((token) => (token.account_id ?? account_id) === account_id);
    const find = (environment: string | undefined): string | null =>
      mine.find((token) => typeof token.token === "string" && (token.environment_id ?? undefined) === environment)?.token ?? null;
    return { config, defaults: { account_id, environment_id, token: find(undefined), environment_token: find(environment_id) } };
  }

  get defaults(): RegistrarDefaults {
    return this.#ready().defaults;
  }

  handle(method: string, target: string, headers: RequestHeaders = {}, body: Uint8Array | null = null): Answer {
    if (typeof method !== "string") throw new TypeError("method: must be a string");
    if (typeof target !== "string") throw new TypeError("target: must be a string");
    if (typeof headers !== "object" || headers === null) throw new TypeError("headers: must be an object");
    // A wrong `length` would break the layout of the request buffer.
    const bytes = body === null ? NO_BODY : bytesOf(body);
    if (bytes === undefined) throw new TypeError("body: must be bytes or null");
    if (textLength(target, headers) > TEXT_LIMIT) {
      // The headers may be too large themselves, so none of them is read.
      return this.refuse(400, "The request's target and headers are longer than 1 MiB.", {});
    }
    return this.answer(method, target, headers, bytes, copyingReader);
  }

  /** The answer, read by `reader`. After an internal error its body is bytes. */
  answer<Body>(
    method: string,
    target: string,
    headers: RequestHeaders,
    body: Uint8Array,
    reader: AnswerReader<Body>,
  ): AnswerWith<Body | Uint8Array> {
    try {
      // One byte past the limit is enough for the core to refuse it, and wasm memory never shrinks.
      const start = body.length > maxBodyBytes ? body.subarray(0, maxBodyBytes + 1) : body;
      this.#ready();
      return this.#host.handle(method, target, headers, start, reader);
    } catch (cause) {
      // The core trapped, or the clock of the options threw.
      return this.fail(method, target, headers, cause);
    }
  }

  /**
   * Passes the answer to a request that its head refuses to `done`, so that its body need not be read, or `undefined`; see
   * `CoreHost.refuseByHead`. With a store, this is after the requests that wait for a commit, which may open or close a token. `length`
   * is asked then: if it gives `undefined`, `done` is not called.
   */
  judge(
    method: string,
    target: string,
    headers: RequestHeaders,
    length: () => number | undefined,
    done: (refusal: Answer | undefined) => void,
  ): void {
    this.#host.afterWaiting(() => {
      const least = length();
      if (least !== undefined) done(this.#refuseByHead(method, target, headers, least));
    });
  }

  #refuseByHead(method: string, target: string, headers: RequestHeaders, length: number): Answer | undefined {
    // Faults apply to whole requests.
    if (!this.faults.isEmpty || textLength(target, headers) > TEXT_LIMIT) return undefined;
    try {
      this.#ready();
      return this.#host.refuseByHead(method, target, headers, length);
    } catch (cause) {
      return this.unexpected(headers, cause);
    }
  }

  /** The answer to a request that the core did not answer. The probes are answered all the same. */
  fail(method: string, target: string, headers: RequestHeaders, cause: unknown): Answer {
    // No regular expression: after a stack overflow there may be too little stack to compile one (errors.ts).
    const end = target.indexOf("?");
    const path = end < 0 ? target : target.slice(0, end);
    const probe = method === "GET" || method === "HEAD" ? path : "";
    if (probe === "/healthz") return healthAnswer();
    return this.unexpected(headers, probe === "/readyz" ? unavailable(cause) : cause);
  }

  /** Where a request belongs, for a worker in front of many registrars: see `CoreHost.destination`. */
  destination(method: string, target: string, headers: RequestHeaders): number | Answer {
    this.#ready();
    return this.#host.destination(method, target, headers);
  }

  /**
   * As {@link answer}, but passes the answer to `done`, after the commit if there is a store: its own if it `isLong`. If the request waits
   * for its turn, returns a function that gives it up unless it has begun: it is not carried out, and `done` is not called.
   */
  respond<Body>(
    method: string,
    target: string,
    headers: RequestHeaders,
    body: Uint8Array,
    reader: AnswerReader<Body>,
    done: (answer: AnswerWith<Body | Uint8Array>) => void,
    isLong = false,
  ): (() => void) | undefined {
    const fail = (cause: unknown): void => done(this.fail(method, target, headers, cause));
    try {
      this.#ready();
    } catch (cause) {
      fail(cause);
      return undefined;
    }
    const start = body.length > maxBodyBytes ? body.subarray(0, maxBodyBytes + 1) : body;
    const given = done as (answer: AnswerWith<unknown>) => void;
    return this.#host.respond({ method, target, headers, body: start, reader, isLong, done: given, fail });
  }

  /** The error answer to a request whose body could not be read. */
  refuseBody({ status, message }: BodyError, headers: RequestHeaders): Answer {
    return this.refuse(status, message, headers, status === 503 ? RETRY : undefined);
  }

  /** The error answer of a status, in the format that `Accept` asks for. */
  refuse(status: number, message: string, headers: RequestHeaders, more?: Fault["headers"]): Answer {
    let answer: Answer;
    try {
      answer = this.#refuse(status, message, headers);
    } catch (cause) {
      return this.#caused(isUnavailable(cause) ? withHeaders(brokenAnswer(503), RETRY) : brokenAnswer(), cause);
    }
    return more === undefined ? answer : withHeaders(answer, more);
  }

  /** The answer after an internal error, whose cause goes to the log. */
  unexpected(headers: RequestHeaders, cause: unknown): Answer {
    const isOfStore = isUnavailable(cause) || this.#host.isLost;
    let answer: Answer;
    try {
      answer = this.#refuse(isOfStore ? 503 : 500, undefined, headers);
    } catch {
      // Later requests fail because there is no core; only the first cause is of interest.
      answer = brokenAnswer(isOfStore ? 503 : 500);
    }
    return this.#caused(isOfStore ? withHeaders(answer, RETRY) : answer, cause);
  }

  /** The answer, whose cause goes to the log. */
  #caused(answer: Answer, cause: unknown): Answer {
    if (this.#host.isWatched) return { ...answer, trace: { ...answer.trace, cause } };
    reportCause(requestIdOf(answer), cause);
    return answer;
  }

  /** From now on, answers have a trace, and causes of errors go there and not to the console. */
  watch(): void {
    this.#host.isWatched = true;
  }

  /** Whether the store answers now, as `GET /readyz` tells it. */
  get isReady(): boolean {
    try {
      this.#ready();
      return this.#host.readiness().status === 200;
    } catch (cause) {
      this.fail("GET", "/readyz", {}, cause);
      return false;
    }
  }

  /** The size of the core's memory in bytes. */
  get coreBytes(): number {
    return this.#host.memoryBytes;
  }

  #refuse(status: number, message: string | undefined, headers: RequestHeaders): Answer {
    this.#ready();
    return this.#host.refuse(status, message, textLength("", headers) > TEXT_LIMIT ? {} : headers);
  }

  readonly fetch = async (input: Request | string | URL, init?: RequestInit): Promise<Response> => {
    const log = this.#guarantees.log?.begin();
    let parts: RequestParts | undefined;
    try {
      parts = requestParts(input, init, this.#guarantees);
    } catch {
      // Answered below.
    }
    const method = parts?.method ?? "GET";
    const answer =
      parts === undefined ? this.refuse(400, "The arguments of fetch do not make a request.", {}) : await this.#answerLater(parts);
    log?.(method, answer);
    return toResponse(answer, method);
  };

  /** The answer to a request whose body is not read yet. Rejects if an injected fault says so, as the network's `fetch` does. */
  async #answerLater(parts: RequestParts): Promise<Answer> {
    const { method, target, headers } = parts;
    try {
      let refusal: Answer | undefined;
      const isRefused = (length: number): Promise<boolean> =>
        new Promise((resolve) => {
          const done = (answer: Answer | undefined): void => {
            refusal = answer;
            resolve(answer !== undefined);
          };
          this.judge(method, target, headers, () => length, done);
        });
      const body = await parts.body(isRefused);
      if (refusal !== undefined) return refusal;
      if (!this.faults.isEmpty) {
        const fault = this.faults.take(method, target);
        if (fault !== undefined) return await this.#falter(parts, body, fault);
      }
      return await this.#handleLater(method, target, headers, body);
    } catch (cause) {
      if (cause instanceof BodyError) return this.refuseBody(cause, headers);
      if (cause instanceof Rejection) throw cause.reason;
      return this.unexpected(headers, cause);
    }
  }

  /** Carries out an injected fault. Throws a {@link Rejection}, as the network's `fetch` rejects. */
  async #falter({ method, target, headers, signal }: RequestParts, body: Uint8Array | null, fault: Fault): Promise<Answer> {
    if (fault.delay !== undefined) await pause(fault.delay, signal());
    const drop = dropPoint(fault);
    if (drop === "before") throw dropped();
    const answer = this.faultAnswer(fault, headers) ?? (await this.#handleLater(method, target, headers, body));
    if (drop === "after") throw dropped();
    return answer;
  }

  /** As {@link handle}, once a store has committed. */
  #handleLater(method: string, target: string, headers: RequestHeaders, body: Uint8Array | null): Answer | Promise<Answer> {
    if (this.#options.store === undefined || textLength(target, headers) > TEXT_LIMIT) return this.handle(method, target, headers, body);
    return new Promise((resolve) => void this.respond(method, target, headers, body ?? NO_BODY, copyingReader, resolve));
  }

  /** The answer of a fault with a status. */
  faultAnswer({ status, headers }: Fault, request: RequestHeaders): Answer | undefined {
    return status === undefined ? undefined : this.refuse(status, "A test asked for this answer.", request, headers);
  }

  /** With a seed, the random numbers, and so the ids, restart from it. The default ids and tokens stay. */
  reset(seed?: Seed): void {
    const { config } = this.#ready();
    if (seed === undefined) this.#host.reset();
    else this.#host.restart(config, { ...seedConfig(seed), hash_key: randomKey() }, this.#clock());
    this.faults.clear();
  }

  close(): void {
    this.#host.close();
  }

  snapshot(): Uint8Array {
    this.#ready();
    return this.#host.snapshot();
  }

  async *snapshotPieces(): AsyncGenerator<Uint8Array, void, undefined> {
    this.#ready();
    for (const piece of this.#host.pieces()) {
      yield piece;
      await new Promise<void>((resolve) => setTimeout(resolve));
    }
  }

  restore(snapshot: Uint8Array | ArrayBuffer): void {
    const state = this.#ready();
    const bytes = bytesOf(snapshot);
    if (bytes === undefined || !this.#host.restore(bytes)) {
      throw new TypeError("snapshot: must be the bytes that snapshot() of this version gave");
    }
    // A snapshot of another registrar has other environments.
    const { account_id, environment_id } = this.#host.defaults();
    state.defaults = { ...state.defaults, account_id, environment_id };
  }
}
