/** Which requests a fault is for; an absent part matches everything. */
export interface FaultMatch {
  /** In any case: `"POST"`. */
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
  /** More headers for the answer that `status` makes, such as `Retry-After`. */
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

  /** Plans a fault. A `Fault` that makes no sense is a bug in the test and throws a `TypeError`. */
  add(fault: Fault): void {
    check(fault);
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
      if (planned.method !== undefined && planned.method !== method.toUpperCase()) continue;
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

function check(fault: Fault): void {
  const whole = (name: "nth" | "times" | "status", low: number, high: number): void => {
    const value = fault[name];
    if (value === undefined || value === null || (name === "times" && value === Infinity)) return;
    if (!Number.isInteger(value) || value < low || value > high) {
      throw new TypeError(`fault.${name}: must be a whole number from ${low} to ${high}`);
    }
  };
  if (typeof fault !== "object" || fault === null || Array.isArray(fault)) {
    throw new TypeError("fault: must be an object");
  }
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
    if (typeof match !== "object" || match === null) throw new TypeError("fault.match: must be an object");
    if (match.method !== undefined && typeof match.method !== "string") {
      throw new TypeError("fault.match.method: must be a string");
    }
    if (match.path !== undefined && typeof match.path !== "string" && !(match.path instanceof RegExp)) {
      throw new TypeError("fault.match.path: must be a string or a RegExp");
    }
  }
  if (headers !== undefined) {
    if (typeof headers !== "object" || headers === null) throw new TypeError("fault.headers: must be an object");
    new Headers(headers);
  }
  if (delay === undefined && fault.status === undefined && (drop === undefined || drop === false)) {
    throw new TypeError("fault: needs a delay, a status or a drop");
  }
}
