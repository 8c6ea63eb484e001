// The state of the connection, and the function through which every view calls the API.
import { batch, type ReadonlySignal, signal } from "@preact/signals";
import type { Account, Environment } from "../../../js/generated/wire.js";
import { endOf, loadLog, record, type Ring } from "../requests/log.js";
import { CAUSES, type Cause, causeOf } from "./causes.js";
import { linkCode } from "./link.js";
import { surroundings, watchPolicy } from "./surroundings.js";

export type ConnectionState = "unknown" | "connecting" | "answering" | "refused" | "unreachable";

export interface Connection {
  readonly state: ConnectionState;
  /** Where the service runs: in this page, or at an address. */
  readonly place: "page" | "address";
  /** Origin of the service, if it runs at an address. */
  readonly address?: string;
  /** Why it is refused or unreachable, as a sentence. */
  readonly cause?: string;
  /** The same, in parts. */
  readonly trouble?: Cause;
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
  /** The number of the request in the log: its address is `#/requests/<logId>`. 0: the log is paused, or nothing was sent. */
  readonly logId: number;
  /** Why there was no answer, as a sentence. */
  readonly cause?: string;
  readonly milliseconds: number;
  /** The connection that it came from. A view drops answers of another one. */
  readonly generation: number;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Which part of the page asks, for the log: "the list", "the create form", "traffic". */
  readonly by?: string;
  /** Of a body that is no JSON. */
  readonly mediaType?: string;
}

/** Where requests go. */
export interface Target {
  readonly place: "page" | "address";
  /** An origin; of no use for the service in this page. */
  readonly address: string;
  readonly token: string;
}

/** When the service last answered, and how fast. */
export interface Pulse {
  readonly at: number;
  readonly milliseconds: number;
}

const state = signal<Connection>({ state: "unknown", place: "address", generation: 0 });
/** The state of the connection. */
export const connection: ReadonlySignal<Connection> = state;
/** The last answer. */
export const pulse = signal<Pulse | undefined>(undefined);
/** Until when the service asked for a pause, in Unix milliseconds. */
export const busyUntil = signal<number | undefined>(undefined);
/** When the page asks again by itself, in Unix milliseconds. */
export const nextCheckAt = signal<number | undefined>(undefined);

let target: Target | undefined;
/** Ends the requests of the connection. */
let ending = new AbortController();
let hasAnswered = false;
/** The connections that answered, newest last, for the way back. */
const answeredBefore: Target[] = [];

const SHOWN_AFTER = 500;
const POLICY_DELAY = 30;
const RETRIES = 3;
const LONGEST_PAUSE = 30;

/** Where requests go now. For the log's copies, which may include the token. */
export const currentTarget = (): Target | undefined => target;

/** The last connection that answered, other than the present one. */
export function previousTarget(): Target | undefined {
  return answeredBefore.findLast((one) => one !== target);
}

function set(change: Partial<Connection>): void {
  const next = { ...state.peek(), ...change };
  if (change.state !== undefined && change.trouble === undefined) {
    delete (next as { trouble?: Cause }).trouble;
    delete (next as { cause?: string }).cause;
  }
  state.value = next;
}

function trouble(kind: "refused" | "unreachable" | "unknown", cause: Cause): void {
  set({ state: kind, trouble: cause, cause: `${cause.title} ${cause.text}` });
}

/**
 * Changes the connection. All that was shown goes at once: requests under way end, and the generation changes before the first
 * request goes out.
 */
export async function connect(next: Target): Promise<void> {
  ending.abort();
  ending = new AbortController();
  target = next;
  hasAnswered = false;
  const generation = state.peek().generation + 1;
  batch(() => {
    pulse.value = undefined;
    busyUntil.value = undefined;
    nextCheckAt.value = undefined;
    state.value = { state: "unknown", place: next.place, generation, ...(next.place === "address" && { address: next.address }) };
  });
  const isCurrent = (): boolean => state.peek().generation === generation;
  setTimeout(() => {
    if (isCurrent() && state.peek().state === "unknown" && state.peek().trouble === undefined) set({ state: "connecting" });
  }, SHOWN_AFTER);
  const by = "the connection";
  const ping = await call("GET", "/api/v1/ping", undefined, { by });
  if (!isCurrent() || state.peek().state !== "answering") return;
  if (!isOurs(ping)) {
    const text = `It answers with status ${ping.status}, but not as the agent API does. Is the address right?`;
    return trouble("refused", { kind: "not_permitted", title: "Another service is at this address.", text });
  }
  answeredBefore.push(next);
  await learn();
}

