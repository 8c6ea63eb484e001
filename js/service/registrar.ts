import { type Answer, errorAnswer, toResponse, unexpectedAnswer } from "./answer.js";
import { type AnswerReader, type CoreConfig, Engine, readAnswer, type RequestHeaders } from "./engine.js";
import { hex, type Seed, seedBytes, tokenBytes, tokenFrom } from "./entropy.js";
import { dropPoint, type Fault, Faults } from "./faults.js";
import { checked } from "./options.js";
import type { WasmInput } from "../wasm/error.js";
import type { PlatformRequest, PlatformRequestInit, PlatformResponse, PlatformURL } from "./platform.js";

/** The largest body that the contract allows is 1 MiB; one byte more is enough for the core to refuse it. */
const BODY_LIMIT = 1024 * 1024;
/** So long may a target with its headers be [ours]: beyond it they are refused before anything is made of them. */
const TEXT_LIMIT = 1024 * 1024;
const NO_BODY = new Uint8Array(0);
/** `fetch("/api/v1/agent")` works in a page; here there is no page to take the host from, and any will do. */
const BASE = "http://registrar.localhost/";

/** An environment of an account. */
export interface EnvironmentOptions {
  /** A PFID of the account's partition; a fresh one where absent. */
  readonly id?: string | undefined;
  readonly name?: string | undefined;
}

/** An account, which is a tenant: nothing of one account is seen by another's tokens. */
export interface AccountOptions {
  /** A PFID; its partition is the one of all ids of this account. */
  readonly id: string;
  readonly name?: string | undefined;
  /** Where absent, one by the name of `Default`. */
  readonly environments?: readonly EnvironmentOptions[] | undefined;
}

/** A bearer token, in the clear or as the SHA-256 of its UTF-8 bytes, and what it opens. */
export type TokenOptions = TokenScope &
  (
    | { readonly token: string; readonly sha256?: undefined }
    | { /** 64 hexadecimal digits. */ readonly sha256: string; readonly token?: undefined }
  );

/** What a token opens. */
export interface TokenScope {
  /** The account; the default one where absent or null. */
  readonly account_id?: string | null | undefined;
  /** Present, and not null: the token sees and changes this environment alone. */
  readonly environment_id?: string | null | undefined;
}

/** What `now` may be: a fixed time, or a clock. Numbers are Unix milliseconds. */
export type Now = Date | number | (() => Date | number);

/** Everything is optional: the default is one account with one environment and two tokens, in memory. */
export interface RegistrarOptions {
  /** The first account and its first environment are the defaults. */
  readonly accounts?: readonly AccountOptions[] | undefined;
  /** Where absent, the default account gets a token of each scope; an empty list lets nobody in. */
  readonly tokens?: readonly TokenOptions[] | undefined;
  /** The time of every request; where absent, the real one. */
  readonly now?: Now | undefined;
  /** Makes ids and default tokens repeatable; where absent, they are random. */
  readonly seed?: Seed | undefined;
  /** The origins whose pages may call from a browser, such as `"https://app.example"`; none by default. */
  readonly cors?: readonly string[] | undefined;
  /**
   * `agent-registrar/service.wasm` as a `WebAssembly.Module` or as bytes; where absent, the bytes in this package. A module is
   * compiled once for all registrars, bytes for each. `agent-registrar/service/slim` has no bytes and needs it.
   */
  readonly wasm?: WasmInput | undefined;
}

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
  home: Home = {},
): MemoryRegistrar {
  return new MemoryRegistrar(module, options, home);
}

/**
 * What a registrar may rely on where it runs.
 *
 * @internal
 */
export interface Home {
  /** The runtime sees to it that no body is longer than its `Content-Length`. */
  readonly enforcesLength?: boolean | undefined;
}

/** The default account and environment. */
type Ids = Pick<RegistrarDefaults, "account_id" | "environment_id">;

interface State {
  engine: Engine;
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
  readonly #module: WebAssembly.Module;
  readonly #options: RegistrarOptions;
  readonly #home: Home;
  readonly #now: () => number;
  /** The default ids where the options name them; else they are made with the state. */
  readonly #ids: Ids | undefined;
  /** Made at the first use: Workers refuse random numbers, and know no time, while modules load. */
  #state: State | undefined;

