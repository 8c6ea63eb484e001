/** An answer, independent of any platform's `Response`. */
export interface AnswerWith<Body> {
  readonly status: number;
  /** Names and values alternately: `["content-type", "application/json", …]`. */
  readonly headers: readonly string[];
  readonly body: Body;
  /**
   * For the log. Only if the registrar is watched.
   *
   * @internal
   */
  readonly trace?: Trace | undefined;
}

/**
 * The facts about a request that its answer does not show, for logs and metrics.
 */
export interface Trace {
  /** The operation, such as `agents/create`. Absent if the request was refused before one was found. */
  readonly operation?: string | undefined;
  /** The account of the token. */
  readonly account?: string | undefined;
  /** Why the status is 500 or above: an error, or the line in which the core tells one and its causes. */
  readonly cause?: unknown;
}

/** An answer that owns the bytes of its body: later calls do not change them. */
export interface Answer extends AnswerWith<Uint8Array> {}

/** The headers of a plain head, which most answers have: `Answer::is_plain` in src/api/http.rs. */
export function plainHead(requestId: string): string[] {
  return [
    ...["x-request-id", requestId, "cache-control", "no-store"],
    ...["x-content-type-options", "nosniff", "content-type", "application/json"],
  ];
}

/** The headers of a head, which is one line `name: value\n` for each: names and values alternately. */
export function headerList(head: string): string[] {
  const list: string[] = [];
  let start = 0;
  for (let end = head.indexOf("\n"); end >= 0; end = head.indexOf("\n", start)) {
    const colon = head.indexOf(":", start);
    list.push(head.slice(start, colon), head.slice(colon + 2, end));
    start = end + 1;
  }
  return list;
}

/** The answer with headers added or replaced. */
export function withHeaders(answer: Answer, more: Readonly<Record<string, string>>): Answer {
  const headers = new Map<string, string>();
  for (let index = 0; index + 1 < answer.headers.length; index += 2) {
    headers.set(answer.headers[index] as string, answer.headers[index + 1] as string);
  }
  for (const [name, value] of new Headers(more)) headers.set(name, value);
  return { ...answer, headers: [...headers].flat() };
}

/** `Response` allows no body with these statuses, not even an empty one. */
const NULL_BODY_STATUSES: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * Converts the answer to a `Response`.
 *
 * @internal
 */
export function toResponse(answer: Answer, method: string): Response {
  const headers = new Headers();
  for (let index = 0; index + 1 < answer.headers.length; index += 2) {
    headers.append(answer.headers[index] as string, answer.headers[index + 1] as string);
  }
  const bodiless = method === "HEAD" || NULL_BODY_STATUSES.has(answer.status);
  // The body is a copy with its own `ArrayBuffer`.
  const body = bodiless ? null : (answer.body as Uint8Array<ArrayBuffer>);
  return new Response(body, { status: answer.status, headers });
}
