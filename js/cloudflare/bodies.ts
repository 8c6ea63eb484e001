/** The bodies of requests in Cloudflare's runtime: how they are read, and the room for them. */
import { maxBodyBytes } from "../generated/constants.js";
import { appended, BodyError, type BodyShare, readBody, type Reading, type RuntimeGuarantees } from "../service/request.js";

/** The most bytes of bodies that a Worker holds at once: an isolate has 128 MB for everything. [ours] */
const WORKER_BODIES = 32 * 1024 * 1024;
/** How long a body may pause, in milliseconds, as `stallTimeout` of `serve`. [ours] */
const STALL_MS = 10_000;
/**
 * A share that did not move for so long, in milliseconds, is of a handler that the runtime ended in the middle, as it does when the
 * client resets its connection: nothing of such a handler runs, not even `finally`. A body that is being read moves every `STALL_MS`.
 */
const ABANDONED_MS = 60_000;

/** The room for all bodies of an isolate. */
class BodyRoom {
  readonly #most: number;
  #held = 0;
  readonly #shares = new Set<Share>();

  /** At most so many bytes. */
  constructor(most: number) {
    this.#most = most;
  }

  share(): BodyShare {
    return new Share(this);
  }

  take(share: Share, bytes: number): void {
    if (this.#held + bytes > this.#most) this.#giveBackAbandoned();
    if (this.#held + bytes > this.#most) throw new BodyError("There is no room for this request now. Send it again later.", 503);
    this.#held += bytes;
    this.#shares.add(share);
  }

  give(share: Share, bytes: number): void {
    this.#held -= bytes;
    this.#shares.delete(share);
  }

  #giveBackAbandoned(): void {
    const oldest = Date.now() - ABANDONED_MS;
    for (const share of this.#shares) if (share.movedAt < oldest) share.giveBack();
  }
}

class Share implements BodyShare {
  readonly #room: BodyRoom;
  #held = 0;
  #isOver = false;
  /** When the body grew last. */
  movedAt = Date.now();

  constructor(room: BodyRoom) {
    this.#room = room;
  }

  take(bytes: number): void {
    // A body that is cancelled may grow once more.
    if (this.#isOver) throw new BodyError("The request's body is no longer wanted.");
    this.#room.take(this, bytes);
    this.#held += bytes;
  }

  async inTime<Piece>(piece: Promise<Piece>): Promise<Piece> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new BodyError("The request did not arrive completely in time.", 408)), STALL_MS);
    });
    try {
      return await Promise.race([piece, late]);
    } finally {
      clearTimeout(timer);
      this.movedAt = Date.now();
    }
  }

  giveBack(): void {
    this.#isOver = true;
    this.#room.give(this, this.#held);
    this.#held = 0;
  }
}

/** The room of this isolate. All its registrars share it, because they share the isolate's memory. */
let workerRoom: BodyRoom | undefined;

/** The guarantees of Cloudflare's runtime. */
export function workerGuarantees(): RuntimeGuarantees & { readonly room: { share(): BodyShare } } {
  return { readDeclared, room: (workerRoom ??= new BodyRoom(WORKER_BODIES)) };
}

/** The body of a request that declares a longer one than is accepted: it is not read. */
let tooLong: Uint8Array | undefined;

/** The longest piece that is read at once, in bytes. The pieces of other streams have 4 KiB, and take several times as long. */
const PIECE = 64 * 1024;

/** Reads a body that says that it has `length` bytes. */
async function readDeclared(body: unknown, length: number, reading: Reading): Promise<Uint8Array | null> {
  const { isRefused, share, progress } = reading;
  // A request that a worker made itself may have any text there, and any stream.
  if (!Number.isInteger(length) || length < 0) return readBody(body, reading);
  // The runtime drops the body once the request is answered.
  if (length > maxBodyBytes) return (tooLong ??= new Uint8Array(maxBodyBytes + 1));
  const reader = bytesReader(body);
  if (reader === undefined) return readBody(body, reading);
  if (await isRefused(length)) return null;
  share?.take(length);
  progress.length = length;
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  progress.cancel = cancel;
  let bytes: Uint8Array = new Uint8Array(0);
  let read = 0;
  try {
    while (read <= maxBodyBytes) {
      const piece = reader.read(new Uint8Array(Math.min(Math.max(length - read, 1), PIECE)));
      const { done, value } = await (share?.inTime(piece) ?? piece);
      if (done) return bytes.subarray(0, read);
      const part = value.subarray(0, maxBodyBytes + 1 - read);
      // Of a request that a worker made itself, from another one and its headers.
      share?.take(Math.max(read + part.length - Math.max(read, length), 0));
      bytes = appended(bytes, read, part, maxBodyBytes + 1);
      read += part.length;
    }
  } catch (cause) {
    cancel();
    throw cause;
  }
  cancel();
  return bytes;
}

/** A reader that fills the buffers that it is given. `undefined` if the stream has none. */
function bytesReader(body: unknown): ReadableStreamBYOBReader | undefined {
  try {
    return (body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader({ mode: "byob" });
  } catch {
    return undefined;
  }
}