  constructor(module: WebAssembly.Module, options: RegistrarOptions, home: Home) {
    this.#module = module;
    this.#options = checked(options);
    this.#home = home;
    this.#now = clock(options.now);
    // A trial core, so that a mistake in the options is told here and not to the first request.
    const { accounts, tokens = [] } = this.#options;
    const seed = options.seed === undefined ? new Uint8Array(32) : seedBytes(options.seed);
    const trial = new Engine(this.#module, { ...this.#common(seed), tokens }, 0);
    const isNamed = accounts === undefined || typeof accounts[0]?.environments?.[0]?.id === "string";
    if (isNamed) this.#ids = trial.defaults(0);
  }

  #common(seed: Uint8Array): Omit<CoreConfig, "tokens"> {
    const { accounts, cors = [] } = this.#options;
    return { accounts, cors, seed: hex(seed) };
  }

  #build(seed: Uint8Array, secret: Uint8Array, now: number): State {
    const { accounts, tokens: given } = this.#options;
    const common = this.#common(seed);
    // Ids that nobody named follow from seed and time, but the default tokens need them first: hence a core only to be
    // asked.
    const { account_id, environment_id } = this.#ids ?? new Engine(this.#module, { ...common, tokens: [] }, now).defaults(now);
    const tokens: readonly TokenOptions[] = given ?? [
      { token: tokenFrom(secret, "account") },
      { token: tokenFrom(secret, "environment"), environment_id },
    ];
    const mine = tokens.filter((token) => (token.account_id ?? account_id) === account_id);
    const find = (environment: string | undefined): string | null =>
      mine.find((token) => typeof token.token === "string" && (token.environment_id ?? undefined) === environment)?.token ?? null;
    const config = { ...common, accounts: accounts && named(accounts, environment_id), tokens };
    return {
      engine: new Engine(this.#module, config, now),
      config,
      defaults: { account_id, environment_id, token: find(undefined), environment_token: find(environment_id) },
    };
  }

  #ready(): State {
    const { seed } = this.#options;
    return (this.#state ??= this.#build(seedBytes(seed), tokenBytes(seed), this.#now()));
  }

  get defaults(): RegistrarDefaults {
    return this.#ready().defaults;
  }

  handle(method: string, target: string, headers: RequestHeaders = {}, body: Uint8Array | null = null): Answer {
    // Its length is what keeps it within its room in the core.
    if (body !== null && !ArrayBuffer.isView(body)) throw new TypeError("body: must be a Uint8Array or null");
    if (textLength(target, headers) > TEXT_LIMIT) {
      // The headers are of the size that is refused here: nothing is read from them.
      return this.refuse(400, "The request's target and headers are longer than 1 MiB.", {});
    }
    return this.answer(method, target, headers, body ?? NO_BODY, readAnswer) ?? this.unexpected(headers);
  }

