import type { InitOutput as CoreExports } from "../../build/service/service.js";
import type { InitOutput as SqlExports } from "../../build/service-sql/service-sql.js";
import type { Answer, AnswerWith } from "../service/answer.js";
import { type AnswerReader, copyingReader, type CoreConfig, type DeferredRequest } from "../service/core-types.js";
import { CoreHost } from "../service/host.js";
import type { SeedConfig, TokenOptions } from "../service/tokens.js";
import type { RequestHeaders } from "../service/request.js";
import { NOT_ENDED, type SqlConnection, type SqlFailure } from "./connection.js";
import { deliver, settle } from "./deliver.js";
import { openError, StoreError, storeError } from "./error.js";
import { SqlImports } from "./imports.js";
import { RequestQueue } from "./queue.js";
import { LAST, MAY_WRITE, OPENED, REFUSED, ROLL_BACK, WROTE } from "./results.js";

type RequestParts = Pick<DeferredRequest, "method" | "target" | "headers" | "body">;

/**
 * The core of a registrar whose records live in an SQL database.
 *
 * Each unit of work runs in a transaction, and its answer is given after the commit. With `Connection.later`, the requests of
 * one turn of the event loop share a transaction (group commit), as many as are carried out in some milliseconds
 * ({@link RequestQueue}). If one of them needs a rollback, all are rolled back, and each runs again by itself. A long request has a
 * transaction of its own.
 */
