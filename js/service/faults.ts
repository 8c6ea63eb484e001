/** Which requests a fault is for; an absent part matches everything. */
export interface FaultMatch {
  /** In any case: `"POST"`. Absent: all but OPTIONS, with which browsers ask before they send. */
  readonly method?: string | undefined;
  /**
   * The path without its query: exact (`"/api/v1/agent"`), with `*` for any run of characters (`"/api/v1/agent*"`),
   * or a regular expression.
   */
  readonly path?: string | RegExp | undefined;
}

/** What goes wrong, and when. All of it [ours]: faults exist so that a client's retries can be tested. */
export interface Fault {
  readonly match?: FaultMatch | undefined;
  /** The first matching request that is hit, counted from 1 since the fault was added. Default 1. */
  readonly nth?: number | undefined;
  /** How many matching requests in a row are hit. Default 1; `Infinity`, or `null` in JSON, for all from then on. */
  readonly times?: number | null | undefined;
  /** Milliseconds to wait before anything else happens. */
  readonly delay?: number | undefined;
  /** Answer with this status and the wire's error body; the operation is not run. */
  readonly status?: number | undefined;
  /**
   * More headers for the answer that `status` makes, such as `Retry-After`, or others in place of its own. Those of the
   * connection and the length are not for faults.
   */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * Break the connection without an answer: `true` or `"before"` without running the operation, `"after"` once it took
   * effect, which is what an idempotency key is for.
   */
  readonly drop?: boolean | "before" | "after" | undefined;
}

interface Planned {
  readonly method: string | undefined;
  readonly path: string | RegExp | undefined;
  readonly from: number;
  readonly to: number;
  readonly fault: Fault;
  seen: number;
}

/** The faults that a registrar will meet; none unless some are added. */
export class Faults {
  #planned: Planned[] = [];

  /**
   * Plans a fault, or each of a list. A `Fault` that makes no sense is a bug in the test: it throws a `TypeError`, and
   * none of its list is planned.
   */
  add(faults: Fault | readonly Fault[]): void {
    const list = Array.isArray(faults) ? (faults as readonly Fault[]) : [faults as Fault];
    for (const fault of list) check(fault);
    for (const fault of list) this.#plan(fault);
  }

  #plan(fault: Fault): void {
    const from = fault.nth ?? 1;
    const times = fault.times === null ? Infinity : (fault.times ?? 1);
    const path = fault.match?.path;
    this.#planned.push({
      method: fault.match?.method?.toUpperCase(),
      path: typeof path === "string" && path.includes("*") ? glob(path) : path,
      from,
      to: from + times,
      fault,
      seen: 0,
    });
  }

  /** Forgets all faults. */
  clear(): void {
    this.#planned = [];
  }

  /** The faults that are still to come, as they were added. */
  pending(): readonly Fault[] {
    return this.#planned.map((planned) => planned.fault);
  }

  /** Whether nothing is planned: what every request asks first. */
  get isEmpty(): boolean {
    return this.#planned.length === 0;
  }

  /** Counts a request and gives the fault that hits it; where several do, the one added first. */
  take(method: string, target: string): Fault | undefined {
    const end = target.search(/[?#]/);
    const path = end < 0 ? target : target.slice(0, end);
    let hit: Fault | undefined;
    for (const planned of this.#planned) {
      // A browser's own question before a request is not the request: only who names OPTIONS means it.
      if (planned.method === undefined ? method === "OPTIONS" : planned.method !== method.toUpperCase()) continue;
      if (!matches(planned.path, path)) continue;
      planned.seen += 1;
      if (planned.seen >= planned.from && planned.seen < planned.to) hit ??= planned.fault;
    }
    this.#planned = this.#planned.filter((planned) => planned.seen + 1 < planned.to);
    return hit;
  }
}

/** Where in its handling the fault breaks the connection. */
export function dropPoint(fault: Fault): "before" | "after" | undefined {
  return fault.drop === true ? "before" : fault.drop === false ? undefined : fault.drop;
}

function matches(pattern: string | RegExp | undefined, path: string): boolean {
  if (pattern === undefined) return true;
  // `search` and not `test`: a sticky or global expression must not remember the last path.
  return typeof pattern === "string" ? pattern === path : path.search(pattern) >= 0;
}

function glob(pattern: string): RegExp {
  const literal = pattern.split("*").map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  return new RegExp(`^${literal.join(".*")}$`);
}

const FAULT_KEYS = ["match", "nth", "times", "delay", "status", "headers", "drop"];
const MATCH_KEYS = ["method", "path"];

/** What belongs to the connection is the server's own: with these, an answer could not be sent. */
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

function check(fault: Fault): void {
  const whole = (name: "nth" | "times" | "status", low: number, high: number): void => {
    const value = fault[name];
    if (value === undefined || (name === "times" && (value === Infinity || value === null))) return;
    if (!Number.isInteger(value) || (value as number) < low || (value as number) > high) {
      throw new TypeError(`fault.${name}: must be a whole number from ${low} to ${high}`);
    }
  };
  checkKeys("fault", fault, FAULT_KEYS);
  whole("nth", 1, Number.MAX_SAFE_INTEGER);
  whole("times", 1, Number.MAX_SAFE_INTEGER);
  whole("status", 200, 599);
  const { delay, drop, match, headers } = fault;
  // Timers take no more than 31 bits: a longer delay would fire at once.
  if (delay !== undefined && !(typeof delay === "number" && delay >= 0 && delay < 2 ** 31)) {
    throw new TypeError("fault.delay: must be milliseconds, at most 2147483647");
  }
  if (drop !== undefined && typeof drop !== "boolean" && drop !== "before" && drop !== "after") {
    throw new TypeError('fault.drop: must be true, "before" or "after"');
  }
  if (match !== undefined) {
    checkKeys("fault.match", match, MATCH_KEYS);
    if (match.method !== undefined && typeof match.method !== "string") {
      throw new TypeError("fault.match.method: must be a string");
    }
    if (match.path !== undefined && typeof match.path !== "string" && !(match.path instanceof RegExp)) {
      throw new TypeError("fault.match.path: must be a string or a RegExp");
    }
  }
  if (headers !== undefined) {
    if (!isPlain(headers)) throw new TypeError("fault.headers: must be an object");
    for (const [name] of new Headers(headers)) {
      if (CONNECTION_HEADERS.includes(name)) throw new TypeError(`fault.headers: ${name} belongs to the connection`);
    }
  }
  const drops = drop !== undefined && drop !== false;
  if (drops && fault.status !== undefined) throw new TypeError("fault: takes either a status or a drop");
  if (!drops && delay === undefined && fault.status === undefined) {
    throw new TypeError("fault: needs a delay, a status or a drop");
  }
}

/** A misspelt key would be a fault that never comes. */
function checkKeys(what: string, value: object, known: readonly string[]): void {
  if (!isPlain(value)) throw new TypeError(`${what}: must be an object`);
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) throw new TypeError(`${what}.${key}: is not known; there are ${known.join(", ")}`);
  }
}

function isPlain(value: unknown): boolean {
  return Object.prototype.toString.call(value) === "[object Object]";
}
