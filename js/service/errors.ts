/** Internal errors: the answer when there is no core, and the log. The core makes every other error answer. */
import { type Answer, plainHead } from "./answer.js";
import { hex } from "../values/values.js";

/** The only error answer that the core does not make: the one for when no core can be started. */
export function brokenAnswer(status = 500): Answer {
  // Not `crypto.randomUUID`: pages outside a secure context do not have it.
  const requestId = hex(crypto.getRandomValues(new Uint8Array(16)));
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

/** The id of an answer's request. */
export function requestIdOf({ headers }: Answer): string {
  return headers[headers.indexOf("x-request-id") + 1] as string;
}

/** Logs the cause of an answer with status 500 or above. */
export function reportCause(requestId: string, cause: unknown): void {
  const report = (): void => console.error(`agent-registrar: request ${requestId} failed:`, cause);
  // From an empty call stack: after a stack overflow there may be none left for `console`.
  void Promise.resolve().then(report);
}
