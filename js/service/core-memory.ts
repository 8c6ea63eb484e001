/**
 * The memory of one instance of the core: the parts of a call are written into it, and answers are read out of it.
 *
 * Arguments and results are numbers; texts and bytes travel through the instance's memory. `numbers()` is the address of 30
 * numbers of 32 bits, which never move:
 *
 * | index | written by | meaning |
 * | --- | --- | --- |
 * | 0, 1 | Rust | the request buffer: its address, its size in bytes |
 * | 2 to 11 | JavaScript | the lengths in bytes of the parts in the request buffer; `ABSENT`: the part is absent |
 * | 12 to 14 | Rust | the output: its address, the bytes of its head, the bytes of its body |
 * | 15, 16 | Rust | the id of the request, within the head: its address, its bytes |
 * | 17, 18 | Rust | the cause of an answer with status 500 or above, for the log: its address, its bytes; no bytes: none |
 * | 19 | Rust | 1: the head is plain: the headers of `plainHead` in answer.ts |
 * | 20, 21 | Rust | the name of the operation, a constant: its address, its bytes; no bytes: none |
 * | 22, 23 | Rust | the id of the token's account: its address, its bytes; no bytes: none |
 * | 24 to 29 | Rust | how far the registrar has come: request ids, the random stream, the time of the latest id, each the lower half first |
 *
 * The parts lie at the beginning of the request buffer, one after another, texts as UTF-8:
 *
 * | call | parts |
 * | --- | --- |
 * | `handle`, `refuse_by_head` | method, target, `Authorization`, `Content-Type`, `Accept`, `Origin`, `Access-Control-Request-Method`, `Access-Control-Request-Headers`, `Content-Encoding`, body |
 * | `refuse` | message, `Accept`, `Origin` |
 * | `open` | configuration |
 * | `restore` | snapshot |
 *
 * The output is the head (one line `name: value\n` for each header) and then the body; it is valid until the next call.
 * When memory grows, views of it are detached: their length becomes 0.
 *
 * @module
 */
import type { InitOutput } from "../../build/service/service.js";
import { type AnswerWith, headerList, plainHead, type Trace } from "./answer.js";
import type { AnswerReader } from "./core-types.js";

const BUFFER = 0;
const LENGTHS = 2;
const OUTPUT = 12;
const REQUEST_ID = 15;
const CAUSE = 17;
const PLAIN = 19;
const OPERATION = 20;
const ACCOUNT_ID = 22;
const PROGRESS = 24;
const COUNT = 30;
/** How many of the numbers from `PROGRESS` on are about request ids. */
export const REQUESTS = 2;
const ABSENT = 0xffff_ffff;
/** How many numbers say how far the registrar has come. */
export const PROGRESS_LENGTH = COUNT - PROGRESS;

const NO_BYTES = new Uint8Array(0);

/** The most bytes that UTF-8 takes for one UTF-16 unit. */
const UTF8_MOST = 3;

const NO_ROOM = "the request does not fit into the core's memory";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Views of the memory of one instance of the core, and what stands there. */
export class CoreMemory {
  readonly #memory: WebAssembly.Memory;
  readonly #numbersAddress: number;
  /** Makes the request buffer at least this many bytes long. Returns its address; 0 where there is no room. */
  readonly #grow: (size: number) => number;
  #bytes = NO_BYTES;
  #numbers = new Uint32Array(0);
  #buffer = NO_BYTES;
  /** The names of operations, by their addresses. */
  readonly #operations = new Map<number, string>();

  constructor(core: InitOutput, grow: (size: number) => number) {
    this.#memory = core.memory;
    this.#numbersAddress = core.numbers() >>> 0;
    this.#grow = grow;
    this.#refresh();
  }

  /** A view of the current memory. */
  get bytes(): Uint8Array<ArrayBuffer> {
    if (this.#bytes.length === 0) this.#refresh();
    return this.#bytes;
  }

  /** Recreates the views. */
  #refresh(): void {
    const { buffer } = this.#memory;
    this.#bytes = new Uint8Array(buffer);
    this.#numbers = new Uint32Array(buffer, this.#numbersAddress, COUNT);
    this.#buffer = new Uint8Array(buffer, this.#numbers[BUFFER], this.#numbers[BUFFER + 1]);
  }

