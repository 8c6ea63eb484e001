import { type Answer, errorAnswer, toResponse, unexpectedAnswer } from "./answer.js";
import { type AnswerReader, Engine, readAnswer, type RequestHeaders } from "./engine.js";
import { hex, type Seed, seedBytes, tokenBytes, tokenFrom } from "./entropy.js";
import { dropPoint, type Fault, Faults } from "./faults.js";

/** The largest body that the contract allows is 1 MiB; one byte more is enough for the core to refuse it. */
const BODY_LIMIT = 1024 * 1024;
const NO_BODY = new Uint8Array(0);

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
  /** The account; the default one where absent. */
  readonly account_id?: string | undefined;
  /** Present: the token sees and changes this environment alone. */
  readonly environment_id?: string | undefined;
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
   * stand in for the global `fetch`: it needs no `this`, and makes a `Request` of whatever `fetch` takes [ours].
   */
  readonly fetch: (input: Request | string | URL, init?: RequestInit) => Promise<Response>;
  /**
   * The same without `Request` and `Response`, at once [ours]: what a server of one's own calls. `target` is path and
   * query as they came. {@link faults} play no part here.
   */
  handle(method: string, target: string, headers: RequestHeaders, body: Uint8Array | null): Answer;
  /** Back to the beginning: what the options say, no agents, no faults. */
  reset(): void;
  /** All of the state as bytes, for {@link restore} of this version. */
  snapshot(): Uint8Array;
  /** Goes back to a snapshot. Bytes that are none throw a `TypeError` and change nothing. */
  restore(snapshot: Uint8Array): void;
  /** What goes wrong on purpose [ours]: nothing, unless a test adds something. */
  readonly faults: Faults;
}

/** `createRegistrar` for a module that is already at hand. */
export function createRegistrarWith(module: WebAssembly.Module, options: RegistrarOptions = {}): MemoryRegistrar {
  return new MemoryRegistrar(module, options);
}

/** The registrar, with what the entries of this package use besides. */
export class MemoryRegistrar implements Registrar {
  readonly faults = new Faults();
  readonly #module: WebAssembly.Module;
  readonly #options: RegistrarOptions;
  readonly #now: () => number;
  /** Made at the first use: Workers refuse random numbers, and know no time, while modules load. */
  #state: { engine: Engine; defaults: RegistrarDefaults } | undefined;

  constructor(module: WebAssembly.Module, options: RegistrarOptions) {
    this.#module = module;
    this.#options = checked(options);
    this.#now = clock(options.now);
    // A trial core, so that a mistake in the options is told here and not to the first request.
    const none = new Uint8Array(32);
    this.#build(options.seed === undefined ? none : seedBytes(options.seed), none, 0);
  }

