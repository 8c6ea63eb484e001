/** Reads a `Request`, or an object like one, within limits. */
import { maxBodyBytes } from "../generated/constants.js";
import { bytesOf, tagOf } from "../values/values.js";
import type { RequestLog } from "./log.js";
import { Signal } from "./signal.js";

/**
 * The maximum length of a target and its headers together, in UTF-16 units [ours]. Longer ones are refused unread.
 *
 * @internal
 */
export const TEXT_LIMIT = 1024 * 1024;
/** A page resolves `fetch("/api/v1/agent")` against its own address; here any host serves. */
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
 * The guarantees of the runtime, and its log.
 *
 * @internal
 */
export interface RuntimeGuarantees {
  /** The registrar holds no records, so that a trap loses nothing. */
  readonly holdsNothing?: boolean;
  /** Reads a body with a `Content-Length`, if the runtime ensures that no body is longer than it says: in one piece is faster. */
  readonly readDeclared?: ((body: unknown, length: number, reading: Reading) => Promise<Uint8Array | null>) | undefined;
  /** The room for bodies. Absent: it has no bound, as in a test that makes the bodies itself. */
  readonly room?: { share(): BodyShare } | undefined;
  /** Gets a line for each request of `fetch`. */
  readonly log?: RequestLog | undefined;
}

/**
 * The room that one body takes of the room for all of them.
 *
 * @internal
 */
export interface BodyShare {
  /** Throws a {@link BodyError} if there is no room for more bytes, or the share was given back. */
  take(bytes: number): void;
  /** Waits for the next piece of the body. Throws a {@link BodyError} if it takes too long. */
  inTime<Piece>(piece: Promise<Piece>): Promise<Piece>;
  /** Gives all of it back. May be called again. */
  giveBack(): void;
}

/** Whether the head of a request refuses it, whose body has at least so many bytes. */
export type RefusalCheck = (length: number) => boolean | Promise<boolean>;

/**
 * How far the reading of a body is.
 *
 * @internal
 */
export interface BodyProgress {
  /** How many bytes the body has at least. */
  length: number;
  /** Has nothing more read. */
  cancel?: () => void;
  /** The body's share of the room, which the caller gives back. Absent: the body has one of its own until it is read. */
  readonly share?: BodyShare;
}

/**
 * Up to this length, in bytes, the type of a body may not matter (`MAX_BLANK` in src/api/body.rs).
 *
 * @internal
 */
export const LONGEST_BLANK = 64;

/**
 * The parts of a request that the registrar reads.
 *
 * @internal
 */
export interface RequestParts {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: RequestHeaders;
  /**
   * Reads the body, cut one byte past the limit. Throws a {@link BodyError}. `isRefused` is asked before the body is read, and
   * again once it turns out not to be blank; after `true` the body is cancelled, and the result means nothing. `progress` is kept up to date.
   */
  body(isRefused: RefusalCheck, progress?: BodyProgress): Promise<Uint8Array | null>;
  signal(): Signal | undefined;
}

/**
 * The body of a request could not be read. The message is a sentence for its sender.
 *
 * @internal
 */
export class BodyError extends Error {
  readonly status: 400 | 408 | 503;

  constructor(message: string, status: 400 | 408 | 503 = 400) {
    super(message);
    this.status = status;
  }
}

/**
 * Takes the arguments of `fetch` apart. Requests, headers, bodies and signals may be of another class (undici's, jsdom's, another
 * realm's, a test's): our `Request` would refuse them or make texts of them.
 *
 * @internal
 */
