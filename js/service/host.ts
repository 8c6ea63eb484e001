/**
 * The JavaScript side of the binding in wasm/src/service.rs: one registrar's core, in an instance of its own. Its memory is in
 * core-memory.ts.
 *
 * @module
 */
import type { InitOutput } from "../../build/service/service.js";
import { explained, wrongModule } from "../wasm/load.js";
import type { Answer, AnswerWith } from "./answer.js";
import { CoreMemory, isMemoryEnd, PROGRESS_LENGTH, REQUESTS } from "./core-memory.js";
import { type AnswerReader, type CoreConfig, type CoreDefaults, copyingReader, type DeferredRequest } from "./core-types.js";
import { reportCause, StateLostError } from "./errors.js";
import type { RequestHeaders } from "./request.js";
import type { SeedConfig, TokenOptions } from "./tokens.js";

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

const encoder = new TextEncoder();

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
  /** The memory of the latest instance. */
  #memory: CoreMemory | undefined;
  #config: object = {};
  #isLost = false;
  /** The number of the last snapshot. */
  #snapshots = 0;
  readonly #holdsRecords: boolean;
  /** How far the registrar had come after its last answer. */
  readonly #progress = new Uint32Array(PROGRESS_LENGTH);
  /** Whether answers have a trace. Otherwise causes of errors go to the console. */
  isWatched = false;

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
    this.writeRequest(method, target, headers, body);
    return this.answer(
      this.run(() => core.handle(now)),
      reader,
    );
  }

  /** The answer to a request that its head refuses; `undefined` if the body, of at least `length` bytes, decides. */
  refuseByHead(method: string, target: string, headers: RequestHeaders, length: number): Answer | undefined {
    const now = this.clock();
    const core = this.live(now);
    this.writeRequest(method, target, headers, NO_BYTES);
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
    this.writeRequest(method, target, headers, NO_BYTES);
    const found = this.run(() => core.destination(now)) >>> 0;
    return found === HERE || found >= ACCOUNTS ? found : this.answer(found, copyingReader);
  }

  /**
   * Answers one request, at once here; a core with a database gives the answer once its transaction is committed. If the request waits,
   * returns a function that gives it up: unless it has begun, it is not carried out, and has no answer.
   */
  respond({ method, target, headers, body, reader, done, fail }: DeferredRequest): (() => void) | undefined {
    let answer: AnswerWith<unknown>;
    try {
      answer = this.handle(method, target, headers, body, reader);
    } catch (cause) {
      fail(cause);
      return undefined;
    }
    done(answer);
    return undefined;
  }

  /** Calls `call` when the requests that wait are carried out: at once here. */
  afterWaiting(call: () => void): void {
    call();
  }

  /** The answer to `GET /readyz`, which depends on no request. */
  readiness(): Answer {
    return this.handle("GET", "/readyz", {}, NO_BYTES, copyingReader);
  }

  protected writeRequest(method: string, target: string, headers: RequestHeaders, body: Uint8Array): void {
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
    this.write(texts, body);
  }

  /** Makes the error answer of a status. Without a message, it gets that of an unexpected error. */
  refuse(status: number, message: string | undefined, { accept, origin }: RequestHeaders): Answer {
    const core = this.live();
    this.write([message, accept, origin]);
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
      const piece = (this.#memory as CoreMemory).output().slice();
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
    const before = { core: this.#core, memory: this.#memory, isLost: this.#isLost };
    let isRestored = false;
    try {
      const core = this.#start(now);
      this.write([], snapshot);
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

  #putBack({ core, memory, isLost }: { core: InitOutput | undefined; memory: CoreMemory | undefined; isLost: boolean }): void {
    this.#core = core;
    this.#memory = memory;
    this.#isLost = isLost;
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
    this.#memory = new CoreMemory(core, (size) => this.run(() => core.reserve(size)));
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
    this.write([], config);
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
    return (this.#memory as CoreMemory).bytes;
  }

  /** Runs one call of the core. */
  protected run<Result>(call: () => Result): Result {
    try {
      return call();
    } catch (cause) {
      // As `drop`, without a call: after a stack overflow there may be no stack left for one.
      this.#core = undefined;
      this.#isLost = this.#holdsRecords;
      throw cause;
    }
  }

  /** Writes the parts of a call into the request buffer: texts, then bytes. */
  protected write(texts: readonly (string | null | undefined)[], bytes?: Uint8Array): void {
    (this.#memory as CoreMemory).write(texts, bytes);
  }

  protected answer<Body>(status: number, reader: AnswerReader<Body>): AnswerWith<Body> {
    if (status === 0) throw new Error("the core gave no answer");
    const memory = this.#memory as CoreMemory;
    // Before the answer is copied, for which memory may not suffice.
    memory.readProgress(this.#progress);
    if (!this.isWatched && memory.cause !== undefined) reportCause(memory.requestId, memory.cause);
    const answer = memory.answer(status, reader);
    return this.isWatched ? { ...answer, trace: memory.trace() } : answer;
  }

  /** The size of the core's memory in bytes. */
  get memoryBytes(): number {
    return this.#core?.memory.buffer.byteLength ?? 0;
  }

  /** The output of a call that is no answer, as a text. */
  protected text(): string {
    return (this.#memory as CoreMemory).text();
  }
}