  /** Writes the parts of a call into the request buffer: texts, then bytes. */
  write(texts: readonly (string | null | undefined)[], bytes: Uint8Array = NO_BYTES): void {
    let text = "";
    // Loose equality: `Headers.get` returns `null` for an absent header.
    for (const part of texts) if (part != null) text += part;
    this.#reserve(text.length * UTF8_MOST + bytes.length);
    // PERF(bytes): one `encodeInto` for all texts. Nearly every text is ASCII, and then its length in bytes is its length in
    // UTF-16 units. Otherwise each is written by itself: halves of a surrogate pair in two texts must not become one.
    let { written } = encoder.encodeInto(text, this.#buffer);
    const isAscii = written === text.length;
    if (!isAscii) written = 0;
    let index = LENGTHS;
    for (const part of texts) {
      let length = part == null ? ABSENT : part.length;
      if (part != null && !isAscii) {
        length = encoder.encodeInto(part, this.#buffer.subarray(written)).written;
        written += length;
      }
      this.#numbers[index++] = length;
    }
    this.#buffer.set(bytes, written);
    this.#numbers[index] = bytes.length;
  }

  /** Grows the request buffer to at least this many bytes. */
  #reserve(size: number): void {
    if (this.#bytes.length === 0) this.#refresh();
    if (size <= this.#buffer.length && this.#buffer.length === this.#numbers[BUFFER + 1]) return;
    const address = this.#grow(size);
    this.#refresh();
    if (address === 0) throw new Error(NO_ROOM);
  }

  /** The answer that the last call gave, with this status. */
  answer<Body>(status: number, reader: AnswerReader<Body>): AnswerWith<Body> {
    const memory = this.bytes;
    const numbers = this.#numbers;
    const head = numbers[OUTPUT] as number;
    const body = head + (numbers[OUTPUT + 1] as number);
    const id = numbers[REQUEST_ID] as number;
    // PERF(bytes): not taking the plain head apart buys 8 % of a create and 20 % of a ping (Node 20, 2026-11).
    const headers =
      numbers[PLAIN] === 1
        ? plainHead(reader.text(memory, id, id + (numbers[REQUEST_ID + 1] as number)))
        : headerList(reader.text(memory, head, body));
    return { status, headers, body: reader.body(memory, body, body + (numbers[OUTPUT + 2] as number)) };
  }

  /** Copies how far the registrar had come with its last answer. */
  readProgress(progress: Uint32Array): void {
    if (this.#bytes.length === 0) this.#refresh();
    for (let index = 0; index < PROGRESS_LENGTH; index++) progress[index] = this.#numbers[PROGRESS + index] as number;
  }

  /** The id of the request of the last answer. */
  get requestId(): string {
    return this.#textAt(REQUEST_ID);
  }

  /** The cause of the last answer, if its status is 500 or above. */
  get cause(): string | undefined {
    return this.#given(CAUSE);
  }

  /** The facts about the last request for the log. */
  trace(): Trace {
    const address = this.#numbers[OPERATION] as number;
    const operation = this.#operations.get(address) ?? this.#given(OPERATION);
    if (operation !== undefined) this.#operations.set(address, operation);
    return { operation, account: this.#given(ACCOUNT_ID), cause: this.cause };
  }

  /** The output of a call that is no answer. */
  output(): Uint8Array<ArrayBuffer> {
    const memory = this.bytes;
    const start = (this.#numbers[OUTPUT] as number) + (this.#numbers[OUTPUT + 1] as number);
    return memory.subarray(start, start + (this.#numbers[OUTPUT + 2] as number));
  }

  /** The same as a text. */
  text(): string {
    return decoder.decode(this.output());
  }

  /** The text whose address and length begin at this index of the numbers; absent where there are no bytes. */
  #given(index: number): string | undefined {
    return this.#numbers[index + 1] === 0 ? undefined : this.#textAt(index);
  }

  /** The text whose address and length begin at this index of the numbers. */
  #textAt(index: number): string {
    const start = this.#numbers[index] as number;
    return decoder.decode(this.#bytes.subarray(start, start + (this.#numbers[index + 1] as number)));
  }
}

/** Whether memory, or the stack, did not suffice. A trap of the core is either, or a fault of its own. */
export function isMemoryEnd(cause: Error): boolean {
  return cause instanceof WebAssembly.RuntimeError || cause instanceof RangeError || cause.message === NO_ROOM;
}