export function requestParts(input: unknown, init: RequestInit | undefined, guarantees: RuntimeGuarantees): RequestParts {
  const givenSignal: unknown = init?.signal;
  const givenBody: unknown = init?.body;
  // Objects that may be of another class are not passed to the platform's constructor.
  const apart = [isReadable(givenBody) && "body", Signal.of(givenSignal) !== undefined && "signal"].filter((key) => key !== false);
  const { request, body = isReadable(givenBody) ? givenBody : undefined } = requestOf(
    input,
    apart.length === 0 ? init : without(init as RequestInit, apart),
  );
  const { method } = request;
  if (body !== undefined && (method === "GET" || method === "HEAD")) throw new TypeError("GET and HEAD have no body");
  const signal = (): Signal | undefined => Signal.of(givenSignal) ?? Signal.of(request.signal);
  return {
    method,
    target: targetOf(request.url),
    headers: headersOf(request.headers),
    signal,
    body: async (isRefused, progress = { length: 0 }) => {
      const share = progress.share ?? guarantees.room?.share();
      try {
        const given = { signal, isRefused, share, progress };
        return body === undefined ? await bodyOf(request, guarantees, given) : await readBody(body, given);
      } catch (cause) {
        throw cause instanceof BodyError ? cause : new BodyError("The request's body could not be read.");
      } finally {
        if (progress.share === undefined) share?.giveBack();
      }
    },
  };
}

/** The options of `fetch` with these ones absent. A copy would read no getters, such as those of a `Request` given as options. */
function without(init: RequestInit, keys: readonly string[]): RequestInit {
  return new Proxy(init, {
    get: (target, key) => (keys.includes(key as string) ? undefined : (Reflect.get(target, key) as unknown)),
    has: (target, key) => !keys.includes(key as string) && Reflect.has(target, key),
  });
}

/** The input of `fetch` as a `Request` or an object like one, and a body that was taken out of it. */
function requestOf(input: unknown, init: RequestInit | undefined): { readonly request: Request; readonly body?: unknown } {
  if (typeof input === "string" && input.length > TEXT_LIMIT) throw new TypeError("the URL is longer than 1 MiB");
  if (typeof input === "string") return { request: new Request(new URL(input, BASE), init) };
  if (input instanceof Request) return { request: init === undefined ? input : new Request(input, init) };
  const { url, method, headers, body, bodyUsed } = input as Request;
  if (typeof url !== "string" || typeof method !== "string" || typeof headers !== "object") {
    return { request: new Request(new URL(addressOf(input), BASE), init) };
  }
  const absolute = new URL(url, BASE);
  if (init === undefined && absolute.href === url && method === method.toUpperCase()) return { request: input as Request };
  if (bodyUsed === true) throw new TypeError("the body has been read already");
  const isApart = isReadable(body) && init?.body == null;
  const parts = { method, headers, duplex: "half", ...(body == null || isApart ? {} : { body }), ...init };
  const request = new Request(absolute, parts as RequestInit);
  return isApart ? { request, body } : { request };
}

/** The text of a `URL` of any realm, or of a boxed string. The text of any other object is no address. */
function addressOf(input: unknown): string {
  const { href } = input as URL;
  if (typeof href === "string") return href;
  if (tagOf(input) === "[object String]") return String(input);
  throw new TypeError("this is neither a request nor an address");
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
    // An object that only looks like `Headers` may return any value.
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

/** Path and query of an absolute URL as `Request` gives them. */
function targetOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const end = url.indexOf("#", start);
  return end < 0 ? url.slice(start) : url.slice(start, end);
}

/**
 * What stops the reading of a body.
 *
 * @internal
 */
export interface Reading {
  readonly signal: () => Signal | undefined;
  readonly isRefused: RefusalCheck;
  readonly share: BodyShare | undefined;
  readonly progress: BodyProgress;
}

async function bodyOf(request: Request, guarantees: RuntimeGuarantees, reading: Reading): Promise<Uint8Array | null> {
  // A body that was already read must not count as empty.
  if (request.bodyUsed) throw new BodyError("The request's body has been read already. Pass a clone of the request.");
  const given = request.body as unknown;
  if (given === null) return null;
  if (given === undefined) {
    // Firefox has no streams here.
    return typeof request.arrayBuffer === "function" ? new Uint8Array(await request.arrayBuffer()) : null;
  }
  const { readDeclared } = guarantees;
  // The headers of an object that is like a request may be of any kind.
  const declared = readDeclared && request.headers.get("content-length");
  return declared ? readDeclared(given, Number(declared), reading) : readBody(given, reading);
}

