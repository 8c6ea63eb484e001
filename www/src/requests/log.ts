// The log of the page: every request as it was sent, and its answer as it arrived. Tokens are masked before anything is stored.
import { signal } from "@preact/signals";
import { setBadge } from "../frame/badges.js";
import { readStored, removeStored, store } from "./stored.js";

/** A body, cut if it is long. */
export interface LoggedText {
  readonly text: string;
  /** The whole length, in bytes of UTF-8. */
  readonly bytes: number;
  readonly isCut: boolean;
}

export type Headers = readonly (readonly [name: string, value: string])[];

/** Each ring holds its own newest records, so that traffic and checks push out nothing that a person did. */
export type Ring = "own" | "traffic" | "checks";

export interface LogRecord {
  /** Counts up in this browser; none is used twice. */
  readonly number: number;
  readonly ring: Ring;
  /** Which part of the page asked: "the list". */
  readonly by: string;
  /** The origin of the service; `undefined`: the service in this page. */
  readonly address: string | undefined;
  /** The connection it belongs to. */
  readonly generation: number | undefined;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** As sent, the token masked. */
  readonly headers: Headers;
  readonly body: LoggedText | undefined;
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly answer?: { readonly status: number; readonly headers: Headers; readonly body: LoggedText; readonly milliseconds: number };
  /** Why there is no answer, as a sentence. */
  readonly failure?: string;
}

const MOST: Readonly<Record<Ring, number>> = { own: 500, traffic: 500, checks: 20 };
/** Longer bodies are cut, in bytes. */
export const BODY_LIMIT = 65_536;
const NUMBER_KEY = "agent-registrar.requests";
/** Views follow the log at most this often, in milliseconds. */
const STEP = 100;

const rings: Record<Ring, LogRecord[]> = { own: [], traffic: [], checks: [] };
/** Changes with the log. */
export const logVersion = signal(0);
/** Whether requests are recorded. */
export const isRecording = signal(true);
/** Whether the records of earlier visits are there. */
export const isLoaded = signal(false);
let isBumping = false;
let lastNumber = 0;

function bump(): void {
  if (isBumping) return;
  isBumping = true;
  setTimeout(() => {
    isBumping = false;
    logVersion.value++;
    setBadge("requests", rings.own.length === 0 ? undefined : rings.own.length);
  }, STEP);
}

/** The next number. The count is in the browser's storage, which all tabs share. */
function nextNumber(): number {
  try {
    lastNumber = Math.max(lastNumber, Number(localStorage.getItem(NUMBER_KEY)) || 0) + 1;
    localStorage.setItem(NUMBER_KEY, String(lastNumber));
  } catch {
    // Without storage, nothing is kept that the number could belong to.
    lastNumber++;
  }
  return lastNumber;
}

const encoder = new TextEncoder();

export function logged(text: string): LoggedText {
  const encoded = encoder.encode(text);
  if (encoded.length <= BODY_LIMIT) return { text, bytes: encoded.length, isCut: false };
  return { text: new TextDecoder().decode(encoded.subarray(0, BODY_LIMIT)).replace(/\ufffd+$/, ""), bytes: encoded.length, isCut: true };
}

/** The last characters of a token, by which a person recognises it. */
export const endOf = (token: string): string => token.slice(token.length > 8 ? -4 : token.length);

/** A token as the log shows it. */
export const masked = (token: string): string => `••••••••${endOf(token)}`;

/** Masks the token that an answer shows once. */
function withoutToken(text: string): string {
  if (!text.includes('"token"')) return text;
  try {
    const { token } = JSON.parse(text) as { readonly token?: unknown };
    return typeof token === "string" ? text.replaceAll(JSON.stringify(token), JSON.stringify(masked(token))) : text;
  } catch {
    return text;
  }
}

function put(record: LogRecord): void {
  const ring = rings[record.ring];
  const at = ring.findIndex(({ number }) => number === record.number);
  if (at >= 0) ring[at] = record;
  else ring.unshift(record);
  const gone = ring.splice(MOST[record.ring]);
  if (record.ring === "own" && gone.length > 0) void removeStored(gone.map(({ number }) => number));
  bump();
}

export interface Sent {
  readonly ring: Ring;
  readonly by: string;
  readonly address: string | undefined;
  readonly generation: number;
  readonly method: string;
  readonly path: string;
  readonly token: string;
  readonly body: string | undefined;
  readonly mediaType: string;
}

/** A request under way. */
export interface Recording {
  /** Its number; 0 while nothing is recorded. */
  readonly number: number;
  answered(status: number, headers: Headers, body: string, milliseconds: number): void;
  failed(why: string): void;
}

const UNRECORDED: Recording = { number: 0, answered: () => undefined, failed: () => undefined };

/** Records a request that is sent now. */
export function record(sent: Sent): Recording {
  if (!isRecording.peek()) return UNRECORDED;
  const { token, body, mediaType, ...rest } = sent;
  const headers: [string, string][] = [];
  if (token !== "") headers.push(["authorization", `Bearer ${masked(token)}`]);
  if (body !== undefined) headers.push(["content-type", mediaType]);
  const begun: LogRecord = {
    ...rest,
    number: nextNumber(),
    headers,
    body: body === undefined ? undefined : logged(body),
    startedAt: Date.now(),
  };
  put(begun);
  const finish = (record: LogRecord): void => {
    // A record that was cleared meanwhile stays cleared.
    if (!rings[record.ring].some(({ number }) => number === record.number)) return;
    put(record);
    if (record.ring === "own") void store(record);
  };
  return {
    number: begun.number,
    answered: (status, headers, text, milliseconds) =>
      finish({ ...begun, answer: { status, headers, body: logged(withoutToken(text)), milliseconds } }),
    failed: (failure) => finish({ ...begun, failure }),
  };
}

/** The records, newest first. */
export function records(ring: Ring): readonly LogRecord[] {
  return rings[ring];
}

export function recordOf(number: number): LogRecord | undefined {
  for (const ring of Object.values(rings)) {
    const found = ring.find((record) => record.number === number);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Reads the records of earlier visits, once. */
export async function loadLog(): Promise<void> {
  for (const record of await readStored(MOST.own)) {
    // Connections are numbered from 1 in each page.
    if (recordOf(record.number) === undefined) rings.own.push({ ...record, generation: undefined });
  }
  rings.own.sort((a, b) => b.number - a.number);
  isLoaded.value = true;
  bump();
}

/** Removes all records. Their numbers are not used again. */
export function clearLog(): void {
  const { own } = rings;
  void removeStored(own.map(({ number }) => number));
  for (const ring of Object.values(rings)) ring.length = 0;
  bump();
}