/** Asks for the account and its environments, which a token of one environment may not see. */
export async function learn(): Promise<void> {
  const { generation } = state.peek();
  const by = "the connection";
  const [account, list] = await Promise.all([
    call("GET", "/api/v1/account", undefined, { by }),
    call("GET", "/api/v1/environment?pagination[page_size]=100", undefined, { by }),
  ]);
  if (state.peek().generation !== generation) return;
  const [first] = summaries<Account>(account) ?? [];
  const environments = summaries<Environment>(list);
  set({ ...(first !== undefined && { account: first }), ...(environments !== undefined && { environments }) });
}

function summaries<T>({ status, body }: Answer): readonly T[] | undefined {
  return status === 200 ? (body as { readonly summaries?: readonly T[] }).summaries : undefined;
}

function isOurs({ status, body }: Answer): boolean {
  return status === 503 || (typeof body === "object" && body !== null && "status" in body);
}

/** Says that the server needs a token, without asking it: a refusal would be an error in the browser's console. */
export function waitForToken(address: string, cause: Cause = CAUSES.asksForToken): void {
  ending.abort();
  target = undefined;
  state.value = { state: "unknown", place: "address", address, generation: state.peek().generation + 1 };
  trouble("unknown", cause);
}

/** Ends the asking. */
export function stopAsking(): void {
  ending.abort();
  ending = new AbortController();
  nextCheckAt.value = undefined;
  trouble("unreachable", CAUSES.stopped);
}

/** Calls the API. Never rejects: without an answer the status is 0. */
export function call(method: Method, path: string, body?: unknown, options: CallOptions = {}): Promise<Answer> {
  return send(method, path, body === undefined ? undefined : JSON.stringify(body), options);
}

/**
 * The same with a text as the body. An answer 503 with `Retry-After` is waited for, and the request sent again, at most three times:
 * reads, and writes with an idempotency key.
 */
export async function send(method: string, path: string, body: string | undefined, options: CallOptions = {}): Promise<Answer> {
  for (let tries = 0; ; tries++) {
    const { generation } = state.peek();
    const answer = await sendOnce(method, path, body, options);
    const pause = Number(answer.headers.get("retry-after") ?? Number.NaN);
    if (answer.status !== 503 || tries === RETRIES || Number.isNaN(pause) || !mayRepeat(method, body)) return answer;
    const until = Date.now() + Math.min(Math.max(pause, 0), LONGEST_PAUSE) * 1000;
    busyUntil.value = until;
    await pauseUntil(until, options.signal, ending.signal);
    if (busyUntil.peek() === until) busyUntil.value = undefined;
    if (options.signal?.aborted === true || state.peek().generation !== generation) return answer;
  }
}

let endPause: (() => void) | undefined;

/** Ends the pause that the service asked for. */
export const sendNow = (): void => endPause?.();

function pauseUntil(until: number, ...signals: readonly (AbortSignal | undefined)[]): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, Math.max(0, until - Date.now()));
    function done(): void {
      clearTimeout(timer);
      for (const signal of signals) signal?.removeEventListener("abort", done);
      resolve();
    }
    endPause = done;
    for (const signal of signals) signal?.addEventListener("abort", done);
  });
}

function mayRepeat(method: string, body: string | undefined): boolean {
  return method === "GET" || method === "HEAD" || body?.includes('"idempotency_key"') === true;
}

/** What a request ends with if there is no answer. */
function silence(logId: number, generation: number, start: number, cause: string): Answer {
  const milliseconds = performance.now() - start;
  return { status: 0, headers: new Headers(), body: undefined, requestId: null, logId, cause, milliseconds, generation };
}

async function sendOnce(method: string, path: string, body: string | undefined, options: CallOptions): Promise<Answer> {
  const start = performance.now();
  const { generation } = state.peek();
  const used = target;
  if (used === undefined) return silence(0, generation, start, state.peek().cause ?? "There is no connection.");
  const { by = "the page", mediaType = "application/json" } = options;
  const recording = record({
    ring: ringOf(by),
    by,
    address: used.place === "page" ? undefined : used.address,
    generation,
    method,
    path,
    token: used.token,
    body,
    mediaType,
  });
  const abort = new AbortController();
  const end = (): void => abort.abort();
  const signals = [ending.signal, options.signal];
  for (const signal of signals) signal?.aborted === true ? end() : signal?.addEventListener("abort", end);
  const policy = watchPolicy(used.address);
  try {
    const response = await fetchFrom(used, { method, path, body, mediaType }, abort.signal);
    const text = await response.text();
    const milliseconds = performance.now() - start;
    recording.answered(response.status, [...response.headers], text, milliseconds);
    const answer = {
      status: response.status,
      headers: response.headers,
      body: parse(text),
      logId: recording.number,
      milliseconds,
      generation,
    };
    if (generation === state.peek().generation) tookAnswer(response.status, milliseconds);
    return { ...answer, requestId: response.headers.get("x-request-id") };
  } catch (error) {
    if (generation !== state.peek().generation) {
      const cause = "The connection was changed before an answer came.";
      recording.failed(cause);
      return silence(recording.number, generation, start, cause);
    }
    if (abort.signal.aborted) {
      recording.failed(CAUSES.stopped.title);
      return silence(recording.number, generation, start, CAUSES.stopped.title);
    }
    // The browser reports what its policy blocked a moment after the failure.
    if (used.place === "address") await new Promise((resolve) => setTimeout(resolve, POLICY_DELAY));
    const cause = await foundSilence(used, generation, policy.isBlocked(), error);
    recording.failed(cause);
    return silence(recording.number, generation, start, cause);
  } finally {
    policy.end();
    for (const signal of signals) signal?.removeEventListener("abort", end);
  }
}

