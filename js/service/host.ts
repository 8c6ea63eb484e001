/**
 * The JavaScript side of the binding in wasm/src/service.rs: one registrar's core, in an instance of its own.
 *
 * Arguments and results are numbers; texts and bytes travel through the instance's memory. `numbers()` is the address of 24
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
import { explained, wrongModule } from "../wasm/load.js";
import { type Answer, type AnswerWith, headerList, plainHead, type Trace } from "./answer.js";
import { type AnswerReader, type CoreConfig, type CoreDefaults, copyingReader, type DeferredRequest } from "./core-types.js";
import { isStackEnd, reportCause } from "./errors.js";
import type { RequestHeaders } from "./request.js";
import type { SeedConfig, TokenOptions } from "./tokens.js";

const BUFFER = 0;
const LENGTHS = 2;
const OUTPUT = 12;
const REQUEST_ID = 15;
const CAUSE = 17;
const PLAIN = 19;
const OPERATION = 20;
const ACCOUNT_ID = 22;
const COUNT = 24;
const ABSENT = 0xffff_ffff;

/** The request belongs here: this registrar answers it. */
export const HERE = 0;
/** The request is about all accounts. */
export const ACCOUNTS = 0x1_0000;
/** The request belongs to the account of the partition in the lower 30 bits. */
export const ACCOUNT = 0x4000_0000;

const NO_BYTES = new Uint8Array(0);
/** The core's memory is at most 4 GiB and has to hold the snapshot, the old state and the new state at once. */
const SNAPSHOT_LIMIT = 1024 * 1024 * 1024;
/** From this length on, memory may not suffice to restore a snapshot. */
const LONG_SNAPSHOT = 64 * 1024 * 1024;

/** The most bytes that UTF-8 takes for one UTF-16 unit. */
const UTF8_MOST = 3;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * The core of one registrar. An exception out of the core (a trap, or a stack overflow within it) leaves the instance
 * halfway through a change, so the instance is dropped. The next call starts another one from the last snapshot, or else
 * from the configuration.
 */
export class CoreHost {
  readonly #module: WebAssembly.Module;
  readonly clock: () => number;
  /** Absent before the first call and after an exception. */
  #core: InitOutput | undefined;
  #bytes = NO_BYTES;
  #numbersAddress = 0;
  #numbers = new Uint32Array(0);
  #buffer = NO_BYTES;
  #config = NO_BYTES;
  #saved: Uint8Array | undefined;
  /** Whether answers have a trace; otherwise causes of errors go to the console. */
  isWatched = false;
  /** The names of operations, by their addresses. */
  readonly #operations = new Map<number, string>();

  constructor(module: WebAssembly.Module, clock: () => number) {
    this.#module = module;
    this.clock = clock;
  }

