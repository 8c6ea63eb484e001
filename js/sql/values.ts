/**
 * The encoding of values between `service-sql.wasm` and a database, in both directions (src/store/sql/value.rs): one after
 * another, each a tag byte and its contents, little-endian. There are no separators between rows.
 *
 * | tag | value | contents |
 * | --- | --- | --- |
 * | 0 | null | none |
 * | 1 | number | `f64`, whole, from −2⁵³ to 2⁵³ |
 * | 2 | text | its length in bytes as `u32`, then UTF-8 |
 * | 3 | blob | its length as `u32`, then the bytes |
 *
 * @module
 */
import type { SqlValue } from "./connection.js";

const NULL = 0;
const NUMBER = 1;
const TEXT = 2;
const BLOB = 3;

/** The most bytes that UTF-8 takes for one UTF-16 unit. */
const UTF8_MOST = 3;
/** The bytes of a buffer for most rows. */
const USUAL_BUFFER = 16 * 1024;
/** Above this, a buffer is not kept for later statements. The longest page, of 4 MiB, needs less. */
const KEPT_BUFFER = 8 * 1024 * 1024;

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Reads text out of memory. */
export type TextAt = (memory: Uint8Array, from: number, to: number) => string;

export const textAt: TextAt = (memory, from, to) => decoder.decode(memory.subarray(from, to));

/** Reads parameters. The blobs among them are views of `memory`. */
export function readValues(memory: Uint8Array, from: number, length: number, text: TextAt = textAt): SqlValue[] {
  const view = new DataView(memory.buffer, memory.byteOffset + from, length);
  const values: SqlValue[] = [];
  let at = 0;
  while (at < length) {
    const tag = view.getUint8(at);
    at += 1;
    if (tag === NULL) {
      values.push(null);
    } else if (tag === NUMBER) {
      values.push(view.getFloat64(at, true));
      at += 8;
    } else {
      const start = from + at + 4;
      const end = start + view.getUint32(at, true);
      values.push(tag === TEXT ? text(memory, start, end) : memory.subarray(start, end));
      at = end - from;
    }
  }
  return values;
}

/**
 * The buffer of all writers: rows are read before another statement runs, on whatever database.
 *
 * It is kept, because a page of 4 MiB would make 16 MiB of buffers, each twice the one before, which fill memory until the engine
 * collects them.
 */
let kept = new Uint8Array(USUAL_BUFFER);

/** Writes rows. The bytes are valid until the next use of any writer. */
export class RowWriter {
  #bytes = kept;
  #view = new DataView(kept.buffer);
  #length = 0;

  /** The bytes of these rows. */
  write(rows: Iterable<Iterable<unknown>>): Uint8Array {
    if (this.#bytes !== kept) this.#use(kept);
    this.#length = 0;
    for (const row of rows) for (const value of row) this.#value(value);
    if (this.#bytes.length <= KEPT_BUFFER) kept = this.#bytes;
    return this.#bytes.subarray(0, this.#length);
  }

  #value(value: unknown): void {
    switch (typeof value) {
      case "number":
        this.#number(value);
        break;
      case "string":
        this.#text(value);
        break;
      case "bigint":
        // The store uses no numbers beyond 2^53. A database may return small ones as bigints all the same.
        this.#number(Number(value));
        break;
      default:
        if (value === null) {
          this.#reserve(1);
          this.#bytes[this.#length++] = NULL;
        } else this.#blob(value as Uint8Array | ArrayBuffer);
    }
  }

  #number(value: number): void {
    this.#reserve(9);
    this.#bytes[this.#length] = NUMBER;
    this.#view.setFloat64(this.#length + 1, value, true);
    this.#length += 9;
  }

  #text(value: string): void {
    this.#reserve(5 + value.length * UTF8_MOST);
    const start = this.#length + 5;
    const { written } = encoder.encodeInto(value, this.#bytes.subarray(start));
    this.#bytes[this.#length] = TEXT;
    this.#view.setUint32(this.#length + 1, written, true);
    this.#length = start + written;
  }

  #blob(value: Uint8Array | ArrayBuffer): void {
    const bytes = ArrayBuffer.isView(value) ? value : new Uint8Array(value);
    this.#reserve(5 + bytes.length);
    this.#bytes[this.#length] = BLOB;
    this.#view.setUint32(this.#length + 1, bytes.length, true);
    this.#bytes.set(bytes, this.#length + 5);
    this.#length += 5 + bytes.length;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed > this.#bytes.length) this.#grow(this.#length, Math.max(needed, 2 * this.#bytes.length));
  }

  #grow(used: number, size: number): void {
    const bytes = new Uint8Array(size);
    bytes.set(this.#bytes.subarray(0, used));
    this.#use(bytes);
  }

  #use(bytes: Uint8Array<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}
