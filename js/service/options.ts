/** The options of a registrar: their types, and the checks for callers without a compiler. */
import { bytesOf, has, hex, millisOf, tagOf } from "../values/values.js";
import type { WasmInput } from "../wasm/error.js";
import type { CoreHost } from "./host.js";
import { type CoreLimits, type LimitOptions, limitsOf } from "./limits.js";
import type { SeedConfig, TokenOptions } from "./tokens.js";

export type { LimitOptions } from "./limits.js";
export type { TokenOptions, TokenScope } from "./tokens.js";

/** The seed of a registrar's random numbers: a short name for a test run, or exactly 32 bytes. */
export type Seed = number | string | Uint8Array | ArrayBuffer;

/** An environment of an account. */
export interface EnvironmentOptions {
  /** A PFID of the account's partition. By default, a new one. */
  readonly id?: string | undefined;
  readonly name?: string | undefined;
}

/** An account, which is a tenant: tokens of other accounts see nothing of it. */
export interface AccountOptions {
  /** A PFID. All ids of this account get its partition. */
  readonly id: string;
  readonly name?: string | undefined;
  /** By default, one named `Default`. */
  readonly environments?: readonly EnvironmentOptions[] | undefined;
}

/** A fixed time or a clock. Numbers are Unix milliseconds. */
export type Now = Date | number | (() => Date | number);

/** Everything is optional: the default is one account with one environment and two tokens, in memory. */
export interface RegistrarOptions {
  /** The first account and its first environment are the defaults. */
  readonly accounts?: readonly AccountOptions[] | undefined;
  /** By default, the default account gets a token of each scope. With an empty list, every request is 401. */
  readonly tokens?: readonly TokenOptions[] | undefined;
  /** The time of every request. By default, the real time. */
  readonly now?: Now | undefined;
  /** Makes ids and default tokens repeatable. Without it, they are random. */
  readonly seed?: Seed | undefined;
  /** The origins whose pages may call from a browser, such as `"https://app.example"`; none by default. */
  readonly cors?: readonly string[] | undefined;
  /**
   * `agent-registrar/service.wasm` as a `WebAssembly.Module` or as bytes. By default, the bytes in this package. All registrars
   * share a module; bytes are compiled for each. `agent-registrar/service/slim` has no bytes and needs it.
   */
  readonly wasm?: WasmInput | undefined;
  /**
   * Signs the texts of API tokens, so that a server in front of many registrars can tell them from made-up ones. At least 16
   * printable ASCII characters. By default, the registrar makes one from the seed. [ours]
   */
  readonly secret?: string | undefined;
  /** Makes and lists accounts, and nothing else, over `/api/v1/account`. By default, nobody does. [ours] */
  readonly operatorToken?: OperatorToken | undefined;
  /**
   * Where records live: `sqliteStore({ file })` of `agent-registrar/sqlite`. By default, in memory. A store is opened at once, and one
   * registrar has it until its `close()`.
   */
  readonly store?: RegistrarStore | undefined;
  /** How much is stored at most. In memory there are limits by default, with a `store` none. [ours] */
  readonly limits?: LimitOptions | undefined;
}

/** A place for records, made by another entry of this package. */
export interface RegistrarStore {
  /** As it appears in messages. */
  readonly name: string;
  /** @internal */
  readonly open: (clock: () => number) => CoreHost;
}

/** The operator's token, in the clear or as the SHA-256 of its UTF-8 bytes. */
export type OperatorToken = string | { /** 64 hexadecimal digits. */ readonly sha256: string };

const OPTIONS = ["accounts", "tokens", "now", "seed", "cors", "secret", "operatorToken", "wasm", "store", "limits"];
const ACCOUNT = ["id", "name", "environments"];
const ENVIRONMENT = ["id", "name"];
const TOKEN = ["token", "sha256", "account_id", "environment_id"];

const SEED_BYTES = 32;

/** Options that were checked. A copy: later changes of the caller's objects have no effect. */
export interface CheckedOptions {
  readonly accounts: readonly AccountOptions[] | undefined;
  readonly tokens: readonly TokenOptions[] | undefined;
  readonly cors: readonly string[];
  readonly secret: string | undefined;
  readonly operatorToken: Exclude<OperatorToken, string> | { readonly token: string } | undefined;
  readonly now: Now | undefined;
  readonly seed: Seed | undefined;
  readonly store: RegistrarStore | undefined;
  readonly limits: CoreLimits | undefined;
}

