/** Internal errors: the answer when there is no core, and the log. The core makes every other error answer. */
import { type Answer, plainHead } from "./answer.js";
import { hex } from "../values/values.js";

/** How many bytes of causes wait for a reader of the log at most. */
const MOST_WAITING = 1024 * 1024;

/** The only error answer that the core does not make: the one for when no core can be started. */
export function brokenAnswer(status = 500): Answer {
  const requestId = randomId();
  const what = status === 503 ? "The service cannot reach its records now." : "Something went wrong on our side.";
  const message = `${what} The request was ${requestId}.`;
  return {
    status,
    headers: plainHead(requestId),
    body: new TextEncoder().encode(JSON.stringify({ status: "error", code: "unexpected", message })),
  };
}

/** The error of every call after a trap of a registrar in memory, until its state is back. */
export class StateLostError extends Error {
  override readonly name = "StateLostError";

  constructor() {
    super("the registrar lost its records in a fault; reset() or restore(snapshot) brings it back");
  }
}

/** Whether the store could not be reached, so that the request is answered with 503. */
export function isUnavailable(cause: unknown): boolean {
  return cause instanceof Error && (cause.name === "StoreError" || cause.name === "StateLostError");
}

/** The answer to `GET /healthz` when no core can be started: the process answers, as the core's own says (src/api/probes.rs). */
export function healthAnswer(): Answer {
  return { status: 200, headers: plainHead(randomId()), body: new TextEncoder().encode('{"status":"success"}') };
}

function randomId(): string {
  // Not `crypto.randomUUID`: pages outside a secure context do not have it.
  return hex(crypto.getRandomValues(new Uint8Array(16)));
}

/** An error that is answered with 503: something that the service needs cannot be reached. */
export function unavailable(cause: unknown): Error {
  const error = cause instanceof Error ? new Error(cause.message, { cause: cause.cause }) : new Error(String(cause));
  error.name = "StoreError";
  return error;
}

/** The id of the request of an answer that the core made, or {@link brokenAnswer}. */
export function requestIdOf({ headers }: Pick<Answer, "headers">): string {
  return headers[headers.indexOf("x-request-id") + 1] as string;
}

/** Whether the console takes more: in Node, what nobody reads waits in memory. */
function hasRoom(): boolean {
  const { process } = globalThis as { process?: { stderr?: { writableLength?: number } } };
  return !((process?.stderr?.writableLength ?? 0) > MOST_WAITING);
}

/** Logs the cause of an answer with status 500 or above, unless a megabyte of them waits for its reader. [ours] */
export function reportCause(requestId: string, cause: unknown): void {
  const report = (): void => {
    if (hasRoom()) console.error(`agent-registrar: request ${requestId} failed:`, cause);
  };
  // From an empty call stack: after a stack overflow there may be none left for `console`.
  void Promise.resolve().then(report);
}
