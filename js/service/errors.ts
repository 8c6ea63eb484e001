/** Internal errors: the answer when there is no core, and the log. The core makes every other error answer. */
import { type Answer, plainHead } from "./answer.js";
import { hex } from "../values/values.js";

/** The only error answer that the core does not make: the one for when no core can be started. */
export function brokenAnswer(status = 500): Answer {
  const requestId = randomId();
  const message = `Something went wrong on our side. The request was ${requestId}.`;
  return {
    status,
    headers: plainHead(requestId),
    body: new TextEncoder().encode(JSON.stringify({ status: "error", code: "unexpected", message })),
  };
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

/** Logs the cause of an answer with status 500 or above. */
export function reportCause(requestId: string, cause: unknown): void {
  const report = (): void => console.error(`agent-registrar: request ${requestId} failed:`, cause);
  // From an empty call stack: after a stack overflow there may be none left for `console`.
  void Promise.resolve().then(report);
}

/**
 * Whether this is a stack overflow, which each engine words differently. No regular expression: V8 aborts the process if
 * too little stack is left to compile one.
 */
export function isStackEnd(cause: unknown): boolean {
  return cause instanceof Error && (cause.message.startsWith("Maximum call stack size") || cause.message.startsWith("too much recursion"));
}
