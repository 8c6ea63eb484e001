// Long bodies in blocks of one size, which are used again. Otherwise, buffers that live for seconds fill memory until the engine collects
// everything, and the system's allocator keeps what was freed between buffers of many sizes.

/** The bytes of a block. Also how much of an answer is handed to Node at once, so that a slow reader shows itself. */
export const BLOCK = 64 * 1024;
/** The most blocks that wait to be used again: as many as the answers that are not sent may take by default. */
const MOST_FREE = 1_024;

const free: Uint8Array[] = [];

function take(): Uint8Array {
  return free.pop() ?? Buffer.allocUnsafeSlow(BLOCK);
}

function give(block: Uint8Array): void {
  if (free.length < MOST_FREE) free.push(block);
}

/** The long body of an answer. */
export class LongBody {
  /** Its bytes. */
  readonly length: number;
  readonly #blocks: Uint8Array[] = [];

  /** Copies a part of memory. */
  constructor(memory: Uint8Array, from: number, to: number) {
    this.length = to - from;
    for (let start = from; start < to; start += BLOCK) {
      const block = take();
      block.set(memory.subarray(start, Math.min(start + BLOCK, to)));
      this.#blocks.push(block);
    }
    // The first one last, to take it off.
    this.#blocks.reverse();
  }

  /** Takes the next piece off, and a function to call once it is sent. `undefined`: there is none left. */
  next(): { readonly piece: Uint8Array; readonly sent: () => void } | undefined {
    const block = this.#blocks.pop();
    if (block === undefined) return undefined;
    const isLast = this.#blocks.length === 0;
    return { piece: isLast ? block.subarray(0, this.length % BLOCK || BLOCK) : block, sent: () => give(block) };
  }

  /** The rest is not needed. */
  drop(): void {
    for (const block of this.#blocks.splice(0)) give(block);
  }
}

const NOTHING = new Uint8Array(0);
/** The least room for pieces that are copied together, in bytes. */
const LEAST_ROOM = 256;

/** The body of a request: bytes that arrive piece by piece. */
export class ArrivingBody {
  /** The bytes so far. */
  length = 0;
  /** The only piece, if it is kept as it is. */
  #only: Uint8Array | undefined;
  /** A body of up to half a block. */
  #short: Uint8Array = NOTHING;
  readonly #blocks: Uint8Array[] = [];

  /** A body that is there already. */
  static of(bytes: Uint8Array): ArrivingBody {
    const body = new ArrivingBody();
    body.#only = bytes;
    body.length = bytes.length;
    return body;
  }

  /** The bytes that it takes in memory. */
  get held(): number {
    return (this.#only ?? this.#short).length + this.#blocks.length * BLOCK;
  }

  add(piece: Uint8Array): void {
    // Most bodies come in one piece. It is kept, unless it is a small part of all that was read with it.
    if (this.length === 0 && piece.buffer.byteLength <= 2 * piece.length) {
      this.#only = piece;
      this.length = piece.length;
      return;
    }
    const only = this.#only;
    if (only !== undefined) {
      this.#only = undefined;
      this.length = 0;
      this.#copy(only);
    }
    this.#copy(piece);
  }

  #copy(piece: Uint8Array): void {
    const length = this.length + piece.length;
    if (this.#blocks.length === 0 && length <= BLOCK / 2) {
      if (length > this.#short.length) {
        const longer = Buffer.allocUnsafeSlow(Math.max(2 * length, LEAST_ROOM));
        longer.set(this.#short.subarray(0, this.length));
        this.#short = longer;
      }
      this.#short.set(piece, this.length);
      this.length = length;
      return;
    }
    if (this.#blocks.length === 0) {
      const block = take();
      block.set(this.#short.subarray(0, this.length));
      this.#blocks.push(block);
      this.#short = NOTHING;
    }
    for (let start = 0; start < piece.length; ) {
      if (this.length === this.#blocks.length * BLOCK) this.#blocks.push(take());
      const place = this.length % BLOCK;
      const part = piece.subarray(start, start + BLOCK - place);
      this.#blocks.at(-1)?.set(part, place);
      start += part.length;
      this.length += part.length;
    }
  }

  /** The whole body. To be called once: the blocks are used again. */
  take(): Uint8Array {
    if (this.#only !== undefined) return this.#only;
    if (this.#blocks.length === 0) return this.#short.subarray(0, this.length);
    const whole = Buffer.allocUnsafeSlow(this.length);
    for (const [index, block] of this.#blocks.entries()) whole.set(block.subarray(0, this.length - index * BLOCK), index * BLOCK);
    this.drop();
    return whole;
  }

  /** It is not needed any more, and empty from now on. */
  drop(): void {
    this.#only = undefined;
    this.#short = NOTHING;
    this.length = 0;
    for (const block of this.#blocks.splice(0)) give(block);
  }
}