/** Throws a `TypeError` that names the option, for values that TypeScript would refuse or that could never work. */
export function checked(options: unknown): CheckedOptions {
  const { store, wasm, accounts, tokens, cors, secret, operatorToken, now, seed, limits } = members("options", options, OPTIONS);
  if (store !== undefined) {
    if (!isStore(store)) refuse("store", "must be a store, as sqliteStore({ file }) of agent-registrar/sqlite gives it");
    if (wasm !== undefined) refuse("wasm", "is not used with a store, which takes a .wasm file of its own");
  }
  const lists = {
    accounts: list("accounts", accounts, account),
    tokens: list("tokens", tokens, token),
    cors: list("cors", cors, (origin, name) => (isOrigin(origin) ? origin : refuse(name, ORIGIN_RULE))),
  };
  if (lists.accounts?.[0]?.environments?.length === 0) {
    refuse("accounts[0].environments", "must not be empty; its first item is the default environment");
  }
  return {
    ...lists,
    cors: lists.cors ?? [],
    secret: secretText(secret),
    operatorToken: operator(operatorToken),
    now: now as Now | undefined,
    seed: seed as Seed | undefined,
    store,
    limits: limitsOf(limits),
  };
}

function secretText(given: unknown): string | undefined {
  const secret = text("secret", given);
  return secret === undefined || (secret.length >= MIN_SECRET && isToken(secret)) ? secret : refuse("secret", SECRET_RULE);
}

function operator(given: unknown): CheckedOptions["operatorToken"] {
  if (given === undefined || given === null) return undefined;
  if (typeof given === "string") return isToken(given) ? { token: given } : refuse("operatorToken", TOKEN_RULE);
  const { sha256 } = members("operatorToken", given, ["sha256"]);
  return { sha256: text("operatorToken.sha256", sha256) ?? refuse("operatorToken", "must be a string, or have sha256") };
}

function isStore(value: unknown): value is RegistrarStore {
  return typeof value === "object" && value !== null && typeof (value as Partial<RegistrarStore>).open === "function";
}

function account(given: unknown, name: string): AccountOptions {
  const { id, name: title, environments } = members(name, given, ACCOUNT);
  return {
    id: text(`${name}.id`, id) ?? refuse(`${name}.id`, "must be a PFID"),
    name: text(`${name}.name`, title),
    environments: list(`${name}.environments`, environments, environment),
  };
}

function environment(given: unknown, name: string): EnvironmentOptions {
  const { id, name: title } = members(name, given, ENVIRONMENT);
  return { id: text(`${name}.id`, id), name: text(`${name}.name`, title) };
}

function token(given: unknown, name: string): TokenOptions {
  const { token, sha256, account_id, environment_id } = members(name, given, TOKEN);
  const texts = [token, sha256].filter((text) => text != null);
  if (texts.length !== 1 || typeof texts[0] !== "string" || texts[0] === "") refuse(name, "must have either token or sha256, a string");
  if (typeof token === "string" && !isToken(token)) refuse(`${name}.token`, TOKEN_RULE);
  const scope = {
    account_id: text(`${name}.account_id`, account_id ?? undefined),
    environment_id: text(`${name}.environment_id`, environment_id ?? undefined),
  };
  return typeof token === "string" ? { token, ...scope } : { sha256: sha256 as string, ...scope };
}

const MIN_SECRET = 16;
export const SECRET_RULE = `must have at least ${MIN_SECRET} characters of printable ASCII without spaces`;
export const TOKEN_RULE = "must be printable ASCII without spaces";
export const ORIGIN_RULE = "must be an origin such as http://localhost:5173";

/** Whether a header can carry the token unchanged. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

/** Whether a browser could send this as `Origin`. `*` means any. */
export function isOrigin(text: unknown): text is string {
  if (text === "*") return true;
  try {
    return typeof text === "string" && new URL(text).origin === text;
  } catch {
    return false;
  }
}