  /** An error answer from outside the core, in the form that the request asks for. */
  refuse(status: number, message: string, { accept, origin }: RequestHeaders, headers?: Fault["headers"]): Answer {
    return errorAnswer(status, message, { accept, origin, cors: this.#options.cors, headers });
  }

  /** The answer to a request that met a fault of ours. */
  unexpected({ accept, origin }: RequestHeaders): Answer {
    return unexpectedAnswer({ accept, origin, cors: this.#options.cors });
  }

  /** The answer in a form of the caller's own; `undefined` stands for a fault of ours. */
  answer<Read>(
    method: string,
    target: string,
    headers: RequestHeaders,
    body: Uint8Array,
    read: AnswerReader<Read>,
  ): Read | undefined {
    try {
      const now = this.#now();
      // No more of it than the core needs in order to refuse it: what wasm memory has grown to, it keeps.
      const start = body.length > BODY_LIMIT ? body.subarray(0, BODY_LIMIT + 1) : body;
      return this.#ready().engine.handle(method, target, headers, start, now, read);
    } catch {
      // The wasm trapped, or the caller's own clock threw.
      return undefined;
    }
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
      return toResponse(errorAnswer(400, "This is not a request that can be made."), "GET");
    }
    let body: Uint8Array | null;
    try {
      body = await bodyOf(request, this.#home);
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
    const state = this.#ready();
    const now = this.#now();
    if (seed === undefined) state.engine.reset(now);
    else state.engine = new Engine(this.#module, { ...state.config, seed: hex(seedBytes(seed)) }, now);
    this.faults.clear();
  }

  snapshot(): Uint8Array {
    return this.#ready().engine.snapshot(this.#now());
  }

  restore(snapshot: Uint8Array): void {
    const state = this.#ready();
    const now = this.#now();
    if (!(snapshot instanceof Uint8Array) || !state.engine.restore(snapshot, now)) {
      throw new TypeError("snapshot: must be the bytes that snapshot() of this version gave");
    }
    // A snapshot of another registrar brings environments of its own.
    state.defaults = { ...state.defaults, ...state.engine.defaults(now) };
  }
}

/**
 * The accounts with the default environment's id put in: made anew, after a trap or by a reset, it would be another
 * one, and whoever was told the first would be lost.
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

/**
 * What `fetch` was given as a `Request`. One of another class (undici's, another realm's, a test's) is not made into one
 * of ours, which would read its body or not know it at all: what is used of it is there.
 */
function requestOf(input: Request | string | URL, init: RequestInit | undefined): Request {
  if (typeof input === "string" && input.length > TEXT_LIMIT) throw new TypeError("the URL is longer than 1 MiB");
  if (typeof input === "string" || input instanceof URL) return new Request(new URL(input, BASE), init);
  if (input instanceof Request) return init === undefined ? input : new Request(input, init);
  const { url, method, headers, body } = input as Request;
  if (typeof url !== "string" || typeof method !== "string" || typeof headers !== "object") {
    return new Request(new URL(String(input), BASE), init);
  }
  const absolute = new URL(url, BASE);
  if (init === undefined && absolute.href === url && method === method.toUpperCase()) return input;
  const parts = { method, headers, duplex: "half", ...(body == null ? {} : { body }), ...init };
  return new Request(absolute, parts as RequestInit);
}

function headersOf(given: Headers): RequestHeaders {
  const headers = typeof given.get === "function" ? given : new Headers(given);
  const text = (name: string): string | undefined => {
    const value = headers.get(name);
    // What merely looks like headers may give anything.
    return value === null || value === undefined ? undefined : String(value);
  };
  return {
    authorization: text("authorization"),
    "content-type": text("content-type"),
    accept: text("accept"),
    origin: text("origin"),
    "access-control-request-method": text("access-control-request-method"),
    "access-control-request-headers": text("access-control-request-headers"),
  };
}

function textLength(target: string, headers: RequestHeaders): number {
  return (
    target.length +
    (headers.authorization?.length ?? 0) +
    (headers["content-type"]?.length ?? 0) +
    (headers.accept?.length ?? 0) +
    (headers.origin?.length ?? 0) +
    (headers["access-control-request-method"]?.length ?? 0) +
    (headers["access-control-request-headers"]?.length ?? 0)
  );
}

/** Path and query of an absolute URL as `Request` gives them. */
function targetOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const end = url.indexOf("#", start);
  return end < 0 ? url.slice(start) : url.slice(start, end);
}

/** The body as one piece, broken off where it is certainly too long. */
async function bodyOf(request: Request, home: Home): Promise<Uint8Array | null> {
  // A body that somebody has read already must not count as an empty one.
  if (request.bodyUsed) throw new TypeError("the body has been read already");
  const given = request.body as ReadableStream<unknown> | BodyInit | null | undefined;
  if (given === null) return null;
  if (given === undefined) {
    // Firefox has no streams here.
    return typeof request.arrayBuffer === "function" ? new Uint8Array(await request.arrayBuffer()) : null;
  }
  // In one piece it is read faster. Anybody can write a length into a header: it must be known to hold.
  const declared = home.enforcesLength ? request.headers.get("content-length") : null;
  if (declared !== null && Number(declared) <= BODY_LIMIT) return new Uint8Array(await request.arrayBuffer());
  const stream = isStream(given) ? given : (new Response(given as BodyInit).body as ReadableStream<unknown>);
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length <= BODY_LIMIT) {
    const next = await reader.read();
    if (next.done) return chunks.length === 1 ? (chunks[0] as Uint8Array) : joined(chunks, length);
    // A stream may give anything. Not `instanceof`: the bytes may be of another realm.
    if (!ArrayBuffer.isView(next.value)) throw new TypeError("the body must be a stream of bytes");
    const { buffer, byteOffset, byteLength } = next.value;
    const chunk = new Uint8Array(buffer, byteOffset, byteLength);
    chunks.push(chunk);
    length += chunk.length;
  }
  // What is still to come is of no use; nor is it of use that stopping it fails.
  reader.cancel().catch(() => undefined);
  return joined(chunks, length).subarray(0, BODY_LIMIT + 1);
}

function isStream(body: ReadableStream<unknown> | BodyInit): body is ReadableStream<unknown> {
  return typeof (body as ReadableStream<unknown>).getReader === "function";
}

/**
 * The pieces one after another.
 *
 * @internal
 */
export function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

function clock(now: Now | undefined): () => number {
  if (now === undefined) return Date.now;
  if (typeof now !== "function") {
    const fixed = milliseconds(now);
    return () => fixed;
  }
  return () => milliseconds(now());
}

function milliseconds(now: Date | number): number {
  const time = now instanceof Date ? now.getTime() : now;
  if (typeof time !== "number" || !Number.isFinite(time)) {
    throw new TypeError("now: must be a valid Date, Unix milliseconds, or a function giving one of them");
  }
  return Math.trunc(time);
}
