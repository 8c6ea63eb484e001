import type { RegistrarOptions } from "./registrar.js";

const OPTIONS = ["accounts", "tokens", "now", "seed", "cors", "wasm"];
const ACCOUNT = ["id", "name", "environments"];
const ENVIRONMENT = ["id", "name"];
const TOKEN = ["token", "sha256", "account_id", "environment_id"];

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

function list<Item>(name: string, items: readonly Item[] | undefined, each: (item: Item, name: string) => void): void {
  if (items === undefined) return;
  if (!Array.isArray(items)) throw new TypeError(`${name}: must be an array`);
  items.forEach((item: Item, index) => each(item, `${name}[${index}]`));
}

/** A key that is misspelt would go by unnoticed: a token meant for one environment would open the account. */
function keys(name: string, value: object, known: readonly string[]): void {
  if (typeof value !== "object" || value === null) throw new TypeError(`${name}: must be an object`);
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) {
      const path = name === "options" ? key : `${name}.${key}`;
      throw new TypeError(`${path}: there is no such option; there are ${known.filter((one) => one !== "store").join(", ")}`);
    }
  }
}