export class SqlCore extends CoreHost {
  readonly #connection: SqlConnection;
  /** Names the database in messages. */
  readonly #name: string;
  readonly #imports: SqlImports;
  readonly #queue = new RequestQueue({
    alone: (request) => this.#alone(request),
    lead: (first, end) => this.#lead(first, end),
  });
  #isClosed = false;
  #isRunning = false;

  constructor(module: WebAssembly.Module, clock: () => number, connection: SqlConnection, name: string) {
    super(module, clock, false);
    this.#connection = connection;
    this.#name = name;
    this.#imports = new SqlImports(connection, () => this.bytes);
  }

  protected override imports(): WebAssembly.Imports {
    return { sql: this.#imports.functions };
  }

  protected override get fileName(): string {
    return "service-sql.wasm";
  }

  protected override live(now?: number): CoreExports {
    if (this.#isClosed) throw new StoreError("closed", `${this.#name}: the registrar was closed`);
    // A call within a call, such as by the clock of the options, would end the open transaction.
    if (this.#isRunning) throw new Error("the registrar was called while it carries out a request");
    return super.live(now);
  }

  #core(now?: number): SqlExports {
    return this.live(now) as unknown as SqlExports;
  }

  protected override configure(core: CoreExports, config: Uint8Array, now: number): void {
    try {
      this.write([], config);
      const result = this.#whole(() => core.open(now));
      if (result === REFUSED) throw new TypeError(this.text());
      if (result !== OPENED) throw openError(this.#name, this.text());
    } catch (cause) {
      // This instance has no registrar, or an outdated one.
      this.drop();
      throw cause;
    }
  }

  override reset(): void {
    this.#overtakeNone();
    this.#reset(false);
  }

  /** With `anew`, ids and request ids start again, too. */
  #reset(anew: boolean): void {
    const now = this.clock();
    const core = this.#core(now);
    try {
      if (this.#whole(() => core.reset(now, anew ? 1 : 0)) !== OPENED) throw openError(this.#name, this.text());
    } catch (cause) {
      // The core may believe that it was reset.
      this.drop();
      throw cause;
    }
  }

  override restart(config: CoreConfig, seed: SeedConfig, now: number): void {
    this.#overtakeNone();
    this.open(config, seed, now);
    this.#reset(true);
  }

  override admit(candidates: readonly TokenOptions[], accountId: string): readonly TokenOptions[] {
    return this.#connection.admit?.(candidates, accountId) ?? candidates;
  }

  override pieces(): never {
    return this.snapshot();
  }

  override snapshot(): never {
    throw this.#notInMemory("snapshot");
  }

  override restore(): never {
    throw this.#notInMemory("restore");
  }

  #notInMemory(call: string): TypeError {
    return new TypeError(`${call}: only registrars in memory have snapshots. Copy the records of ${this.#name} by export and import.`);
  }

  /** Removes at most so many records of expired idempotency keys. Returns how many there were. */
  forgetAnswers(atMost: number): number {
    const now = this.clock();
    const core = this.#core(now);
    const isDone = (result: number): boolean => result > 0;
    return this.#whole(() => core.forget_answers(now, atMost), isDone) - 1;
  }

  /** Runs a call of the core in a transaction of its own, which is kept if the call succeeded. Returns what it returned. */
  #whole(call: () => number, isDone: (result: number) => boolean = (result) => result === OPENED): number {
    let result: number | undefined;
    let isEntered = false;
    this.#imports.clear();
    try {
      this.#connection.transaction(() => {
        isEntered = true;
        result = this.run(call);
        return isDone(result) && this.#imports.failure === undefined;
      });
    } catch (cause) {
      // The core trapped.
      if (isEntered && result === undefined) throw cause;
      throw storeError(this.#name, this.#imports.failure ?? this.#connection.explain(cause), cause);
    }
    if (this.#imports.failure !== undefined) throw storeError(this.#name, this.#imports.failure);
    return result ?? REFUSED;
  }

  override handle<Body>(
    method: string,
    target: string,
    headers: RequestHeaders,
    body: Uint8Array,
    reader: AnswerReader<Body>,
  ): AnswerWith<Body> {
    this.#overtakeNone();
    return this.#carryOut({ method, target, headers, body }, reader);
  }

  #carryOut<Body>(request: RequestParts, reader: AnswerReader<Body>): AnswerWith<Body> {
    const now = this.clock();
    const core = this.#core(now);
    this.#isRunning = true;
    try {
      if (!this.#start(core, request, now)) this.#steps(core);
      else if (!this.#stepByStep(core, this.#connection.later !== undefined)) {
        this.#start(core, request, now);
        this.#stepByStep(core, false);
      }
      return this.#finish(core, reader);
    } finally {
      this.#isRunning = false;
    }
  }

  override refuseByHead(method: string, target: string, headers: RequestHeaders, length: number): Answer | undefined {
    this.#imports.clear();
    return super.refuseByHead(method, target, headers, length);
  }

  override respond(request: DeferredRequest): (() => void) | undefined {
    const { later } = this.#connection;
    // PERF(durable): a read has nothing to commit, a long request has a commit of its own, and with nobody before them nothing is to be waited for.
    const isAlone = request.isLong === true || request.method === "GET" || request.method === "HEAD";
    if (later === undefined || (isAlone && this.#queue.waiting.length === 0)) {
      this.#alone(request);
      return undefined;
    }
    this.#queue.add(request, later);
    return () => this.#queue.giveUp(request);
  }

  override afterWaiting(call: () => void): void {
    const { later } = this.#connection;
    if (later === undefined || this.#queue.waiting.length === 0) call();
    else this.#queue.add(call, later);
  }

  /** It sees nothing of what requests write, so those that wait go on waiting. */
  override readiness(): Answer {
    return this.#carryOut({ method: "GET", target: "/readyz", headers: {}, body: new Uint8Array(0) }, copyingReader);
  }

  override close(): void {
    if (this.#isClosed) return;
    this.#queue.flush();
    this.#isClosed = true;
    this.#connection.close();
  }

  /** Carries out all requests that wait, before one that does not: it sees what they write. */
  #overtakeNone(): void {
    if (this.#queue.waiting.length > 0 && !this.#isRunning) this.#queue.flush();
  }

  /** Carries out the first of several requests, or as many as begin before `end` in one transaction if the first may write. */
  #lead(first: DeferredRequest, end: number): void {
    let core: SqlExports;
    let isTogether: boolean;
    try {
      const now = this.clock();
      core = this.#core(now);
      isTogether = this.#start(core, first, now);
    } catch (cause) {
      this.#queue.waiting.shift();
      deliver(() => first.fail(cause));
      return;
    }
    if (isTogether) {
      this.#together(core, end);
      return;
    }
    this.#queue.waiting.shift();
    settle(first, () => {
      this.#steps(core);
      return this.#finish(core, first.reader);
    });
  }

  /**
   * Carries out as many requests in one transaction as begin before `end`. The first one is started. Calls among them come after the
   * commit, each in its turn.
   */
  #together(core: SqlExports, end: number): void {
    const { waiting } = this.#queue;
    const requests: DeferredRequest[] = [];
    const calls: (() => void)[] = [];
    const answers: AnswerWith<unknown>[] = [];
    let isEntered = false;
    let isCommitted = false;
    let refusal: SqlFailure | undefined;
    this.#imports.clear();
    this.#isRunning = true;
    try {
      this.#connection.transaction(() => {
        isEntered = true;
        core.begin_group();
        for (const next of waiting) {
          if (typeof next === "function") {
            calls.push(next);
            continue;
          }
          if (requests.length > 0 && (next.isLong === true || performance.now() >= end)) break;
          requests.push(next);
          if (requests.length > 1) this.#start(core, next, this.clock());
          if (!this.#steps(core)) return false;
          answers.push(this.#finish(core, next.reader));
        }
        isCommitted = this.#endGroup(core);
        return isCommitted;
      });
    } catch (cause) {
      isCommitted = false;
      if (!isEntered) refusal = this.#connection.explain(cause);
    } finally {
      this.#isRunning = false;
    }
    if (this.hasCore) this.run(() => core.settle(isCommitted ? 1 : 0));
    // The first one is taken off in any case. Without a transaction none of those that wait is tried again: each would wait for the lock
    // of another program.
    const count = isEntered ? Math.max(1, requests.length + calls.length) : waiting.length;
    this.#queue.noteGroup(count);
    if (isCommitted) {
      waiting.splice(0, count, ...calls);
      requests.forEach((request, index) => deliver(() => request.done(answers[index] as AnswerWith<unknown>)));
      return;
    }
    for (const next of waiting.slice(0, count)) {
      // A call of the program that was just answered may have given up some of those behind it, or carried them out.
      if (!waiting.includes(next)) continue;
      waiting.splice(waiting.indexOf(next), 1);
      if (typeof next === "function") deliver(next);
      else this.#alone(next, refusal);
    }
  }

  /** Carries out one request. With `refusal`, for which no transaction could be opened just now, it is not tried again. */
  #alone(request: DeferredRequest, refusal?: SqlFailure): void {
    settle(request, () => {
      const { reader } = request;
      if (refusal === undefined) return this.#carryOut(request, reader);
      const now = this.clock();
      const core = this.#core(now);
      if (this.#start(core, request, now)) this.run(() => core.not_begun(this.#imports.leave(refusal)));
      else this.#steps(core);
      return this.#finish(core, reader);
    });
  }

  /** Begins a request. Returns whether it may write. */
  #start(core: SqlExports, { method, target, headers, body }: RequestParts, now: number): boolean {
    this.#imports.clear();
    this.writeRequest(method, target, headers, body);
    const result = this.run(() => core.start(now));
    if (result === 0) throw new Error("the core has no registrar");
    return result === MAY_WRITE;
  }

  /** Runs all units of a request. Returns false as soon as one needs a rollback. */
  #steps(core: SqlExports): boolean {
    for (;;) {
      const step = this.#step(core);
      if ((step & ROLL_BACK) !== 0 || this.#imports.failure !== undefined) return false;
      if ((step & LAST) !== 0) return true;
    }
  }

  #step(core: SqlExports): number {
    const step = this.run(() => core.step());
    if (step === 0) throw new Error("the core has no request");
    return step;
  }

  /**
   * Runs all units of a request, each in a transaction of its own, or with `isWhole` as many in one as need no rollback: where a commit
   * waits for the disk, because a bulk request has a thousand items. Returns false if a later unit needs a rollback, or the transaction
   * failed. Then none of them has happened, and each needs a transaction of its own.
   */
  #stepByStep(core: SqlExports, isWhole: boolean): boolean {
    let result = this.#transactedStep(core, isWhole);
    while (result === "go on") result = this.#transactedStep(core, false);
    return result === "done";
  }

  /** Runs one unit in a transaction of its own, or with `isWhole` all that are left. */
  #transactedStep(core: SqlExports, isWhole: boolean): "done" | "go on" | "again" {
    let step = 0;
    let units = 0;
    let isEntered = false;
    let isKept = false;
    let failure: SqlFailure | undefined;
    this.#imports.clear();
    try {
      this.#connection.transaction(() => {
        isEntered = true;
        if (isWhole) core.begin_group();
        do {
          step = 0;
          step = this.#step(core);
          units += 1;
          isKept = (step & ROLL_BACK) === 0 && this.#imports.failure === undefined;
        } while (isWhole && isKept && (step & LAST) === 0);
        if (isWhole && isKept) isKept = this.#endGroup(core);
        return isKept;
      });
      // An answer of a unit that counts as written must not outlive its rollback.
      if (!isKept && (step & WROTE) !== 0) failure = this.#imports.failure ?? NOT_ENDED;
    } catch (cause) {
      // The core trapped.
      if (isEntered && (step === 0 || !this.hasCore)) throw cause;
      isKept = false;
      failure = this.#connection.explain(cause);
    }
    this.run(() => core.settle(isKept ? 1 : 0));
    if (!isKept && units > 1) return "again";
    if (failure === undefined) return (step & LAST) === 0 ? "go on" : "done";
    const code = this.#imports.leave(failure);
    this.run(() => (isEntered ? core.not_committed(code) : core.not_begun(code)));
    return "done";
  }

  /** Writes what the core has put off until the end of a transaction of several units. Returns whether it can be committed. */
  #endGroup(core: SqlExports): boolean {
    return this.run(() => core.end_group()) !== 0 && this.#imports.failure === undefined;
  }

  #finish<Body>(core: SqlExports, reader: AnswerReader<Body>): AnswerWith<Body> {
    const answer = this.run(() => core.finish());
    return this.answer(answer, reader);
  }
}