  #build(seed: Uint8Array, secret: Uint8Array, now: number): { engine: Engine; defaults: RegistrarDefaults } {
    const { accounts, cors = [], tokens: given } = this.#options;
    const common = { ...(accounts === undefined ? {} : { accounts }), cors, seed: hex(seed) };
    // The ids follow from seed and time, but the default tokens need them first: hence a core only to be asked.
    const { account_id, environment_id } = new Engine(this.#module, { ...common, tokens: [] }, now).defaults(now);
    const tokens: readonly TokenOptions[] = given ?? [
      { token: tokenFrom(secret, "account") },
      { token: tokenFrom(secret, "environment"), environment_id },
    ];
    const mine = tokens.filter((token) => (token.account_id ?? account_id) === account_id);
    const find = (environment: string | undefined): string | null =>
      mine.find((token) => token.token !== undefined && token.environment_id === environment)?.token ?? null;
    return {
      engine: new Engine(this.#module, { ...common, tokens }, now),
      defaults: { account_id, environment_id, token: find(undefined), environment_token: find(environment_id) },
    };
  }

  #ready(): { engine: Engine; defaults: RegistrarDefaults } {
    const { seed } = this.#options;
    return (this.#state ??= this.#build(seedBytes(seed), tokenBytes(seed), this.#now()));
  }

  get defaults(): RegistrarDefaults {
    return this.#ready().defaults;
  }

  handle(method: string, target: string, headers: RequestHeaders, body: Uint8Array | null): Answer {
    return this.answer(method, target, headers, body ?? NO_BODY, readAnswer) ?? unexpectedAnswer();
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
    const request = input instanceof Request && init === undefined ? input : new Request(absolute(input), init);
    const method = request.method;
    const target = targetOf(request.url);
    let body: Uint8Array | null;
    try {
      body = await bodyOf(request);
    } catch {
      return toResponse(errorAnswer(400, "The request's body could not be read."), method);
    }
    const fault = this.faults.isEmpty ? undefined : this.faults.take(method, target);
    if (fault !== undefined) {
      const answer = await meet(fault, request);
      if (answer !== undefined) return toResponse(answer, method);
    }
    const headers = request.headers;
    const answer = this.handle(
      method,
      target,
      {
        authorization: headers.get("authorization") ?? undefined,
        "content-type": headers.get("content-type") ?? undefined,
        accept: headers.get("accept") ?? undefined,
        origin: headers.get("origin") ?? undefined,
        "access-control-request-method": headers.get("access-control-request-method") ?? undefined,
        "access-control-request-headers": headers.get("access-control-request-headers") ?? undefined,
      },
      body,
    );
    if (fault !== undefined && dropPoint(fault) === "after") throw dropped();
    return toResponse(answer, method);
  };

  reset(): void {
    this.faults.clear();
    this.#ready().engine.reset(this.#now());
  }

  snapshot(): Uint8Array {
    return this.#ready().engine.snapshot(this.#now());
  }

  restore(snapshot: Uint8Array): void {
    if (!(snapshot instanceof Uint8Array) || !this.#ready().engine.restore(snapshot, this.#now())) {
      throw new TypeError("snapshot: must be the bytes that snapshot() of this version gave");
    }
  }
}

/** Does what a fault says before the operation; gives the answer that takes its place, if any. */
async function meet(fault: Fault, request: Request): Promise<Answer | undefined> {
  if (fault.delay !== undefined) await pause(fault.delay, request.signal);
  if (dropPoint(fault) === "before") throw dropped();
  return fault.status === undefined ? undefined : faultAnswer(fault.status, fault);
}

/** The answer of a fault with a status. */
export function faultAnswer(status: number, fault: Fault): Answer {
  return errorAnswer(status, "A test asked for this answer.", fault.headers);
}

/** Like the network's own: a request that is given up rejects with its signal's reason. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", giveUp);
      resolve();
    }, milliseconds);
    if (signal.aborted) giveUp();
    else signal.addEventListener("abort", giveUp, { once: true });
  });
}

function dropped(): TypeError {
  return new TypeError("fetch failed: a test asked for this connection to be dropped");
}

/** `fetch("/api/v1/agent")` works in a page; here there is no page to take the host from, and any will do. */
function absolute(input: Request | string | URL): Request | string | URL {
  return typeof input === "string" ? new URL(input, "http://registrar.localhost/") : input;
}

/** Path and query of an absolute URL as `Request` gives them. */
function targetOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const end = url.indexOf("#", start);
  return end < 0 ? url.slice(start) : url.slice(start, end);
}

/** The body as one piece, broken off where it is certainly too long. */
async function bodyOf(request: Request): Promise<Uint8Array | null> {
  // A body that somebody has read already must not count as an empty one.
  if (request.bodyUsed) throw new TypeError("the body has been read already");
  // Firefox has no streams here.
  const stream = request.body as ReadableStream<unknown> | null | undefined;
  if (stream === undefined) return new Uint8Array(await request.arrayBuffer());
  if (stream === null) return null;
  // What comes over a network mostly says how long it is, and in one piece it is read faster.
  const declared = request.headers.get("content-length");
  if (declared !== null && Number(declared) <= BODY_LIMIT) return new Uint8Array(await request.arrayBuffer());
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length <= BODY_LIMIT) {
    const next = await reader.read();
    if (next.done) return chunks.length === 1 ? (chunks[0] as Uint8Array) : joined(chunks, length);
    // A stream may give anything. Not `instanceof`: the bytes may be of another realm.
    if (!ArrayBuffer.isView(next.value)) throw new TypeError("the body must be a stream of bytes");
    const chunk = next.value as Uint8Array;
    chunks.push(chunk);
    length += chunk.length;
  }
  // What is still to come is of no use; nor is it of use that stopping it fails.
  reader.cancel().catch(() => undefined);
  return joined(chunks, length).subarray(0, BODY_LIMIT + 1);
}

/** The pieces one after another. */
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

/** Refuses what TypeScript would have refused, in terms of the option. */
function checked(options: RegistrarOptions): RegistrarOptions {
  const list = (name: "accounts" | "tokens" | "cors"): void => {
    if (options[name] !== undefined && !Array.isArray(options[name])) throw new TypeError(`${name}: must be an array`);
  };
  list("accounts");
  list("tokens");
  list("cors");
  if (options.accounts?.[0]?.environments?.length === 0) {
    throw new TypeError("accounts[0].environments: needs one, which is the default environment");
  }
  options.tokens?.forEach((token, index) => {
    const given = typeof token === "object" && token !== null ? [token.token, token.sha256] : [];
    const texts = given.filter((value) => value !== undefined);
    if (texts.length !== 1 || typeof texts[0] !== "string" || texts[0] === "") {
      throw new TypeError(`tokens[${index}]: needs either token or sha256, a string`);
    }
  });
  return options;
}
