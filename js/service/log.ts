/** One line of a log for each request. A line has nothing that a caller chose but the method: no path, no query, no body, no name, no token. */
import type { Trace } from "./answer.js";
import { requestIdOf } from "./errors.js";

/** The forms of a log, for the option `log`. */
export type LogFormat = "json" | "text" | "off";

const FORMATS: readonly unknown[] = ["json", "text", "off"] satisfies LogFormat[];

export const LOG_RULE = "must be json, text or off";

/** Whether the value is a {@link LogFormat}. */
export function isLogFormat(value: unknown): value is LogFormat {
  return FORMATS.includes(value);
}

/**
 * A request and its answer, for logs and metrics.
 */
export interface RequestRecord extends Trace {
  /** When it arrived, in Unix milliseconds. */
  readonly at: number;
  readonly requestId: string | undefined;
  readonly method: string;
  readonly status: number;
  /** From the arrival of its head to the end of its answer. */
  readonly milliseconds: number;
  /** Whether the client left before it had the answer. */
  readonly isAborted?: boolean | undefined;
}

const METHODS: readonly string[] = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE"];

/** The method, or `OTHER` for one that HTTP does not define: a client may choose any text. */
function knownMethod(method: string): string {
  return METHODS.includes(method) ? method : "OTHER";
}

/**
 * The line of a record, without a line break.
 *
 * @internal
 */
export function logLine(record: RequestRecord, format: LogFormat): string {
  return format === "json" ? jsonLine(record) : textLine(record);
}

/** PERF(http): the texts that need no escapes are put together; `JSON.stringify` of the whole takes twice the time. */
function jsonLine({ at, requestId, method, operation, account, status, milliseconds, isAborted, cause }: RequestRecord): string {
  const level = status >= 500 ? "error" : "info";
  return (
    `{"time":"${new Date(at).toISOString()}","level":"${level}","message":"request"` +
    (requestId === undefined ? "" : `,"request_id":"${requestId}"`) +
    `,"method":"${knownMethod(method)}"` +
    (operation === undefined ? "" : `,"operation":"${operation}"`) +
    (account === undefined ? "" : `,"account_id":"${account}"`) +
    `,"status":${status},"ms":${rounded(milliseconds)}` +
    (isAborted ? `,"aborted":true` : "") +
    (cause === undefined ? "" : `,"cause":${JSON.stringify(causeText(cause))}`) +
    "}"
  );
}

function textLine({ at, requestId, method, operation, account, status, milliseconds, isAborted, cause }: RequestRecord): string {
  const words = [
    new Date(at).toISOString(),
    status,
    knownMethod(method),
    operation ?? "-",
    `${rounded(milliseconds)}ms`,
    account ?? "-",
    requestId ?? "-",
  ];
  if (isAborted) words.push("aborted");
  return cause === undefined ? words.join(" ") : `${words.join(" ")} cause: ${plain(causeText(cause))}`;
}

/** Milliseconds with their microseconds. */
function rounded(milliseconds: number): string {
  return milliseconds.toFixed(3);
}

/** The text with its control characters, line breaks and quotation marks escaped, as JSON has them, in one line. */
function plain(text: string): string {
  // JSON leaves the C1 controls and the separators of lines alone, which some terminals and log readers obey.
  return JSON.stringify(text)
    .slice(1, -1)
    .replace(/[\u007f-\u009f\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** How many causes of an error are told. */
const MOST_CAUSES = 8;
/** The longest cause, in UTF-16 units. */
const LONGEST_CAUSE = 2_000;

/**
 * An error and its causes, outermost first, in one text.
 *
 * @internal
 */
export function causeText(cause: unknown): string {
  if (typeof cause === "string") return cause.slice(0, LONGEST_CAUSE);
  const parts: string[] = [];
  try {
    let error = cause;
    do {
      if (!(error instanceof Error)) {
        parts.push(String(error));
        break;
      }
      parts.push(`${error.name}: ${error.message}`);
      error = error.cause;
    } while (error !== undefined && parts.length < MOST_CAUSES);
  } catch {
    parts.push("an error that cannot be read");
  }
  return parts.join(": ").slice(0, LONGEST_CAUSE);
}

/** What the log reads of an answer. */
export interface LoggedAnswer {
  readonly status: number;
  readonly headers: readonly string[];
  readonly trace?: Trace | undefined;
}

/**
 * The log of a worker: one line for each request, by `console.log`. A worker's clock may stand still while it computes, so the time of a
 * request is that of its waits.
 */
export class RequestLog {
  readonly #format: LogFormat;

  constructor(format: LogFormat) {
    this.#format = format;
  }

  /** Notes the beginning of a request. Returns the function that writes its line. */
  begin(): (method: string, answer: LoggedAnswer) => void {
    const at = Date.now();
    const began = performance.now();
    return (method, { status, headers, trace }) => {
      const requestId = requestIdOf({ headers });
      console.log(logLine({ at, requestId, method, status, milliseconds: performance.now() - began, ...trace }, this.#format));
    };
  }
}
