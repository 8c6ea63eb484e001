/** Faults of ours: the answer without a core, and the log. Every other error answer is made by the core. */
import { type Answer, plainHead } from "./answer.js";
import { hex } from "./options.js";

/** The one error answer that the core does not make: for when there is no core to ask. */
export function brokenAnswer(): Answer {
  // Not `crypto.randomUUID`: pages outside a secure context do not have it.
  const requestId = hex(crypto.getRandomValues(new Uint8Array(16)));
  const message = `Something went wrong on our side. The request was ${requestId}.`;
  return {
    status: 500,
    headers: plainHead(requestId),
    body: new TextEncoder().encode(JSON.stringify({ status: "error", code: "unexpected", message })),
  };
}

/** The id of an answer's request. */
export function requestIdOf({ headers }: Answer): string {
  return headers[headers.indexOf("x-request-id") + 1] as string;
}

/** Logs the cause of an answer with status 500 or above. Every such cause goes through here. */
export function reportCause(requestId: string, cause: unknown): void {
  const report = (): void => console.error(`agent-registrar: request ${requestId} failed:`, cause);
  // Later, from an empty call stack: where the stack ended, there is none left for `console`.
  void Promise.resolve().then(report);
}

/**
 * Whether the call stack ended, which each engine says in its own way. No regular expression: V8 ends the process where
 * the stack is too short to compile one.
 */
export function isStackEnd(cause: unknown): boolean {
  return cause instanceof Error && (cause.message.startsWith("Maximum call stack size") || cause.message.startsWith("too much recursion"));
}
