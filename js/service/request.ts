/** Requests on their way into the core: what is read of a `Request`, or of what looks like one, and how much of it. */
import { maxBodyBytes } from "../generated/constants.js";

/**
 * How long a target and its headers may be together, in UTF-16 units [ours]: longer ones are refused unread.
 *
 * @internal
 */
export const TEXT_LIMIT = 1024 * 1024;
/** A page resolves `fetch("/api/v1/agent")` against its own address; here any host will do. */
const BASE = "http://registrar.localhost/";

/** The request headers that the core looks at. Node's `IncomingMessage.headers` fits. */
export interface RequestHeaders {
  readonly authorization?: string | undefined;
  readonly "content-type"?: string | undefined;
  readonly accept?: string | undefined;
  readonly origin?: string | undefined;
  readonly "access-control-request-method"?: string | undefined;
  readonly "access-control-request-headers"?: string | undefined;
  readonly "content-encoding"?: string | undefined;
}

/**
 * What a registrar may rely on where it runs.
 *
 * @internal
 */
export interface RuntimeGuarantees {
  /** The runtime sees to it that no body is longer than its `Content-Length`. */
  readonly enforcesLength?: boolean | undefined;
}

/**
 * The input of `fetch` as a `Request`. A request of another class (undici's, another realm's, a test's) is used as it is:
 * our `Request` would read its body or not know it at all.
 *
 * @internal
 */
export function requestOf(input: Request | string | URL, init: RequestInit | undefined): Request {
  if (typeof input === "string" && input.length > TEXT_LIMIT) throw new TypeError("the URL is longer than 1 MiB");
  if (typeof input === "string" || input instanceof URL) return new Request(new URL(input, BASE), init);
  if (input instanceof Request) return init === undefined ? input : new Request(input, init);
  const { url, method, headers, body } = input as Request;
  if (typeof url !== "string" || typeof method !== "string" || typeof headers !== "object") {
    return new Request(new URL(String(input), BASE), init);
  }
  const absolute = new URL(url, BASE);
  if (init === undefined && absolute.href === url && method === method.toUpperCase()) return input;
  const parts = { method, headers, duplex: "half", ...(body == null ? {} : { body }), ...init };
  return new Request(absolute, parts as RequestInit);
}

/**
 * The headers that the core looks at.
 *
 * @internal
 */
export function headersOf(given: Headers): RequestHeaders {
  const headers = typeof given.get === "function" ? given : new Headers(given);
  const text = (name: string): string | undefined => {
    const value = headers.get(name);
    // An object that merely looks like `Headers` may give anything.
    return value === null || value === undefined ? undefined : String(value);
  };
  return {
    authorization: text("authorization"),
    "content-type": text("content-type"),
    accept: text("accept"),
    origin: text("origin"),
    "access-control-request-method": text("access-control-request-method"),
    "access-control-request-headers": text("access-control-request-headers"),
    "content-encoding": text("content-encoding"),
  };
}

/**
 * The length of all texts of a request, in UTF-16 units.
 *
 * @internal
 */
export function textLength(target: string, headers: RequestHeaders): number {
  return (
    target.length +
    (headers.authorization?.length ?? 0) +
    (headers["content-type"]?.length ?? 0) +
    (headers.accept?.length ?? 0) +
    (headers.origin?.length ?? 0) +
    (headers["access-control-request-method"]?.length ?? 0) +
    (headers["access-control-request-headers"]?.length ?? 0) +
    (headers["content-encoding"]?.length ?? 0)
  );
}

/**
 * Path and query of an absolute URL as `Request` gives them.
 *
 * @internal
 */
export function targetOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const end = url.indexOf("#", start);
  return end < 0 ? url.slice(start) : url.slice(start, end);
}

/**
 * The body as one piece, cut one byte past the limit: enough for the core to refuse it.
 *
 * @internal
 */
export async function bodyOf(request: Request, guarantees: RuntimeGuarantees): Promise<Uint8Array | null> {
  // A body that was already read must not count as empty.
  if (request.bodyUsed) throw new TypeError("the body has been read already");
  const given = request.body as ReadableStream<unknown> | BodyInit | null | undefined;
  if (given === null) return null;
  if (given === undefined) {
    // Firefox has no streams here.
    return typeof request.arrayBuffer === "function" ? new Uint8Array(await request.arrayBuffer()) : null;
  }
  // Reading in one piece is faster, but only where the runtime enforces the declared length.
  const declared = guarantees.enforcesLength ? request.headers.get("content-length") : null;
  if (declared !== null && Number(declared) <= maxBodyBytes) return new Uint8Array(await request.arrayBuffer());
  const stream = isStream(given) ? given : (new Response(given as BodyInit).body as ReadableStream<unknown>);
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length <= maxBodyBytes) {
    const next = await reader.read();
    if (next.done) return chunks.length === 1 ? (chunks[0] as Uint8Array) : joined(chunks, length);
    // A stream may yield anything. Not `instanceof`: the bytes may be of another realm.
    if (!ArrayBuffer.isView(next.value)) throw new TypeError("the body must be a stream of bytes");
    const { buffer, byteOffset, byteLength } = next.value;
    const chunk = new Uint8Array(buffer, byteOffset, byteLength);
    chunks.push(chunk);
    length += chunk.length;
  }
  // The rest is not needed, and the result of cancelling does not matter.
  reader.cancel().catch(() => undefined);
  return joined(chunks, length).subarray(0, maxBodyBytes + 1);
}

function isStream(body: ReadableStream<unknown> | BodyInit): body is ReadableStream<unknown> {
  return typeof (body as ReadableStream<unknown>).getReader === "function";
}

/**
 * Concatenates chunks whose lengths add up to `length`.
 *
 * @internal
 */
export function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
