import { shellQuote } from "./text.js";

/** A request to the service. */
export interface Call {
  readonly method: "GET" | "POST" | "DELETE";
  /** Path and query. */
  readonly path: string;
  /** The body as JSON text, if there is one. */
  readonly body?: string;
}

/** A response of the service. */
export interface Answer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The body as JSON, or as text if it is not JSON. */
  readonly body: { readonly json: unknown } | { readonly text: string };
  readonly milliseconds: number;
}

/** No response: the network failed, or the browser refused the request. */
export interface NoAnswer {
  readonly failure: string;
}

/** The headers that the page shows. */
const SHOWN_HEADERS = ["content-type", "x-request-id", "idempotency-replayed", "www-authenticate", "allow", "retry-after"];

/** The address of the service, and the token for it. */
export class Connection {
  constructor(
    readonly address: string,
    readonly token: string,
    /** The initial value of the form's environment; empty if unknown. */
    readonly environment: string,
  ) {}

  /** The URL of a path. Published clients ignore the path of the address, and so does this. */
  url(path: string): string {
    return new URL(path, this.address).href;
  }

  async send(call: Call): Promise<Answer | NoAnswer> {
    const start = performance.now();
    try {
      const headers = new Headers({ authorization: `Bearer ${this.token}` });
      if (call.body !== undefined) headers.set("content-type", "application/json");
      const response = await fetch(this.url(call.path), {
        method: call.method,
        headers,
        body: call.body ?? null,
        credentials: "omit",
      });
      const text = await response.text();
      return {
        status: response.status,
        headers: SHOWN_HEADERS.flatMap((name) => {
          const value = response.headers.get(name);
          return value === null ? [] : [[name, value] as const];
        }),
        body: parse(text),
        milliseconds: performance.now() - start,
      };
    } catch (cause) {
      return { failure: cause instanceof Error ? cause.message : String(cause) };
    }
  }

  /** The request as a shell command. */
  curl(call: Call): string {
    const words = ["curl", "-i"];
    // The default method of curl is GET, or POST with data.
    if (call.method !== "GET" && !(call.method === "POST" && call.body !== undefined)) words.push("-X", call.method);
    words.push(shellQuote(this.url(call.path)), "-H", shellQuote(`Authorization: Bearer ${this.token}`));
    if (call.body !== undefined) words.push("-H", "'Content-Type: application/json'", "--data-raw", shellQuote(call.body));
    return words.join(" ");
  }
}

/** Fetches the connection from the server of the page; `null` if it has none. */
export async function askDefaults(): Promise<Connection | null> {
  try {
    const response = await fetch(new URL("/_registrar/defaults", location.href), { headers: { accept: "application/json" } });
    if (!response.ok) return null;
    const defaults: unknown = await response.json();
    const token = text(defaults, "token");
    return token === null ? null : new Connection(location.origin, token, text(defaults, "environment_id") ?? "");
  } catch {
    return null;
  }
}

function parse(text: string): Answer["body"] {
  try {
    return { json: JSON.parse(text) as unknown };
  } catch {
    return { text };
  }
}

/** An own property of a value; `undefined` if the value is no object. */
export function property(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

/** An own property of a value if it is a string. */
export function text(value: unknown, key: string): string | null {
  const found = property(value, key);
  return typeof found === "string" ? found : null;
}

/** The message of an error response. */
export function messageOf(answer: Answer | NoAnswer): string {
  if ("failure" in answer) return "The service could not be reached.";
  const message = "json" in answer.body ? text(answer.body.json, "message") : null;
  return message ?? `The service answered with status ${answer.status}.`;
}
