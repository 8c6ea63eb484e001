// The state of the connection, and the function through which every view calls the API.
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Account, Environment } from "../../../js/generated/wire.js";

export type ConnectionState = "unknown" | "connecting" | "answering" | "refused" | "unreachable";

export interface Connection {
  readonly state: ConnectionState;
  /** Where the service runs: in this page, or at an address. */
  readonly place: "page" | "address";
  /** Origin of the service, if it runs at an address. */
  readonly address?: string;
  /** Why it is refused or unreachable, as a sentence. */
  readonly cause?: string;
  /** The token's account, once known. A token of one environment may not read it. */
  readonly account?: Account;
  /** The account's environments, once known. A token of one environment may not list them. */
  readonly environments?: readonly Environment[];
  /** Changes with the server. What a view shows belongs to one generation. */
  readonly generation: number;
}

export type Method = "GET" | "POST" | "PUT" | "DELETE";

/** An answer, or its absence. */
export interface Answer {
  /** The status of HTTP; 0 if there was no answer. */
  readonly status: number;
  readonly headers: Headers;
  /** The body as a JSON value; its text if it is not JSON; `undefined` if there is none. */
  readonly body: unknown;
  /** `X-Request-Id`. */
  readonly requestId: string | null;
  /** The number of the request in the log: its address is `#/requests/<logId>`. */
  readonly logId: number;
  /** Why there was no answer, as a sentence. */
  readonly cause?: string;
  readonly milliseconds: number;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Which part of the page asks, for the log: "the list", "the create form". */
  readonly by?: string;
}

const state = signal<Connection>({ state: "unknown", place: "address", generation: 0 });

export const connection: ReadonlySignal<Connection> = state;

let target: { readonly send: (request: Request) => Promise<Response>; readonly origin: string; readonly token: string } | undefined;
let calls = 0;

/** Calls the API. Never rejects: without an answer the status is 0. */
export async function call(method: Method, path: string, body?: unknown, options: CallOptions = {}): Promise<Answer> {
  const logId = ++calls;
  const start = performance.now();
  try {
    if (target === undefined) throw new Error("There is no connection.");
    const headers = new Headers({ authorization: `Bearer ${target.token}` });
    if (body !== undefined) headers.set("content-type", "application/json");
    const response = await target.send(
      new Request(new URL(path, target.origin), {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        credentials: "omit",
        signal: options.signal ?? null,
      }),
    );
    const text = await response.text();
    state.value = { ...state.value, state: response.status === 401 ? "refused" : "answering" };
    return {
      status: response.status,
      headers: response.headers,
      body: parse(text),
      requestId: response.headers.get("x-request-id"),
      logId,
      milliseconds: performance.now() - start,
    };
  } catch {
    const cause = "The service could not be reached.";
    if (options.signal?.aborted !== true) state.value = { ...state.value, state: "unreachable", cause };
    return { status: 0, headers: new Headers(), body: undefined, requestId: null, logId, cause, milliseconds: performance.now() - start };
  }
}

function parse(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Connects to the server of the page, or to a service in the page where it has none. Called once. */
export async function startConnection(): Promise<void> {
  state.value = { ...state.value, state: "connecting", generation: state.value.generation + 1 };
  try {
    const response = await fetch(new URL("/_registrar/defaults", location.href));
    const defaults = (await response.json()) as { token: string };
    target = { send: (request) => fetch(request), origin: location.origin, token: defaults.token };
    state.value = { ...state.value, place: "address", address: location.origin };
  } catch {
    const { createRegistrar } = await import("agent-registrar/service");
    const registrar = createRegistrar();
    target = { send: (request) => registrar.fetch(request), origin: location.origin, token: registrar.defaults.token ?? "" };
    state.value = { ...state.value, place: "page" };
  }
  const account = await call("GET", "/api/v1/account", undefined, { by: "the connection" });
  const list = await call("GET", "/api/v1/environment?pagination[page_size]=100", undefined, { by: "the connection" });
  const summaries = <T>(answer: Answer): readonly T[] => (answer.body as { summaries?: readonly T[] } | undefined)?.summaries ?? [];
  const [first] = summaries<Account>(account);
  state.value = { ...state.value, ...(first !== undefined && { account: first }), environments: summaries<Environment>(list) };
}
