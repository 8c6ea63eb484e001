import { hex } from "./entropy.js";

/** An answer before it is anybody's `Response`. */
export interface Answer {
  readonly status: number;
  /** Names and values by turns: `["content-type", "application/json", …]`. */
  readonly headers: readonly string[];
  /** Bytes of its own: nothing that happens later changes them. */
  readonly body: Uint8Array;
}

/**
 * The codes of the wire contract's section 5 by HTTP status, for the answers that the core does not make itself, and
 * the statuses in words.
 */
const STATUSES: Readonly<Record<number, readonly [code: string, title: string]>> = {
  400: ["bad_request", "Bad Request"],
  401: ["not_authenticated", "Unauthorized"],
  403: ["not_permitted", "Forbidden"],
  404: ["not_found", "Not Found"],
  405: ["bad_request", "Method Not Allowed"],
  408: ["bad_request", "Request Timeout"],
  409: ["invalid_action", "Conflict"],
  413: ["bad_request", "Content Too Large"],
  415: ["bad_request", "Unsupported Media Type"],
  417: ["bad_request", "Expectation Failed"],
  422: ["validation_errors", "Unprocessable Content"],
  429: ["unexpected", "Too Many Requests"],
  431: ["bad_request", "Request Header Fields Too Large"],
  500: ["unexpected", "Internal Server Error"],
  501: ["not_implemented", "Not Implemented"],
  502: ["unexpected", "Bad Gateway"],
  503: ["unexpected", "Service Unavailable"],
  504: ["unexpected", "Gateway Timeout"],
};

/** Whom an error answer is for, and what it has besides. */
export interface ErrorContext {
  /** The request's `Accept`, where it is known. */
  readonly accept?: string | undefined;
  /** The request's `Origin`. */
  readonly origin?: string | undefined;
  /** The origins whose pages may read the answer. */
  readonly cors?: readonly string[] | undefined;
  /** More headers, or others in place of the usual ones. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly requestId?: string | undefined;
}

/**
 * An error answer as the core would make it, for what happens outside the core: a body that cannot be read, a fault
 * asked for by a test, a fault of ours.
 */
export function errorAnswer(status: number, message: string, context: ErrorContext = {}): Answer {
  const { accept, origin, cors = [], requestId = freshRequestId() } = context;
  const [code, title] = STATUSES[status] ?? ["unexpected"];
  const problem = wantsProblem(accept);
  const wire: Record<string, unknown> = problem
    ? { type: "about:blank", title, status, detail: message, code }
    : { status: "error", code, message };
  // Clients of the published API take the map for granted under this code.
  if (status === 422 && !problem) wire["errors"] = {};
  const headers = new Map([
    ["x-request-id", requestId],
    ["cache-control", "no-store"],
  ]);
  if (cors.length > 0) headers.set("vary", "origin");
  if (origin !== undefined && (cors.includes(origin) || cors.includes("*"))) {
    headers.set("access-control-allow-origin", origin);
    headers.set("access-control-expose-headers", "x-request-id, idempotency-replayed, allow, www-authenticate");
  }
  headers.set("content-type", problem ? "application/problem+json" : "application/json");
  for (const [name, value] of new Headers(context.headers)) headers.set(name, value);
  return { status, headers: [...headers].flat(), body: new TextEncoder().encode(JSON.stringify(wire)) };
}

/** A fault of ours: the message carries a request id and no internals [doc]. */
export function unexpectedAnswer(context: ErrorContext = {}): Answer {
  const requestId = freshRequestId();
  const message = `Something went wrong on our side. The request was not completed; its id is ${requestId}.`;
  return errorAnswer(500, message, { ...context, requestId });
}

/**
 * The core's rule: when `Accept` names problem details, and does not like plain JSON better, which a range can stand for.
 * No regular expression: this runs also where the stack ends, and V8 ends the process where it can't compile one.
 */
function wantsProblem(accept: string | null | undefined): boolean {
  const worth = new Map<string | undefined, number>();
  for (const range of (accept ?? "").toLowerCase().split(",")) {
    const [essence, ...parameters] = range.split(";").map((part) => part.trim());
    const quality = parameters.map((parameter) => parameter.split("=")).find(([name]) => name?.trim() === "q");
    worth.set(essence, quality === undefined ? 1 : Number(quality[1]) || 0);
  }
  const problem = worth.get("application/problem+json") ?? 0;
  return problem > 0 && problem >= (worth.get("application/json") ?? worth.get("application/*") ?? worth.get("*/*") ?? 0);
}

/** A `Response` of these refuses even an empty body. */
const NULL_BODY_STATUSES: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * The answer as a `Response`.
 *
 * @internal
 */
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