interface Sending {
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
  readonly mediaType: string;
}

async function fetchFrom(used: Target, { method, path, body, mediaType }: Sending, signal: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { authorization: `Bearer ${used.token}` };
  if (body !== undefined) headers["content-type"] = mediaType;
  const init: RequestInit = { method, headers, body: body ?? null, credentials: "omit", redirect: "error", cache: "no-store", signal };
  if (used.place === "address") return fetch(used.address + path, init);
  const { inPageFetch } = await import("../in-page/index.js");
  return inPageFetch(path, init);
}

const ringOf = (by: string): Ring => (by === "traffic" ? "traffic" : by === CHECK ? "checks" : "own");

function parse(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** The service answered: the state follows. */
function tookAnswer(status: number, milliseconds: number): void {
  pulse.value = { at: Date.now(), milliseconds };
  failures = 0;
  if (status === 401) {
    nextCheckAt.value = undefined;
    trouble("refused", hasAnswered ? CAUSES.tokenDied : CAUSES.wrongToken);
  } else if (status === 403 && !hasAnswered) trouble("refused", CAUSES.notPermitted);
  else {
    hasAnswered = true;
    if (state.peek().state !== "answering") set({ state: "answering" });
  }
  plan();
}

/** Nothing answered: the state follows at once, its cause once it is known. */
async function foundSilence(used: Target, generation: number, isBlocked: boolean, error: unknown): Promise<string> {
  failures++;
  if (used.place === "page") {
    const text = error instanceof Error ? error.message : String(error);
    const cause: Cause = { kind: "in_page", title: "The service in this page did not start.", text };
    trouble("unreachable", cause);
    plan();
    return `${cause.title} ${cause.text}`;
  }
  if (state.peek().state !== "unreachable") trouble("unreachable", CAUSES.searching);
  const cause = await causeOf(used.address, surroundings(isBlocked));
  if (generation === state.peek().generation && state.peek().state === "unreachable") {
    if (state.peek().trouble?.text !== cause.text) trouble("unreachable", cause);
    plan();
  }
  return `${cause.title} ${cause.text}`;
}

const CHECK = "a check of the connection";
const IDLE = 30_000;
/** Pauses after failures, in seconds. */
const PAUSES = [1, 2, 4, 8, 15];
let failures = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Plans the next check. A server whose token is refused is not asked again. */
function plan(): void {
  clearTimeout(timer);
  const now = state.peek();
  if (now.place === "page" || now.state === "refused" || target === undefined) return;
  const delay = failures === 0 ? IDLE : 1000 * (PAUSES[Math.min(failures, PAUSES.length) - 1] as number);
  nextCheckAt.value = failures === 0 ? undefined : Date.now() + delay;
  timer = setTimeout(check, delay);
}

/** Asks whether the service is there. */
export function check(): void {
  clearTimeout(timer);
  nextCheckAt.value = undefined;
  if (target === undefined) return;
  const wasKnown = hasAnswered;
  // A hidden page asks when it is seen again.
  if (document.visibilityState === "hidden") return;
  void call("GET", "/api/v1/ping", undefined, { by: CHECK }).then(() => {
    if (!wasKnown && hasAnswered) void learn();
  });
}

/** The end of the token in use. */
export const tokenEnd = (): string => endOf(target?.token ?? "");

/** Connects where this page belongs: `start` gets the code of a one-time link. Called once. */
export function startConnection(start: (code: string | undefined) => Promise<void>): void {
  document.addEventListener("visibilitychange", () => {
    const since = Date.now() - (pulse.peek()?.at ?? 0);
    if (document.visibilityState === "visible" && (failures > 0 || since > IDLE)) check();
  });
  for (const event of ["online", "offline"]) addEventListener(event, check);
  void loadLog();
  void start(linkCode);
}
