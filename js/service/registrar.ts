import { maxBodyBytes } from "../generated/constants.js";
import { type Answer, type AnswerWith, toResponse, withHeaders } from "./answer.js";
import { brokenAnswer, reportCause, requestIdOf } from "./errors.js";
import { dropPoint, type Fault, Faults } from "./faults.js";
import { type AnswerReader, copyingReader, type CoreConfig, CoreHost } from "./host.js";
import {
  type AccountOptions,
  checked,
  clock,
  type RegistrarOptions,
  type Seed,
  seedConfig,
  type TokenOptions,
  TRIAL_SEED,
} from "./options.js";
import type { PlatformRequest, PlatformRequestInit, PlatformResponse, PlatformURL } from "./platform.js";
import { bodyOf, headersOf, type RequestHeaders, requestOf, type RuntimeGuarantees, targetOf, TEXT_LIMIT, textLength } from "./request.js";

const NO_BODY = new Uint8Array(0);

/** Where and as whom to send requests when nothing else was configured. */
export interface RegistrarDefaults {
  readonly account_id: string;
  readonly environment_id: string;
  /** A token of the account's scope; `null` where only digests, or only narrower tokens, were configured. */
  readonly token: string | null;
  /** A token of the environment's scope; `null` where only digests, or no such token, were configured. */
  readonly environment_token: string | null;
}

/** A registrar in memory, answering HTTP requests without a network. */
export interface Registrar {
  /** The default ids and tokens. */
  readonly defaults: RegistrarDefaults;
  /**
   * Answers any `Request` with a `Response` and never rejects, unless a test asked for it with {@link faults}. It can
   * stand in for the global `fetch`: it needs no `this`, and makes a `Request` of whatever `fetch` takes; what is none,
   * and cannot become one, is answered with 400 [ours].
   */
  readonly fetch: (input: PlatformRequest | string | PlatformURL, init?: PlatformRequestInit) => Promise<PlatformResponse>;
  /**
   * The same without `Request` and `Response`, at once [ours]: what a server of one's own calls. `target` is path and
   * query as they came. {@link faults} play no part here.
   */
  handle(method: string, target: string, headers?: RequestHeaders, body?: Uint8Array | null): Answer;
  /** Back to the beginning: what the options say, no agents, no faults. */
  reset(): void;
  /** All of the state as bytes, for {@link restore} of this version. */
  snapshot(): Uint8Array;
  /** Goes back to a snapshot. Bytes that are none throw a `TypeError` and change nothing. */
  restore(snapshot: Uint8Array): void;
  /** What goes wrong on purpose [ours]: nothing, unless a test adds something. */
  readonly faults: Faults;
}

/**
 * `createRegistrar` for a module that is already at hand.
 *
 * @internal
 */
export function createRegistrarWith(
  module: WebAssembly.Module,
  options: RegistrarOptions = {},
  guarantees: RuntimeGuarantees = {},
): MemoryRegistrar {
  return new MemoryRegistrar(module, options, guarantees);
}

/** What is made at the first use. */
interface State {
  readonly config: CoreConfig;
  defaults: RegistrarDefaults;
}

/**
 * The registrar, with what the entries of this package use besides.
 *
 * @internal
 */
export class MemoryRegistrar implements Registrar {
  readonly faults = new Faults();
  readonly #options: RegistrarOptions;
  readonly #guarantees: RuntimeGuarantees;
  readonly #clock: () => number;
  readonly #host: CoreHost;
  /** Made at the first use: while modules load, Workers refuse random numbers and know no time. */
  #state: State | undefined;

  constructor(module: WebAssembly.Module, options: RegistrarOptions, guarantees: RuntimeGuarantees) {
    this.#options = checked(options);
    this.#guarantees = guarantees;
    this.#clock = clock(options.now);
    this.#host = new CoreHost(module, this.#clock);
    // A trial, so that a mistake in the options throws here and does not fail the first request.
    const seed = options.seed === undefined ? TRIAL_SEED : seedConfig(options.seed);
    this.#host.open({ ...this.#common(), tokens: options.tokens ?? [] }, seed, 0);
  }

