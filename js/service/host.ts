/**
 * The JavaScript side of the binding in wasm/src/service.rs: one registrar's core, in an instance of its own.
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
import { explained, wrongModule } from "../wasm/load.js";
import { type Answer, type AnswerWith, headerList, plainHead, type Trace } from "./answer.js";
import { type AnswerReader, type CoreConfig, type CoreDefaults, copyingReader, type DeferredRequest } from "./core-types.js";
import { reportCause, StateLostError } from "./errors.js";
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
const PROGRESS = 24;
const COUNT = 30;
/** How many of the numbers from `PROGRESS` on are about request ids. */
const REQUESTS = 2;
const ABSENT = 0xffff_ffff;

/** The request belongs here: this registrar answers it. */
export const HERE = 0;
/** The request is about all accounts. */
export const ACCOUNTS = 0x1_0000;
/** The request belongs to the account of the partition in the lower 30 bits. */
export const ACCOUNT = 0x4000_0000;

/** What `snapshot` of the core gives if there are further pieces. */
const MORE = 1;

const NO_BYTES = new Uint8Array(0);
/** The core's memory is at most 4 GiB and has to hold the snapshot, the old state and the new state at once. */
const SNAPSHOT_LIMIT = 1024 * 1024 * 1024;

/** The most bytes that UTF-8 takes for one UTF-16 unit. */
const UTF8_MOST = 3;

const NO_ROOM = "the request does not fit into the core's memory";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * The core of one registrar. An exception out of the core (a trap, or a stack overflow within it) leaves the instance
 * halfway through a change, so the instance is dropped. If it held records, every call throws a {@link StateLostError} until
 * `reset` or `restore` starts another one; otherwise the next call does. What a registrar never gives twice goes on: ids and
 * request ids.
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
  #config: object = {};
  #isLost = false;
  /** The number of the last snapshot. */
  #snapshots = 0;
  readonly #holdsRecords: boolean;
  /** How far the registrar had come after its last answer. */
  readonly #progress = new Uint32Array(COUNT - PROGRESS);
  /** Whether answers have a trace. Otherwise causes of errors go to the console. */
  isWatched = false;
  /** The names of operations, by their addresses. */
  readonly #operations = new Map<number, string>();

  constructor(module: WebAssembly.Module, clock: () => number, holdsRecords: boolean) {
    this.#module = module;
    this.clock = clock;
    this.#holdsRecords = holdsRecords;
  }

  /** Whether the records were lost in a trap. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Sets the registrar up. Throws a `TypeError` if the core refuses the configuration. */
  open(config: CoreConfig, seed: SeedConfig, now: number): void {
    const whole = { ...config, ...seed };
    this.configure(this.#core ?? this.#instantiate(), encoder.encode(JSON.stringify(whole)), now);
    this.#config = whole;
    this.#isLost = false;
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
    if (this.#isLost) {
      this.#start(now);
      this.#isLost = false;
      return;
    }
    const core = this.live(now);
    if (this.run(() => core.reset(now, 0)) === 0) throw new Error(this.text());
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
    const pieces = [...this.pieces()];
    const snapshot = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
    let length = 0;
    for (const piece of pieces) {
      snapshot.set(piece, length);
      length += piece.length;
    }
    return snapshot;
  }

  /** The same in pieces. Throws an `Error` where the registrar was changed since the first, or another snapshot was begun. */
  *pieces(): Generator<Uint8Array, void, undefined> {
    const id = ++this.#snapshots;
    for (let result = MORE, isFirst = true; result === MORE; isFirst = false) {
      if (id !== this.#snapshots) throw new Error("another snapshot was begun while this one was taken");
      const core = this.live();
      result = this.run(() => core.snapshot(isFirst ? 1 : 0));
      if (result === 0) throw new Error(this.text());
      const piece = this.#output().slice();
      if (result !== MORE) this.run(() => core.discard());
      yield piece;
    }
  }

  /**
   * Restores a snapshot into another instance, which then takes the place of this one: so it costs nothing if memory does not
   * suffice. Returns `false` if the bytes are no snapshot. Then, and if it throws, nothing has changed.
   */
  restore(snapshot: Uint8Array): boolean {
    if (snapshot.length > SNAPSHOT_LIMIT) return false;
    const now = this.clock();
    const before = { core: this.#core, numbersAddress: this.#numbersAddress, isLost: this.#isLost };
    let isRestored = false;
    try {
      const core = this.#start(now);
      this.write(core, [], snapshot);
      isRestored = core.restore() !== 0;
      if (!isRestored && this.text() !== "") throw new Error(this.text());
    } catch (cause) {
      if (!(cause instanceof Error) || isMemoryEnd(cause)) {
        throw new RangeError("snapshot: there is no room to restore it; nothing has changed", { cause });
      }
      throw cause;
    } finally {
      if (isRestored) this.#isLost = false;
      else this.#putBack(before);
    }
    return isRestored;
  }

  #putBack({ core, numbersAddress, isLost }: { core: InitOutput | undefined; numbersAddress: number; isLost: boolean }): void {
    this.#core = core;
    this.#numbersAddress = numbersAddress;
    this.#isLost = isLost;
    if (core !== undefined) this.#refresh(core);
  }

  protected live(now?: number): InitOutput {
    if (this.#isLost) throw new StateLostError();
    return this.#core ?? this.#start(now ?? this.clock());
  }

  /** Starts another instance from the configuration. It goes on with request ids, and, in memory, with ids. */
  #start(now: number): InitOutput {
    const isLost = this.#isLost;
    const resume = Array.from(this.#progress, (half, index) => (index < REQUESTS || isLost ? half : 0));
    const core = this.#instantiate();
    try {
      this.configure(core, encoder.encode(JSON.stringify({ ...this.#config, resume })), now);
    } catch (cause) {
      this.#core = undefined;
      throw cause;
    }
    return core;
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

  /** Drops the instance. The next call starts another one, unless it held records. */
  protected drop(): void {
    this.#core = undefined;
    this.#isLost = this.#holdsRecords;
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
      this.drop();
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
    if (address === 0) throw new Error(NO_ROOM);
  }

  protected answer<Body>(status: number, reader: AnswerReader<Body>): AnswerWith<Body> {
    if (status === 0) throw new Error("the core gave no answer");
    if (this.#bytes.length === 0) this.#refresh(this.#core as InitOutput);
    const numbers = this.#numbers;
    const memory = this.#bytes;
    for (let index = 0; index < COUNT - PROGRESS; index++) this.#progress[index] = numbers[PROGRESS + index] as number;
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

/** Whether memory, or the stack, did not suffice. A trap of the core is either, or a fault of its own. */
function isMemoryEnd(cause: Error): boolean {
  return cause instanceof WebAssembly.RuntimeError || cause instanceof RangeError || cause.message === NO_ROOM;
}