/** A stream or a `Blob` of any realm, by its methods. */
function isReadable(body: unknown): boolean {
  if (typeof body !== "object" || body === null) return false;
  const { getReader, arrayBuffer } = body as { getReader?: unknown; arrayBuffer?: unknown };
  return typeof getReader === "function" || typeof arrayBuffer === "function";
}

/**
 * A body as bytes, cut one byte past the limit: enough for the core to refuse it.
 *
 * @internal
 */
export async function readBody(given: unknown, reading: Reading): Promise<Uint8Array> {
  const { getReader, arrayBuffer, stream } = given as Partial<ReadableStream<unknown> & Blob>;
  if (typeof getReader === "function") return readStream(given as ReadableStream<unknown>, reading);
  // A `Blob` may be large.
  if (typeof arrayBuffer === "function" && typeof stream === "function") return readStream((given as Blob).stream(), reading);
  if (typeof arrayBuffer === "function") return new Uint8Array(await (given as Blob).arrayBuffer()).subarray(0, maxBodyBytes + 1);
  const bytes = bytesOf(given);
  if (bytes !== undefined) return bytes;
  return readStream(new Response(given as BodyInit).body as ReadableStream<unknown>, reading);
}

/** How many turns of the queue of microtasks a stream of this program needs at most for its first piece. */
const SOON_TURNS = 16;

/** Whether a promise settles without waiting for anything from outside. */
async function isSoon(promise: Promise<unknown>): Promise<boolean> {
  let isSettled = false;
  const settle = (): void => {
    isSettled = true;
  };
  promise.then(settle, settle);
  for (let turn = 0; turn < SOON_TURNS && !isSettled; turn += 1) await undefined;
  return isSettled;
}

async function readStream(stream: ReadableStream<unknown>, { signal, isRefused, share, progress }: Reading): Promise<Uint8Array> {
  const reader = stream.getReader();
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  progress.cancel = cancel;
  let bytes: Uint8Array = new Uint8Array(0);
  let length = 0;
  let isAborted = false;
  const isOver = async (atLeast: number): Promise<boolean> => {
    if (!(await isRefused(atLeast))) return false;
    cancel();
    return true;
  };
  // Cancelling ends a pending read.
  const forget = signal()?.onAbort(() => {
    isAborted = true;
    cancel();
  });
  try {
    let pending: Promise<ReadableStreamReadResult<unknown>> | undefined = reader.read();
    if (!(await isSoon(pending)) && (await isOver(0))) return bytes;
    while (length <= maxBodyBytes) {
      const read = pending ?? reader.read();
      const next = await (share?.inTime(read) ?? read);
      pending = undefined;
      if (isAborted) throw new BodyError("The request was aborted before its body had arrived.");
      if (next.done) return bytes.subarray(0, length);
      // A stream may yield anything.
      const chunk = ArrayBuffer.isView(next.value) ? bytesOf(next.value) : undefined;
      if (chunk === undefined) throw new BodyError("The request's body must be a stream of bytes.");
      if (length <= LONGEST_BLANK && chunk.length > 0 && (await isOver(length + chunk.length))) return chunk;
      const part = chunk.subarray(0, maxBodyBytes + 1 - length);
      share?.take(part.length);
      bytes = appended(bytes, length, part, maxBodyBytes + 1);
      length += part.length;
      progress.length = length;
    }
  } catch (cause) {
    cancel();
    throw cause;
  } finally {
    forget?.();
  }
  // The rest is not needed, and the result of cancelling does not matter.
  cancel();
  return bytes.subarray(0, length);
}

/**
 * The bytes with a piece appended at `length`, at most `most` together. One buffer that doubles: a body that arrives byte by byte must
 * not become an object for each of them.
 *
 * @internal
 */
export function appended(bytes: Uint8Array, length: number, piece: Uint8Array, most: number): Uint8Array {
  if (length === 0) return piece;
  let whole = bytes;
  if (length + piece.length > bytes.length) {
    whole = new Uint8Array(Math.min(Math.max(2 * bytes.length, length + piece.length), most));
    whole.set(bytes.subarray(0, length));
  }
  whole.set(piece, length);
  return whole;
}