  /** The configuration without tokens and seed. */
  #common(): Omit<CoreConfig, "tokens"> {
    const { accounts, cors = [] } = this.#options;
    return { accounts, cors };
  }

  #ready(): State {
    return (this.#state ??= this.#build());
  }

  #build(): State {
    const { accounts, tokens: given } = this.#options;
    const now = this.#clock();
    const seed = seedConfig(this.#options.seed);
    // Twice: the first time the core makes the ids that nobody named, and the second configuration names them.
    this.#host.open({ ...this.#common(), tokens: [] }, seed, now);
    const { account_id, environment_id, secret } = this.#host.defaults();
    const tokens = given ?? defaultTokens(secret, environment_id);
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
    // Its length is what keeps it within its room in the core.
    if (body !== null && !ArrayBuffer.isView(body)) throw new TypeError("body: must be a Uint8Array or null");
    if (textLength(target, headers) > TEXT_LIMIT) {
      // The headers may be of the size that is refused here: nothing is read from them.
      return this.refuse(400, "The request's target and headers are longer than 1 MiB.", {});
    }
    return this.answer(method, target, headers, body ?? NO_BODY, copyingReader);
  }

  /** The answer, read in the caller's way; with a body of bytes to a request that met a fault of ours. */
  answer<Body>(
    method: string,
    target: string,
    headers: RequestHeaders,
    body: Uint8Array,
    reader: AnswerReader<Body>,
  ): AnswerWith<Body | Uint8Array> {
    try {
      // No more than the core needs to refuse it: wasm memory never shrinks.
      const start = body.length > maxBodyBytes ? body.subarray(0, maxBodyBytes + 1) : body;
      this.#ready();
      return this.#host.handle(method, target, headers, start, reader);
    } catch (cause) {
      // The core trapped, or the caller's own clock threw.
      return this.unexpected(headers, cause);
    }
  }

  /** The error answer of a status, in the form that the request asks for. */
  refuse(status: number, message: string, headers: RequestHeaders, more?: Fault["headers"]): Answer {
    let answer: Answer;
    try {
      answer = this.#refuse(status, message, headers);
    } catch (cause) {
      return broken(cause);
    }
    return more === undefined ? answer : withHeaders(answer, more);
  }

  /** The answer to a request that met a fault of ours, whose cause goes to the log. */
  unexpected(headers: RequestHeaders, cause: unknown): Answer {
    let answer: Answer;
    try {
      answer = this.#refuse(500, undefined, headers);
    } catch {
      // It is the cause that is of interest, and not that there is still no core.
      return broken(cause);
    }
    reportCause(requestIdOf(answer), cause);
    return answer;
  }

  #refuse(status: number, message: string | undefined, headers: RequestHeaders): Answer {
    this.#ready();
    return this.#host.refuse(status, message, textLength("", headers) > TEXT_LIMIT ? {} : headers);
  }

  readonly fetch = async (input: Request | string | URL, init?: RequestInit): Promise<Response> => {
    let request: Request;
    let method: string;
    let target: string;
    let headers: RequestHeaders;
    try {
      request = requestOf(input, init);
      method = request.method;
      target = targetOf(request.url);
      headers = headersOf(request.headers);
    } catch {
      return toResponse(this.refuse(400, "This is not a request that can be made.", {}), "GET");
    }
    let body: Uint8Array | null;
    try {
      body = await bodyOf(request, this.#guarantees);
    } catch {
      return toResponse(this.refuse(400, "The request's body could not be read.", headers), method);
    }
    const fault = this.faults.isEmpty ? undefined : this.faults.take(method, target);
    if (fault !== undefined) {
      if (fault.delay !== undefined) await pause(fault.delay, request.signal);
      if (dropPoint(fault) === "before") throw dropped();
      const answer = this.faultAnswer(fault, headers);
      if (answer !== undefined) return toResponse(answer, method);
    }
    const answer = this.handle(method, target, headers, body);
    if (fault !== undefined && dropPoint(fault) === "after") throw dropped();
    return toResponse(answer, method);
  };

  /** The answer of a fault with a status. */
  faultAnswer({ status, headers }: Fault, request: RequestHeaders): Answer | undefined {
    return status === undefined ? undefined : this.refuse(status, "A test asked for this answer.", request, headers);
  }

  /** With a seed: its randomness, ids and all, begins anew, too. The default ids and tokens stay. */
  reset(seed?: Seed): void {
    const { config } = this.#ready();
    if (seed === undefined) this.#host.reset();
    else this.#host.open(config, seedConfig(seed), this.#clock());
    this.faults.clear();
  }

  snapshot(): Uint8Array {
    this.#ready();
    return this.#host.snapshot();
  }

  restore(snapshot: Uint8Array): void {
    const state = this.#ready();
    if (!(snapshot instanceof Uint8Array) || !this.#host.restore(snapshot)) {
      throw new TypeError("snapshot: must be the bytes that snapshot() of this version gave");
    }
    // A snapshot of another registrar brings environments of its own.
    const { account_id, environment_id } = this.#host.defaults();
    state.defaults = { ...state.defaults, account_id, environment_id };
  }
}

/** The answer where there is no core to ask for one. */
function broken(cause: unknown): Answer {
  const answer = brokenAnswer();
  reportCause(requestIdOf(answer), cause);
  return answer;
}

/** One token of each scope, with its purpose in front, so that it is recognised in a log. */
function defaultTokens(secret: string, environment_id: string): readonly TokenOptions[] {
  return [{ token: `registrar_account_${secret.slice(0, 32)}` }, { token: `registrar_environment_${secret.slice(32)}`, environment_id }];
}

/**
 * The accounts with the id of the default environment put in: the core would make another one after a trap or a reset, and
 * callers know the first.
 */
function named(accounts: readonly AccountOptions[], id: string): readonly AccountOptions[] {
  const [account, ...others] = accounts as [AccountOptions, ...AccountOptions[]];
  const [environment, ...more] = account.environments ?? [{}];
  return [{ ...account, environments: [{ ...environment, id }, ...more] }, ...others];
}

/** Like the network's own: a request that is given up rejects with its signal's reason. */
function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", giveUp);
      resolve();
    }, milliseconds);
    if (signal?.aborted) giveUp();
    else signal?.addEventListener("abort", giveUp, { once: true });
  });
}

function dropped(): TypeError {
  return new TypeError("fetch failed: a test asked for this connection to be dropped");
}
