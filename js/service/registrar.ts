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
  isBytes,
} from "./options.js";
import type { PlatformRequest, PlatformRequestInit, PlatformResponse, PlatformURL } from "./platform.js";
import { bodyOf, headersOf, type RequestHeaders, requestOf, type RuntimeGuarantees, targetOf, TEXT_LIMIT, textLength } from "./request.js";

const NO_BODY = new Uint8Array(0);

/** The ids and tokens for requests when nothing else was configured. */
export interface RegistrarDefaults {
  readonly account_id: string;
  readonly environment_id: string;
  /** A token of the account's scope; `null` if only digests or narrower tokens were configured. */
  readonly token: string | null;
  /** A token of the environment's scope; `null` if only digests or no such token were configured. */
  readonly environment_token: string | null;
}

/** A registrar in memory, answering HTTP requests without a network. */
export interface Registrar {
  /** The default ids and tokens. */
  readonly defaults: RegistrarDefaults;
  /**
   * Answers any `Request` with a `Response`. Never rejects, unless {@link faults} say so. It can replace the global `fetch`:
   * it needs no `this`, and takes the same arguments. Arguments that make no `Request` are answered with 400 [ours].
   */
  readonly fetch: (input: PlatformRequest | string | PlatformURL, init?: PlatformRequestInit) => Promise<PlatformResponse>;
  /**
   * The same without `Request` and `Response`, synchronously [ours]: for your own server. `target` is path and query as
   * received. {@link faults} do not apply.
   */
  handle(method: string, target: string, headers?: RequestHeaders, body?: Uint8Array | null): Answer;
  /** Removes all records and faults, and starts again from the options. */
  reset(seed?: Seed): void;
  /** The whole state as bytes, for {@link restore} of this version. */
  snapshot(): Uint8Array;
  /** Returns to a snapshot. Throws a `TypeError`, and changes nothing, if the bytes are no snapshot. */
  restore(snapshot: Uint8Array): void;
  /** Injected errors [ours]. None until a test adds one. */
  readonly faults: Faults;
}

/**
 * `createRegistrar` for a compiled module.
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
  readonly #options: RegistrarOptions;
  readonly #guarantees: RuntimeGuarantees;
  readonly #clock: () => number;
  readonly #host: CoreHost;
  /** Created at the first use: Workers give no random values and no time while modules load. */
  #state: State | undefined;

  constructor(module: WebAssembly.Module, options: RegistrarOptions, guarantees: RuntimeGuarantees) {
    this.#options = checked(options);
    this.#guarantees = guarantees;
    this.#clock = clock(options.now);
    this.#host = new CoreHost(module, this.#clock);
    // A trial, so that invalid options throw here and not at the first request.
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
    // Twice: the first time the core generates the ids that the options leave out; the second configuration names them.
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
    // A wrong `length` would break the layout of the request buffer.
    if (body !== null && !ArrayBuffer.isView(body)) throw new TypeError("body: must be a Uint8Array or null");
    if (textLength(target, headers) > TEXT_LIMIT) {
      // The headers may be too large themselves, so none of them is read.
      return this.refuse(400, "The request's target and headers are longer than 1 MiB.", {});
    }
    return this.answer(method, target, headers, body ?? NO_BODY, copyingReader);
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
      return this.unexpected(headers, cause);
    }
  }

  /** The error answer of a status, in the format that `Accept` asks for. */
  refuse(status: number, message: string, headers: RequestHeaders, more?: Fault["headers"]): Answer {
    let answer: Answer;
    try {
      answer = this.#refuse(status, message, headers);
    } catch (cause) {
      return broken(cause);
    }
    return more === undefined ? answer : withHeaders(answer, more);
  }

  /** The answer after an internal error, whose cause goes to the log. */
  unexpected(headers: RequestHeaders, cause: unknown): Answer {
    let answer: Answer;
    try {
      answer = this.#refuse(500, undefined, headers);
    } catch {
      // The first cause is the interesting one, not that there is still no core.
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
      return toResponse(this.refuse(400, "The arguments of fetch do not make a request.", {}), "GET");
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

  /** The answer of a fault that has a status. */
  faultAnswer({ status, headers }: Fault, request: RequestHeaders): Answer | undefined {
    return status === undefined ? undefined : this.refuse(status, "A test asked for this answer.", request, headers);
  }

  /** With a seed, the random numbers, and so the ids, restart from it. The default ids and tokens stay. */
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
    if (!isBytes(snapshot) || !this.#host.restore(snapshot)) {
      throw new TypeError("snapshot: must be the bytes that snapshot() of this version gave");
    }
    // A snapshot of another registrar has other environments.
    const { account_id, environment_id } = this.#host.defaults();
    state.defaults = { ...state.defaults, account_id, environment_id };
  }
}

/** The answer when there is no core to make one. */
function broken(cause: unknown): Answer {
  const answer = brokenAnswer();
  reportCause(requestIdOf(answer), cause);
  return answer;
}

/** One token of each scope. The prefix makes it recognisable in a log. */
function defaultTokens(secret: string, environment_id: string): readonly TokenOptions[] {
  return [{ token: `registrar_account_${secret.slice(0, 32)}` }, { token: `registrar_environment_${secret.slice(32)}`, environment_id }];
}

/**
 * The accounts with the id of the default environment filled in: without it, the core would generate another one after a trap
 * or a reset.
 */
function named(accounts: readonly AccountOptions[], id: string): readonly AccountOptions[] {
  const [account, ...others] = accounts as [AccountOptions, ...AccountOptions[]];
  const [environment, ...more] = account.environments ?? [{}];
  return [{ ...account, environments: [{ ...environment, id }, ...more] }, ...others];
}

/** Waits. Rejects with the signal's reason when it is aborted, as the network's `fetch` does. */
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
