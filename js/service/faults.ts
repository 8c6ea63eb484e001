import { tagOf } from "../values/values.js";
import { attempt, isObject, members, refuse } from "./options.js";

/** The requests that a fault applies to. An absent part matches everything. */
export interface FaultMatch {
  /** Case-insensitive, such as `"POST"`. Absent: all methods but OPTIONS, which browsers send as a preflight. */
  readonly method?: string | undefined;
  /**
   * The path without its query: exact (`"/api/v1/agent"`), with `*` for any run of characters (`"/api/v1/agent*"`),
   * or a regular expression.
   */
  readonly path?: string | RegExp | undefined;
}

/** An injected error and when it happens, to test a client's retries. All of it [ours]. */
export interface Fault {
  readonly match?: FaultMatch | undefined;
  /** The first matching request that fails, counted from 1 since the fault was added. Default 1. */
  readonly nth?: number | undefined;
  /** How many matching requests in a row fail. Default 1. `Infinity`, or `null` in JSON: all from then on. */
  readonly times?: number | null | undefined;
  /** Milliseconds to wait first. */
  readonly delay?: number | undefined;
  /** Answer with this status and the API's error body, without running the operation. */
  readonly status?: number | undefined;
  /**
   * Headers to add to the answer of `status`, such as `Retry-After`, or to replace. Headers of the connection and of the
   * length are not allowed.
   */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * Drop the connection without an answer: `true` or `"before"` the operation runs, `"after"` it has taken effect (the case
   * that idempotency keys are for).
   */
  readonly drop?: boolean | "before" | "after" | undefined;
}

interface Planned {
  readonly method: string | undefined;
  readonly path: Pattern | undefined;
  readonly from: number;
  readonly to: number;
  readonly fault: Fault;
  seen: number;
}

/** A path, the parts of a path between `*`, or a regular expression of the test itself. */
type Pattern = string | readonly string[] | RegExp;

/** The most faults that may be planned at once: each request is compared with all of them. [ours] */
const MOST_FAULTS = 1_000;

/** The planned faults of a registrar, at most 1,000. Empty until a test adds one. */
export class Faults {
  #planned: Planned[] = [];

  /**
   * Plans a fault, or each of a list. An invalid `Fault`, or one too many, throws a `TypeError`, and then none of the list is
   * planned.
   */
  add(faults: Fault | readonly Fault[]): void {
    const list = attempt("fault", () => (Array.isArray(faults) ? Array.from(faults as readonly unknown[]) : [faults]));
    if (list.length + this.#planned.length > MOST_FAULTS) {
      throw new TypeError(`fault: at most ${MOST_FAULTS.toLocaleString("en")} may be planned at once; clear() removes them`);
    }
    for (const fault of list.map(checked)) this.#plan(fault);
  }

