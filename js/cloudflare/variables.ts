/** The variables of a worker, and the options that they make. */
import { isLogFormat, LOG_RULE, RequestLog } from "../service/log.js";
import type { AccountOptions, LimitOptions, OperatorToken, RegistrarOptions, TokenOptions } from "../service/options.js";

/** The variables that the worker reads. All of them [ours]. */
export interface Environment {
  /**
   * A secret: a JSON array of `{token}` or `{sha256}`, with `account_id` and `environment_id` unless the token is for the
   * whole default account. Prefer digests. Without it, every request is refused with 401.
   */
  readonly AGENT_REGISTRAR_TOKENS?: string | readonly TokenOptions[] | undefined;
  /** A JSON array of `{id, name?, environments?: [{id?, name?}]}`; by default, the default account. */
  readonly AGENT_REGISTRAR_ACCOUNTS?: string | readonly AccountOptions[] | undefined;
  /** The origins whose pages may call, separated by commas. None by default. */
  readonly AGENT_REGISTRAR_CORS?: string | undefined;
  /** A secret: signs the texts of API tokens. At least 16 printable ASCII characters. By default, each isolate makes its own. */
  readonly AGENT_REGISTRAR_SECRET?: string | undefined;
  /** A secret: the operator's token, which makes, lists, exports and imports accounts, or `sha256:` and 64 hexadecimal digits. Without it, nobody does. */
  readonly AGENT_REGISTRAR_OPERATOR_TOKEN?: string | undefined;
  /**
   * A JSON object of `{bytes?, records?, accountBytes?, accountRecords?, keys?}`: how much is stored at most. In memory, by default, what
   * an isolate of 128 MB holds with ease: 32 MiB, 50,000 records and 50,000 keys. In a Durable Object there are no limits by
   * default; each object has its own.
   */
  readonly AGENT_REGISTRAR_LIMITS?: string | LimitOptions | undefined;
  /**
   * A log by `console.log`: one line for each request, `json` for programs or `text` for people. By default `off`: only causes of statuses
   * of 500 and above are told.
   */
  readonly AGENT_REGISTRAR_LOG?: string | undefined;
}

const VARIABLES: readonly string[] = [
  "AGENT_REGISTRAR_TOKENS",
  "AGENT_REGISTRAR_ACCOUNTS",
  "AGENT_REGISTRAR_CORS",
  "AGENT_REGISTRAR_SECRET",
  "AGENT_REGISTRAR_OPERATOR_TOKEN",
  "AGENT_REGISTRAR_LIMITS",
  "AGENT_REGISTRAR_LOG",
] satisfies (keyof Environment)[];

/** The options of the variables. Their items are not checked yet. `bindings` are further names that the worker knows. */
export function optionsOf(environment: Environment, bindings: readonly string[] = []): RegistrarOptions {
  const known = [...VARIABLES, ...bindings];
  for (const name of Object.keys(environment)) {
    if (name.startsWith("AGENT_REGISTRAR_") && !known.includes(name)) {
      console.warn(`agent-registrar: the variable ${name} is not known; there are ${known.join(", ")}`);
    }
  }
  const tokens = listOf<TokenOptions>(environment, "AGENT_REGISTRAR_TOKENS") ?? [];
  const accounts = listOf<AccountOptions>(environment, "AGENT_REGISTRAR_ACCOUNTS");
  const origins: unknown = environment.AGENT_REGISTRAR_CORS ?? "";
  if (typeof origins !== "string") throw new TypeError("AGENT_REGISTRAR_CORS must be a text");
  const cors = origins
    .split(",")
    .map((origin) => origin.trim())
    .filter(Boolean);
  const secret = environment.AGENT_REGISTRAR_SECRET || undefined;
  return { tokens, accounts, cors, secret, operatorToken: operatorToken(environment), limits: limits(environment) };
}

/** The log that the variables ask for. */
export function logOf({ AGENT_REGISTRAR_LOG: format }: Environment): RequestLog | undefined {
  const wanted: unknown = format || "off";
  if (!isLogFormat(wanted)) throw new TypeError(`AGENT_REGISTRAR_LOG ${LOG_RULE}`);
  return wanted === "off" ? undefined : new RequestLog(wanted);
}

function operatorToken({ AGENT_REGISTRAR_OPERATOR_TOKEN: token }: Environment): OperatorToken | undefined {
  const prefix = "sha256:";
  return token?.startsWith(prefix) ? { sha256: token.slice(prefix.length) } : token || undefined;
}

/** The limits of a variable. `createRegistrarWith` checks them. */
function limits({ AGENT_REGISTRAR_LIMITS: given }: Environment): LimitOptions | undefined {
  if (given === undefined || given === "") return undefined;
  try {
    const value: unknown = typeof given === "string" ? JSON.parse(given) : given;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Refused below.
  }
  throw new TypeError("AGENT_REGISTRAR_LIMITS must be a JSON object");
}

/** A list from a variable. `createRegistrarWith` checks its items. */
function listOf<Item>(environment: Environment, name: keyof Environment): readonly Item[] | undefined {
  const given: unknown = environment[name];
  if (given === undefined || given === "") return undefined;
  try {
    // Variables in the configuration of wrangler may be JSON itself.
    const value: unknown = typeof given === "string" ? JSON.parse(given) : given;
    if (Array.isArray(value)) return value as readonly Item[];
  } catch {
    // The parser's message would quote its input, which is a secret.
  }
  throw new TypeError(`${name} must be a JSON array`);
}
