/** The options of a registrar: their types, and the checks for callers without a compiler. */
import type { WasmInput } from "../wasm/error.js";

/** The seed of a registrar's random numbers: a short name for a test run, or exactly 32 bytes. */
export type Seed = number | string | Uint8Array;

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

/** A bearer token, in the clear or as the SHA-256 of its UTF-8 bytes, and its scope. */
export type TokenOptions = TokenScope &
  (
    | { readonly token: string; readonly sha256?: undefined }
    | { /** 64 hexadecimal digits. */ readonly sha256: string; readonly token?: undefined }
  );

/** The scope of a token. */
export interface TokenScope {
  /** The account. If absent or null, the default one. */
  readonly account_id?: string | null | undefined;
  /** If present and not null, the token sees and changes only this environment. */
  readonly environment_id?: string | null | undefined;
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
}

const OPTIONS = ["accounts", "tokens", "now", "seed", "cors", "wasm"];
const ACCOUNT = ["id", "name", "environments"];
const ENVIRONMENT = ["id", "name"];
const TOKEN = ["token", "sha256", "account_id", "environment_id"];

const SEED_BYTES = 32;

/** Throws a `TypeError` that names the option, for values that TypeScript would refuse or that could never work. */
export function checked(options: RegistrarOptions): RegistrarOptions {
  if ((options as { store?: unknown } | null)?.store !== undefined) {
    throw new TypeError("store: this version holds everything in memory; leave the option out");
  }
  keys("options", options, [...OPTIONS, "store"]);
  const { accounts, tokens, cors } = options;
  list("accounts", accounts, (account, name) => {
    keys(name, account, ACCOUNT);
    list(`${name}.environments`, account.environments, (environment, name) => keys(name, environment, ENVIRONMENT));
  });
  if (accounts?.[0]?.environments?.length === 0) {
    throw new TypeError("accounts[0].environments: must not be empty; its first item is the default environment");
  }
  list("tokens", tokens, (given, name) => {
    keys(name, given, TOKEN);
    const texts = [given.token, given.sha256].filter((text) => text !== undefined && text !== null);
    if (texts.length !== 1 || typeof texts[0] !== "string" || texts[0] === "") {
      throw new TypeError(`${name}: must have either token or sha256, a string`);
    }
    if (typeof given.token === "string" && !isToken(given.token)) throw new TypeError(`${name}.token: ${TOKEN_RULE}`);
  });
  list("cors", cors, (origin, name) => {
    if (!isOrigin(origin)) throw new TypeError(`${name}: ${ORIGIN_RULE}`);
  });
  return options;
}

export const TOKEN_RULE = "must be printable ASCII without spaces";
export const ORIGIN_RULE = "must be an origin such as http://localhost:5173";

/** Whether a header can carry the token unchanged. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

/** Whether a browser could send this as `Origin`. `*` means any. */
export function isOrigin(text: unknown): boolean {
  if (text === "*") return true;
  try {
    return typeof text === "string" && new URL(text).origin === text;
  } catch {
    return false;
  }
}

/** A seed in the core's configuration: 64 hexadecimal digits, or a text that the core hashes. */
export type SeedConfig = { readonly seed: string } | { readonly seed_text: string };

/** The seed of the options, or a random one. `7` and `"7"` are different seeds. */
export function seedConfig(seed: Seed | undefined): SeedConfig {
  if (seed === undefined) return { seed: hex(crypto.getRandomValues(new Uint8Array(SEED_BYTES))) };
  if (isBytes(seed)) {
    if (seed.length !== SEED_BYTES) throw new TypeError("seed: a Uint8Array must have exactly 32 bytes");
    return { seed: hex(seed) };
  }
  if (typeof seed === "number" ? !Number.isFinite(seed) : typeof seed !== "string") {
    throw new TypeError("seed: must be a finite number, a string, or a Uint8Array of 32 bytes");
  }
  return { seed_text: `${typeof seed}:${seed}` };
}

/** The seed for checking the options before the first use. */
export const TRIAL_SEED: SeedConfig = { seed: "0".repeat(2 * SEED_BYTES) };

/** Whether a value is a `Uint8Array`, of any realm: test runners have realms of their own. */
export function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === "[object Uint8Array]";
}

/** Lowercase hexadecimal digits. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The clock of the option `now`, in whole Unix milliseconds. Its results are checked at each call. */
export function clock(now: Now | undefined): () => number {
  // Looked up at each call: fake timers replace it.
  if (now === undefined) return () => Date.now();
  if (typeof now !== "function") {
    const fixed = milliseconds(now);
    return () => fixed;
  }
  return () => milliseconds(now());
}

function milliseconds(now: Date | number): number {
  let time = Number.NaN;
  try {
    // A Date of any realm.
    time = typeof now === "number" ? now : Date.prototype.getTime.call(now);
  } catch {
    // No Date.
  }
  if (!Number.isFinite(time)) {
    throw new TypeError("now: must be a valid Date, Unix milliseconds, or a function giving one of them");
  }
  return Math.trunc(time);
}

function list<Item>(name: string, items: readonly Item[] | undefined, each: (item: Item, name: string) => void): void {
  if (items === undefined) return;
  if (!Array.isArray(items)) throw new TypeError(`${name}: must be an array`);
  items.forEach((item: Item, index) => each(item, `${name}[${index}]`));
}

/** Refuses unknown keys: a token with a misspelt `environment_id` would otherwise be for the whole account. */
function keys(name: string, value: object, known: readonly string[]): void {
  if (typeof value !== "object" || value === null) throw new TypeError(`${name}: must be an object`);
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) {
      const path = name === "options" ? key : `${name}.${key}`;
      throw new TypeError(`${path}: is not known; the options are ${known.filter((one) => one !== "store").join(", ")}`);
    }
  }
}
