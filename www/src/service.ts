import { shellQuote } from "./text.js";

/** What goes to the service. */
export interface Call {
  readonly method: "GET" | "POST" | "DELETE";
  /** Path and query, from the service's root. */
  readonly path: string;
  /** The JSON text, where there is a body. */
  readonly body?: string;
}

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The body as JSON, or as text where it is none. */
  readonly body: { readonly json: unknown } | { readonly text: string };
  readonly milliseconds: number;
}

/** No answer at all: the network, or the browser's own refusal. */
export interface NoAnswer {
  readonly failure: string;
}

/** The headers worth showing. */
const SHOWN_HEADERS = ["content-type", "x-request-id", "idempotency-replayed", "www-authenticate", "allow", "retry-after"];

/** Where requests go, and as whom. */
export class Connection {
  constructor(
    readonly address: string,
    readonly token: string,
    /** Fills the form's environment; empty where unknown. */
    readonly environment: string,
  ) {}

  /** The address of a path on this service; published clients drop a base path, and so does this. */
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

  /** The same call as a line for a shell. */
  curl(call: Call): string {
    const words = ["curl", "-i"];
    // curl sends GET by itself, and POST where there is data.
    if (call.method !== "GET" && !(call.method === "POST" && call.body !== undefined)) words.push("-X", call.method);
    words.push(shellQuote(this.url(call.path)), "-H", shellQuote(`Authorization: Bearer ${this.token}`));
    if (call.body !== undefined) words.push("-H", "'Content-Type: application/json'", "--data-raw", shellQuote(call.body));
    return words.join(" ");
  }
}

/** Asks the page's own server how to reach the service; `null` where it doesn't say. */
export async function askDefaults(): Promise<Connection | null> {
  try {
    const response = await fetch(new URL("/_registrar/defaults", location.href), { headers: { accept: "application/json" } });
    if (!response.ok) return null;
    const told: unknown = await response.json();
    const token = text(told, "token");
    return token === null ? null : new Connection(location.origin, token, text(told, "environment_id") ?? "");
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

/** A value's own property, whatever the value is. */
export function property(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

/** A value's own property where it is a string. */
export function text(value: unknown, key: string): string | null {
  const found = property(value, key);
  return typeof found === "string" ? found : null;
}

/** The sentence of an error answer. */
export function messageOf(answer: Answer | NoAnswer): string {
  if ("failure" in answer) return "The service could not be reached.";
  const told = "json" in answer.body ? text(answer.body.json, "message") : null;
  return told ?? `The service answered with status ${answer.status}.`;
}
