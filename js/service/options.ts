/** What a registrar is made with: the types of the options, and the checks of what a compiler would have refused. */
import type { WasmInput } from "../wasm/error.js";

/** What a registrar's randomness starts from: a short name for a test run, or exactly 32 bytes. */
export type Seed = number | string | Uint8Array;

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

const OPTIONS = ["accounts", "tokens", "now", "seed", "cors", "wasm"];
const ACCOUNT = ["id", "name", "environments"];
const ENVIRONMENT = ["id", "name"];
const TOKEN = ["token", "sha256", "account_id", "environment_id"];

const SEED_BYTES = 32;

/** Refuses what TypeScript would have refused, and what could never work, in terms of the option. */
export function checked(options: RegistrarOptions): RegistrarOptions {
  if ((options as { store?: unknown } | null)?.store !== undefined) {
    throw new TypeError("store: this version offers memory only; leave it out");
  }
  keys("options", options, [...OPTIONS, "store"]);
  const { accounts, tokens, cors } = options;
  list("accounts", accounts, (account, name) => {
    keys(name, account, ACCOUNT);
    list(`${name}.environments`, account.environments, (environment, name) => keys(name, environment, ENVIRONMENT));
  });
  if (accounts?.[0]?.environments?.length === 0) {
    throw new TypeError("accounts[0].environments: needs one, which is the default environment");
  }
  list("tokens", tokens, (given, name) => {
    keys(name, given, TOKEN);
    const texts = [given.token, given.sha256].filter((text) => text !== undefined && text !== null);
    if (texts.length !== 1 || typeof texts[0] !== "string" || texts[0] === "") {
      throw new TypeError(`${name}: needs either token or sha256, a string`);
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

/** Whether a header can carry the token as it stands. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

/** Whether a browser could ever send this as its `Origin`; `*` stands for any. */
export function isOrigin(text: unknown): boolean {
  if (text === "*") return true;
  try {
    return typeof text === "string" && new URL(text).origin === text;
  } catch {
    return false;
  }
}

/** A seed as the core's configuration has it: 64 hexadecimal digits, or a text that the core hashes. */
export type SeedConfig = { readonly seed: string } | { readonly seed_text: string };

/** The seed of the options, or a random one. The type of a short name counts: `7` and `"7"` are two seeds. */
export function seedConfig(seed: Seed | undefined): SeedConfig {
  if (seed === undefined) return { seed: hex(crypto.getRandomValues(new Uint8Array(SEED_BYTES))) };
  if (seed instanceof Uint8Array) {
    if (seed.length !== SEED_BYTES) throw new TypeError("seed: a Uint8Array must have exactly 32 bytes");
    return { seed: hex(seed) };
  }
  if (typeof seed === "number" ? !Number.isFinite(seed) : typeof seed !== "string") {
    throw new TypeError("seed: must be a finite number, a string, or a Uint8Array of 32 bytes");
  }
  return { seed_text: `${typeof seed}:${seed}` };
}

/** The seed with which options are tried before the first use. */
export const TRIAL_SEED: SeedConfig = { seed: "0".repeat(2 * SEED_BYTES) };

/** Lowercase hexadecimal digits. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The clock that the option `now` means, in whole Unix milliseconds. What it gives is checked at each call. */
export function clock(now: Now | undefined): () => number {
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

function list<Item>(name: string, items: readonly Item[] | undefined, each: (item: Item, name: string) => void): void {
  if (items === undefined) return;
  if (!Array.isArray(items)) throw new TypeError(`${name}: must be an array`);
  items.forEach((item: Item, index) => each(item, `${name}[${index}]`));
}

/** A misspelt key would go unnoticed: a token meant for one environment would open the account. */
function keys(name: string, value: object, known: readonly string[]): void {
  if (typeof value !== "object" || value === null) throw new TypeError(`${name}: must be an object`);
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) {
      const path = name === "options" ? key : `${name}.${key}`;
      throw new TypeError(`${path}: there is no such option; there are ${known.filter((one) => one !== "store").join(", ")}`);
    }
  }
}