  #plan(fault: Fault): void {
    const from = fault.nth ?? 1;
    const times = fault.times === null ? Infinity : (fault.times ?? 1);
    const path = fault.match?.path;
    this.#planned.push({
      method: fault.match?.method?.toUpperCase(),
      path: typeof path === "string" && path.includes("*") ? path.split("*") : path,
      from,
      to: from + times,
      fault,
      seen: 0,
    });
  }

  /** Removes all faults. */
  clear(): void {
    this.#planned = [];
  }

  /** The faults that are still planned, as they were added. */
  pending(): readonly Fault[] {
    return this.#planned.map((planned) => planned.fault);
  }

  /** Whether no fault is planned. Checked first for every request. */
  get isEmpty(): boolean {
    return this.#planned.length === 0;
  }

  /** Counts a request and returns the fault that applies to it; of several, the one added first. */
  take(method: string, target: string): Fault | undefined {
    const end = target.search(/[?#]/);
    const path = end < 0 ? target : target.slice(0, end);
    let hit: Fault | undefined;
    for (const planned of this.#planned) {
      // A preflight is not the request: only a fault that names OPTIONS applies to it.
      if (planned.method === undefined ? method === "OPTIONS" : planned.method !== method.toUpperCase()) continue;
      if (!matches(planned.path, path)) continue;
      planned.seen += 1;
      if (planned.seen >= planned.from && planned.seen < planned.to) hit ??= planned.fault;
    }
    this.#planned = this.#planned.filter((planned) => planned.seen + 1 < planned.to);
    return hit;
  }
}

/** Whether the fault drops the connection before or after the operation. */
export function dropPoint(fault: Fault): "before" | "after" | undefined {
  return fault.drop === true ? "before" : fault.drop === false ? undefined : fault.drop;
}

function matches(pattern: Pattern | undefined, path: string): boolean {
  if (pattern === undefined) return true;
  if (typeof pattern === "string") return pattern === path;
  // `search`, not `test`: `test` advances `lastIndex` of sticky and global expressions.
  if (!isParts(pattern)) return path.search(pattern) >= 0;
  return hasParts(pattern, path);
}

function isParts(pattern: readonly string[] | RegExp): pattern is readonly string[] {
  return Array.isArray(pattern);
}

/**
 * Whether a path consists of these parts, in their order, with any characters between them. The leftmost place of each part leaves most
 * to the next one, so there is nothing to try again; a regular expression made of the pattern would.
 */
function hasParts(parts: readonly string[], path: string): boolean {
  const [first = "", ...others] = parts;
  const last = others.pop() ?? "";
  if (path.length < first.length + last.length || !path.startsWith(first) || !path.endsWith(last)) return false;
  const end = path.length - last.length;
  let start = first.length;
  for (const part of others) {
    const found = path.indexOf(part, start);
    if (found < 0 || found + part.length > end) return false;
    start = found + part.length;
  }
  return true;
}

const FAULT_KEYS = ["match", "nth", "times", "delay", "status", "headers", "drop"];
const MATCH_KEYS = ["method", "path"];
const LONGEST_PATTERN = 1_000;

/** Headers of the connection. The server sets them; others would break the answer. */
const CONNECTION_HEADERS = [
  "connection",
  "content-length",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** A method of HTTP, by the grammar of tokens (RFC 9110, section 5.6.2). */
const METHOD = /^[!#$%&'*+.^_`|~\w-]+$/;

/** A copy of a fault. Throws a `TypeError` that names the key, for what is no fault or could never happen. */
function checked(given: unknown): Fault {
  const { match, nth, times, delay, status, headers, drop } = members("fault", given, FAULT_KEYS);
  const whole = (name: string, value: unknown, low: number, high: number): void => {
    if (value === undefined || (name === "times" && (value === Infinity || value === null))) return;
    if (!Number.isInteger(value) || (value as number) < low || (value as number) > high) {
      refuse(`fault.${name}`, `must be a whole number from ${low} to ${high}`);
    }
  };
  whole("nth", nth, 1, Number.MAX_SAFE_INTEGER);
  whole("times", times, 1, Number.MAX_SAFE_INTEGER);
  whole("status", status, 200, 599);
  // Timers take 31 bits: a longer delay would fire at once.
  if (delay !== undefined && !(typeof delay === "number" && delay >= 0 && delay < 2 ** 31)) {
    refuse("fault.delay", "must be from 0 to 2147483647 milliseconds");
  }
  if (drop !== undefined && typeof drop !== "boolean" && drop !== "before" && drop !== "after") {
    refuse("fault.drop", 'must be true, "before" or "after"');
  }
  const drops = drop !== undefined && drop !== false;
  if (drops && status !== undefined) throw new TypeError("fault: a status and a drop exclude each other; give one");
  if (!drops && delay === undefined && status === undefined) throw new TypeError("fault: needs a delay, a status or a drop");
  if (headers !== undefined && status === undefined) refuse("fault.headers", "belong to the answer of a status; give one");
  const parts = { match: match === undefined ? undefined : checkedMatch(match), headers: checkedHeaders(headers) };
  const fault = { ...parts, nth, times, delay, status, drop };
  return Object.fromEntries(Object.entries(fault).filter(([, value]) => value !== undefined)) as Fault;
}

function checkedMatch(given: unknown): FaultMatch {
  const { method, path } = members("fault.match", given, MATCH_KEYS);
  if (method !== undefined && !(typeof method === "string" && METHOD.test(method))) {
    refuse("fault.match.method", "must be a method such as POST");
  }
  if (path !== undefined && typeof path !== "string" && tagOf(path) !== "[object RegExp]") {
    refuse("fault.match.path", "must be a string or a RegExp");
  }
  if (typeof path === "string" && path.length > LONGEST_PATTERN) {
    refuse("fault.match.path", `must have at most ${LONGEST_PATTERN.toLocaleString("en")} characters`);
  }
  // Such a path would match nothing.
  if (typeof path === "string" && !/^[/*][^?#]*$/.test(path)) {
    refuse("fault.match.path", "must begin with / or *, and has no query");
  }
  return { ...(method !== undefined && { method }), ...(path !== undefined && { path: path as string | RegExp }) };
}

function checkedHeaders(given: unknown): Readonly<Record<string, string>> | undefined {
  if (given === undefined) return undefined;
  const list = attempt("fault.headers", () => {
    // `Headers` of any realm iterate over names and values.
    if (tagOf(given) === "[object Headers]") return [...(given as Headers)];
    return isObject(given) ? Object.entries(given) : undefined;
  });
  if (list === undefined) refuse("fault.headers", "must be an object");
  let headers: Headers;
  try {
    headers = new Headers(list as [string, string][]);
  } catch (cause) {
    return refuse("fault.headers", "has a name or a value that HTTP does not allow", cause);
  }
  for (const [name] of headers) if (CONNECTION_HEADERS.includes(name)) refuse("fault.headers", `${name} belongs to the connection`);
  return Object.fromEntries(list as [string, string][]);
}