/** 32 random bytes as hexadecimal digits. */
export function randomKey(): string {
  return hex(crypto.getRandomValues(new Uint8Array(SEED_BYTES)));
}

/** The seed of the options, or a random one. `7` and `"7"` are different seeds. */
export function seedConfig(seed: unknown): SeedConfig {
  if (seed === undefined) return { seed: randomKey() };
  if (typeof seed === "string" || (typeof seed === "number" && Number.isFinite(seed))) return { seed_text: `${typeof seed}:${seed}` };
  const bytes = bytesOf(seed);
  if (bytes === undefined) refuse("seed", "must be a finite number, a string, or 32 bytes");
  if (bytes.length !== SEED_BYTES) refuse("seed", "must have exactly 32 bytes, if it is not a number or a string");
  return { seed: hex(bytes) };
}

/** The seed for checking the options before the first use. */
export const TRIAL_SEED: SeedConfig = { seed: "0".repeat(2 * SEED_BYTES) };

/** The clock of the option `now`, in whole Unix milliseconds. Its results are checked at each call. */
export function clock(now: unknown): () => number {
  // Looked up at each call: fake timers replace it.
  if (now === undefined) return () => Date.now();
  if (typeof now === "function") return () => milliseconds(now());
  const fixed = milliseconds(now);
  return () => fixed;
}

function milliseconds(now: unknown): number {
  const time = millisOf(now);
  if (!Number.isFinite(time)) refuse("now", "must be a valid Date, Unix milliseconds, or a function giving one of them");
  return Math.trunc(time);
}

/** Throws the `TypeError` for an invalid option. */
export function refuse(name: string, rule: string, cause?: unknown): never {
  throw new TypeError(`${name}: ${rule}`, cause === undefined ? undefined : { cause });
}

function text(name: string, value: unknown): string | undefined {
  return value === undefined || typeof value === "string" ? value : refuse(name, "must be a string");
}

function list<Item>(name: string, items: unknown, each: (item: unknown, name: string) => Item): readonly Item[] | undefined {
  if (items === undefined) return undefined;
  const copy = attempt(name, () => (Array.isArray(items) ? Array.from(items as unknown[]) : undefined));
  return copy?.map((item, index) => each(item, `${name}[${index}]`)) ?? refuse(name, "must be an array");
}

/**
 * The members of an object, each read once. Refuses unknown keys: a token with a misspelt `environment_id` would otherwise be for
 * the whole account.
 */
export function members(name: string, value: unknown, known: readonly string[]): Record<string, unknown> {
  if (!isObject(value)) refuse(name, "must be an object");
  const path = (key: string): string => (name === "options" ? key : `${name}.${key}`);
  const keys = attempt(name, () => Object.keys(value));
  for (const key of keys) {
    if (!known.includes(key)) refuse(path(key), `is not known; there are ${known.join(", ")}`);
  }
  const read = (key: string): unknown => attempt(path(key), () => (has(value, key) ? (value as Record<string, unknown>)[key] : undefined));
  return Object.fromEntries(known.map((key) => [key, read(key)]));
}

/** Refuses options that neither a registrar nor this caller, which has `own` ones, knows. */
export function refuseUnknown(options: object, own: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (!OPTIONS.includes(key)) refuse(key, `is not known; there are ${[...own, ...OPTIONS].join(", ")}`);
  }
}

/** Whether a value is an object with keys of its caller: no array, `RegExp`, `Date` or the like, which would have none. */
export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && ["[object Object]", "[object Module]", ""].includes(tagOf(value));
}

/** The options `store` and `wasm`, which are needed before the others are checked. */
export function sourceOptions(options: unknown): { readonly store?: unknown; readonly wasm?: unknown } {
  if (typeof options !== "object" || options === null) return {};
  const given = options as RegistrarOptions;
  return { store: attempt("store", () => given.store), wasm: attempt("wasm", () => given.wasm) };
}

/** The result of a function that reads, or a `TypeError` that names the option. */
export function attempt<Result>(name: string, read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof TypeError && cause.message.startsWith(`${name}: `)) throw cause;
    return refuse(name, "could not be read", cause);
  }
}
