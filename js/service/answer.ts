import { hex } from "./entropy.js";

/** An answer before it is anybody's `Response`. */
export interface Answer {
  readonly status: number;
  /** Names and values by turns: `["content-type", "application/json", …]`. */
  readonly headers: readonly string[];
  /** Bytes of its own: nothing that happens later changes them. */
  readonly body: Uint8Array;
}

/** The codes of the wire contract's section 5 by HTTP status, for the answers that the core does not make itself. */
const CODES: Readonly<Record<number, string>> = {
  400: "bad_request",
  401: "not_authenticated",
  403: "not_permitted",
  404: "not_found",
  405: "bad_request",
  409: "invalid_action",
  413: "bad_request",
  415: "bad_request",
  422: "validation_errors",
  501: "not_implemented",
};

/**
 * An error answer in the wire's body 1, for what happens outside the core: a body that cannot be read, a fault asked
 * for by a test, a fault of ours.
 */
export function errorAnswer(
  status: number,
  message: string,
  more: Readonly<Record<string, string>> = {},
  requestId: string = freshRequestId(),
): Answer {
  const wire: Record<string, unknown> = { status: "error", code: CODES[status] ?? "unexpected", message };
  // Clients of the published API take the map for granted under this code.
  if (status === 422) wire["errors"] = {};
  const headers = ["content-type", "application/json", "x-request-id", requestId, "cache-control", "no-store"];
  for (const [name, value] of Object.entries(more)) headers.push(name, value);
  return { status, headers, body: new TextEncoder().encode(JSON.stringify(wire)) };
}

/** A fault of ours: the message carries a request id and no internals [doc]. */
export function unexpectedAnswer(): Answer {
  const requestId = freshRequestId();
  const message = `Something went wrong on our side. The request was not completed; its id is ${requestId}.`;
  return errorAnswer(500, message, {}, requestId);
}

/** A `Response` of these refuses even an empty body. */
const NULL_BODY_STATUSES: ReadonlySet<number> = new Set([204, 205, 304]);

/** The answer as a `Response`. */
export function toResponse(answer: Answer, method: string): Response {
  const headers = new Headers();
  for (let index = 0; index + 1 < answer.headers.length; index += 2) {
    headers.append(answer.headers[index] as string, answer.headers[index + 1] as string);
  }
  const bodiless = method === "HEAD" || NULL_BODY_STATUSES.has(answer.status);
  // The copy out of wasm memory is always over an `ArrayBuffer` of its own.
  const body = bodiless ? null : (answer.body as Uint8Array<ArrayBuffer>);
  return new Response(body, { status: answer.status, headers });
}

function freshRequestId(): string {
  // Not `crypto.randomUUID`: pages outside a secure context do not have it.
  return hex(crypto.getRandomValues(new Uint8Array(16)));
}