  /** Sets the registrar up. Throws a `TypeError` if the core refuses the configuration. */
  open(config: CoreConfig, seed: SeedConfig, now: number): void {
    const bytes = encoder.encode(JSON.stringify({ ...config, ...seed }));
    this.configure(this.#core ?? this.#instantiate(), bytes, now);
    this.#config = bytes;
    this.#saved = undefined;
  }

  /** Answers one request. */
  handle<Body>(method: string, target: string, headers: RequestHeaders, body: Uint8Array, reader: AnswerReader<Body>): AnswerWith<Body> {
    const now = this.clock();
    const core = this.live(now);
    this.writeRequest(core, method, target, headers, body);
    return this.answer(
      this.run(() => core.handle(now)),
      reader,
    );
  }

  /** The answer to a request that its head refuses; `undefined` if the body, of at least `length` bytes, decides. */
  refuseByHead(method: string, target: string, headers: RequestHeaders, length: number): Answer | undefined {
    const now = this.clock();
    const core = this.live(now);
    this.writeRequest(core, method, target, headers, NO_BYTES);
    const status = this.run(() => core.refuse_by_head(now, length));
    return status === 0 ? undefined : this.answer(status, copyingReader);
  }

  /**
   * Where a request belongs (`destination` in wasm/src/service.rs): {@link HERE}, {@link ACCOUNTS}, or {@link ACCOUNT} and a partition.
   * An answer, if there is one already.
   */
  destination(method: string, target: string, headers: RequestHeaders): number | Answer {
    const now = this.clock();
    const core = this.live(now);
    this.writeRequest(core, method, target, headers, NO_BYTES);
    const found = this.run(() => core.destination(now)) >>> 0;
    return found === HERE || found >= ACCOUNTS ? found : this.answer(found, copyingReader);
  }

  /** Answers one request, at once here; a core with a database gives the answer once its transaction is committed. */
  respond({ method, target, headers, body, reader, done, fail }: DeferredRequest): void {
    let answer: AnswerWith<unknown>;
    try {
      answer = this.handle(method, target, headers, body, reader);
    } catch (cause) {
      fail(cause);
      return;
    }
    done(answer);
  }

  protected writeRequest(core: InitOutput, method: string, target: string, headers: RequestHeaders, body: Uint8Array): void {
    const texts = [
      method,
      target,
      headers.authorization,
      headers["content-type"],
      headers.accept,
      headers.origin,
      headers["access-control-request-method"],
      headers["access-control-request-headers"],
      headers["content-encoding"],
    ];
    this.write(core, texts, body);
  }

  /** Makes the error answer of a status. Without a message, it gets that of an unexpected error. */
  refuse(status: number, message: string | undefined, { accept, origin }: RequestHeaders): Answer {
    const core = this.live();
    this.write(core, [message, accept, origin]);
    return this.answer(
      this.run(() => core.refuse(status)),
      copyingReader,
    );
  }

  defaults(): CoreDefaults {
    const core = this.live();
    if (this.run(() => core.defaults()) === 0) throw new Error("the core has no defaults");
    const [account_id = "", environment_id = "", secret = ""] = this.text().split("\n");
    return { account_id, environment_id, secret };
  }

  /** Removes all records and applies the configuration again. */
  reset(): void {
    const now = this.clock();
    const core = this.live(now);
    if (this.run(() => core.reset(now)) === 0) throw new Error(this.text());
    this.#saved = undefined;
  }

  /**
   * The tokens of a registrar that was given none, from candidates. Here they are the candidates; a store may have those of the
   * first start.
   */
  admit(candidates: readonly TokenOptions[], _accountId: string): readonly TokenOptions[] {
    return candidates;
  }

  /** Starts as a new registrar of this configuration. */
  restart(config: CoreConfig, seed: SeedConfig, now: number): void {
    this.open(config, seed, now);
  }

  /** Closes the store. Here there is none. */
  close(): void {}

  /** The whole state, for {@link restore}. */
  snapshot(): Uint8Array {
    const core = this.live();
    if (this.run(() => core.snapshot()) === 0) throw new Error(this.text());
    const snapshot = this.#output().slice();
    this.run(() => core.discard());
    this.#saved = snapshot.slice();
    return snapshot;
  }

  /** Returns `false` if the bytes are no snapshot. Then, and if it throws, nothing has changed. */
  restore(snapshot: Uint8Array): boolean {
    if (snapshot.length > SNAPSHOT_LIMIT) return false;
    // If memory does not suffice for both states, the instance traps, and the old state is needed again.
    if (snapshot.length > LONG_SNAPSHOT) this.snapshot();
    const core = this.live();
    try {
      this.write(core, [], snapshot);
      if (this.run(() => core.restore()) === 0) {
        const message = this.text();
        if (message === "") return false;
        throw new Error(message);
      }
    } catch (cause) {
      if (this.#core === undefined) return false;
      throw cause;
    }
    this.#saved = snapshot.slice();
    return true;
  }

  protected live(now?: number): InitOutput {
    return this.#core ?? this.#restart(now ?? this.clock());
  }

  /** Starts another instance and restores the state. */
  #restart(now: number): InitOutput {
    const core = this.#instantiate();
    try {
      this.configure(core, this.#config, now);
      if (this.#saved !== undefined) this.#load(core, this.#saved);
    } catch (cause) {
      this.#core = undefined;
      throw cause;
    }
    return core;
  }

  #load(core: InitOutput, saved: Uint8Array): void {
    try {
      this.write(core, [], saved);
      core.restore();
    } catch (cause) {
      // The snapshot itself breaks the core: the next instance starts without it.
      if (!isStackEnd(cause)) this.#saved = undefined;
      throw cause;
    }
  }

  #instantiate(): InitOutput {
    let core: InitOutput;
    try {
      core = new WebAssembly.Instance(this.#module, this.imports()).exports as unknown as InitOutput;
    } catch (cause) {
      throw explained(cause);
    }
    if (typeof core.numbers !== "function") throw wrongModule(this.fileName);
    this.#numbersAddress = core.numbers() >>> 0;
    this.#refresh(core);
    this.#core = core;
    return core;
  }

  /** The imports of the module. Only the one with a database has any. */
  protected imports(): WebAssembly.Imports | undefined {
    return undefined;
  }

  protected get fileName(): string {
    return "service.wasm";
  }

  protected configure(core: InitOutput, config: Uint8Array, now: number): void {
    this.write(core, [], config);
    if (this.run(() => core.open(now)) !== 1) throw new TypeError(this.text());
  }

  protected get hasCore(): boolean {
    return this.#core !== undefined;
  }

  /** Drops the instance. The next call starts another one. */
  protected drop(): void {
    this.#core = undefined;
  }

  /** A view of the core's current memory. */
  protected get bytes(): Uint8Array {
    if (this.#bytes.length === 0) this.#refresh(this.#core as InitOutput);
    return this.#bytes;
  }

  /** Runs one call of the core. */
  protected run<Result>(call: () => Result): Result {
    try {
      return call();
    } catch (cause) {
      this.#core = undefined;
      throw cause;
    }
  }

  /** Recreates the views of memory. */
  #refresh({ memory: { buffer } }: InitOutput): void {
    this.#bytes = new Uint8Array(buffer);
    this.#numbers = new Uint32Array(buffer, this.#numbersAddress, COUNT);
    this.#buffer = new Uint8Array(buffer, this.#numbers[BUFFER], this.#numbers[BUFFER + 1]);
  }

  /** Writes the parts of a call into the request buffer: texts, then bytes. */
  protected write(core: InitOutput, texts: readonly (string | null | undefined)[], bytes: Uint8Array = NO_BYTES): void {
    let text = "";
    // Loose equality: `Headers.get` returns `null` for an absent header.
    for (const part of texts) if (part != null) text += part;
    this.#reserve(core, text.length * UTF8_MOST + bytes.length);
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
  #reserve(core: InitOutput, size: number): void {
    if (this.#bytes.length === 0) this.#refresh(core);
    if (size <= this.#buffer.length && this.#buffer.length === this.#numbers[BUFFER + 1]) return;
    const address = this.run(() => core.reserve(size));
    this.#refresh(core);
    if (address === 0) throw new Error("the request does not fit into the core's memory");
  }

  protected answer<Body>(status: number, reader: AnswerReader<Body>): AnswerWith<Body> {
    if (status === 0) throw new Error("the core gave no answer");
    if (this.#bytes.length === 0) this.#refresh(this.#core as InitOutput);
    const numbers = this.#numbers;
    const memory = this.#bytes;
    if (numbers[CAUSE + 1] !== 0 && !this.isWatched) reportCause(this.#textAt(REQUEST_ID), this.#textAt(CAUSE));
    const head = numbers[OUTPUT] as number;
    const body = head + (numbers[OUTPUT + 1] as number);
    const id = numbers[REQUEST_ID] as number;
    // PERF(bytes): not taking the plain head apart buys 8 % of a create and 20 % of a ping (Node 20, 2026-11).
    const headers =
      numbers[PLAIN] === 1
        ? plainHead(reader.text(memory, id, id + (numbers[REQUEST_ID + 1] as number)))
        : headerList(reader.text(memory, head, body));
    const answer = { status, headers, body: reader.body(memory, body, body + (numbers[OUTPUT + 2] as number)) };
    return this.isWatched ? { ...answer, trace: this.#trace() } : answer;
  }

  #trace(): Trace {
    const text = (index: number): string | undefined => (this.#numbers[index + 1] === 0 ? undefined : this.#textAt(index));
    const address = this.#numbers[OPERATION] as number;
    const operation = this.#operations.get(address) ?? text(OPERATION);
    if (operation !== undefined) this.#operations.set(address, operation);
    return { operation, account: text(ACCOUNT_ID), cause: text(CAUSE) };
  }

  /** The size of the core's memory in bytes. */
  get memoryBytes(): number {
    return this.#core?.memory.buffer.byteLength ?? 0;
  }

  /** The output of a call that is no answer. */
  #output(): Uint8Array<ArrayBuffer> {
    if (this.#bytes.length === 0) this.#refresh(this.#core as InitOutput);
    const start = (this.#numbers[OUTPUT] as number) + (this.#numbers[OUTPUT + 1] as number);
    return this.#bytes.subarray(start, start + (this.#numbers[OUTPUT + 2] as number));
  }

  protected text(): string {
    return decoder.decode(this.#output());
  }

  /** The text whose address and length begin at this index of the numbers. */
  #textAt(index: number): string {
    const start = this.#numbers[index] as number;
    return decoder.decode(this.#bytes.subarray(start, start + (this.#numbers[index + 1] as number)));
  }
}
