import { __wbg_reset_state, Core, initSync } from "../../build/service/service.js";
import type { Answer } from "./answer.js";

/** Turns into the core's JSON configuration. */
export interface CoreConfig {
  readonly accounts?: readonly unknown[] | undefined;
  readonly tokens: readonly unknown[];
  readonly seed: string;
  readonly cors: readonly string[];
}

/** The request headers that the core looks at. Node's `IncomingMessage.headers` fits. */
export interface RequestHeaders {
  readonly authorization?: string | undefined;
  readonly "content-type"?: string | undefined;
  readonly accept?: string | undefined;
  readonly origin?: string | undefined;
  readonly "access-control-request-method"?: string | undefined;
  readonly "access-control-request-headers"?: string | undefined;
}

/** Without a prototype: "constructor" is a method that a request may have. */
const METHODS: Readonly<Record<string, number>> = Object.assign(Object.create(null) as object, {
  GET: 0,
  HEAD: 1,
  POST: 2,
  PUT: 3,
  DELETE: 4,
  OPTIONS: 5,
  PATCH: 6,
});
const OTHER_METHOD = 7;
/** Tells the core that a header is not there; wasm reads it as `u32::MAX`. */
const ABSENT = -1;
/** Tells the core that a header has the value that it nearly always has, which then need not be handed over. */
const USUAL = -2;
const USUAL_TYPE = "application/json";
const USUAL_ACCEPT = "*/*";
/** The least room for requests that is asked for, and the most that is kept (`KEPT_INPUT` in src/wasm/service.rs). */
const LEAST_INPUT = 16 * 1024;
const MOST_INPUT = 256 * 1024;
/** Where the request's id stands in the head of an answer, and how long it is. */
const ID_START = "x-request-id: ".length;
const ID_LENGTH = 32;
const NO_BODY = new Uint8Array(0);
/** The core's memory ends at 4 GiB, and holds a snapshot beside the state that was and the one that is to be. */
const SNAPSHOT_LIMIT = 1024 * 1024 * 1024;
/** From here on it is not taken for granted that there is room. */
const LONG_SNAPSHOT = 64 * 1024 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * The module's one instance. The generated glue knows only one at a time, so all registrars of a process live in it,
 * and `generation` tells a registrar that its own was replaced.
 */
let memory: WebAssembly.Memory | undefined;
let generation = 0;
let view: Uint8Array = NO_BODY;
let numbers = new Uint32Array(0);
/** Whose call into the core has begun and not come to its end: what it left behind is not to be trusted. */
let broken: Engine | undefined;

/** All that are in use, so that a trap in one costs the others nothing. Older Workers runtimes have no weak references. */
const engines = new Set<WeakRef<Engine>>();
const collected =
  typeof FinalizationRegistry === "undefined"
    ? undefined
    : new FinalizationRegistry<WeakRef<Engine>>((reference) => engines.delete(reference));

function wasmMemory(module: WebAssembly.Module): WebAssembly.Memory {
  return (memory ??= initSync({ module }).memory);
}

/** The whole memory; growing it detaches the view before. */
function bytes(): Uint8Array {
  const buffer = (memory as WebAssembly.Memory).buffer;
  if (view.buffer !== buffer) {
    numbers = new Uint32Array(buffer);
    view = new Uint8Array(buffer);
  }
  return view;
}

/**
 * Makes an answer of the bytes in wasm memory, which are only good until the call is over. The head, lines
 * `name: value\n` in ASCII, is followed by the body. A plain head has the headers of most
 * answers, of which only the request's id differs (`Answer::is_plain` in src/api/http.rs).
 */
export type AnswerReader<Read> = (
  status: number,
  memory: Uint8Array,
  head: number,
  body: number,
  end: number,
  isPlain: boolean,
) => Read;

/** The headers in the head between two places; of a plain one only the request's id is read. */
export function headersIn(head: number, end: number, isPlain: boolean, read: (from: number, to: number) => string): string[] {
  if (!isPlain) return headerList(read(head, end));
  const id = read(head + ID_START, head + ID_START + ID_LENGTH);
  return ["x-request-id", id, "cache-control", "no-store", "content-type", "application/json"];
}

/** A copy of everything. */
export const readAnswer: AnswerReader<Answer> = (status, memory, head, body, end, isPlain) => ({
  status,
  headers: headersIn(head, body, isPlain, (from, to) => decoder.decode(memory.subarray(from, to))),
  body: memory.slice(body, end),
});

/**
 * One registrar's core, which outlives a trap of the wasm.
 *
 * @internal
 */
export class Engine {
  readonly #module: WebAssembly.Module;
  readonly #config: CoreConfig;
  #core: Core;
  #generation: number;
  /** Where requests are written, and how much room there is: known until more is needed. */
  #input = 0;
  #room = 0;
  /** The same place as bytes; another one once memory has grown. */
  #inputView: Uint8Array = NO_BODY;
  /** Where the numbers about an answer stand. */
  #outcome = 0;
  /** What to start from when the instance is lost; absent: from the configuration. */
  #saved: Uint8Array | undefined;

  /** A configuration that the core refuses throws a `TypeError`. */
  constructor(module: WebAssembly.Module, config: CoreConfig, now: number) {
    this.#module = module;
    this.#config = config;
    this.#core = this.#build(now);
    this.#generation = generation;
    if (collected !== undefined) {
      const reference = new WeakRef(this);
      engines.add(reference);
      collected.register(this, reference);
    }
  }

  #build(now: number): Core {
    if (broken !== undefined) Engine.#replaceInstance(this.#module);
    memory = wasmMemory(this.#module);
    try {
      return this.#guarded(() => new Core(encoder.encode(JSON.stringify(this.#config)), now));
    } catch (cause) {
      // A refusal says everything in its message; a trap has more to tell.
      throw new TypeError(cause instanceof Error ? cause.message : String(cause), isBreakdown(cause) ? { cause } : undefined);
    }
  }

  /** The core, made again when its instance is gone. */
  #live(now: number): Core {
    if (broken !== undefined) Engine.#replaceInstance(this.#module);
    if (this.#generation !== generation) {
      const core = this.#build(now);
      const saved = this.#saved;
      try {
        if (saved !== undefined) this.#guarded(() => core.restore(saved));
      } catch (cause) {
        // It is what breaks the core: the next one does without.
        if (!isStackEnd(cause)) this.#saved = undefined;
        throw cause;
      }
      this.#core = core;
      this.#generation = generation;
      this.#room = 0;
    }
    return this.#core;
  }

  /** The ids that stand for "the account" and "the environment" where nothing else is said. */
  defaults(now: number): { account_id: string; environment_id: string } {
    const core = this.#live(now);
    const [account_id, environment_id] = this.#guarded(() => core.defaults() as [string, string]);
    return { account_id, environment_id };
  }

  /** Runs what calls the core. What the core itself refuses leaves it as it was. */
  #guarded<Result>(work: () => Result): Result {
    broken = this;
    try {
      const result = work();
      broken = undefined;
      return result;
    } catch (cause) {
      if (!isBreakdown(cause)) broken = undefined;
      throw cause;
    }
  }

  /** Answers one request. A trap of the wasm throws; after it, the engine works again. */
  handle<Read>(
    method: string,
    target: string,
    headers: RequestHeaders,
    body: Uint8Array,
    now: number,
    read: AnswerReader<Read>,
  ): Read {
    return this.#handle(this.#live(now), method, target, headers, body, now, read);
  }

  #handle<Read>(
    core: Core,
    method: string,
    target: string,
    headers: RequestHeaders,
    body: Uint8Array,
    now: number,
    read: AnswerReader<Read>,
  ): Read {
    const authorization = headers.authorization;
    const contentType = headers["content-type"];
    const accept = headers.accept;
    const origin = headers.origin;
    const acrMethod = headers["access-control-request-method"];
    const acrHeaders = headers["access-control-request-headers"];
    const isUsualType = contentType === USUAL_TYPE;
    const isUsualAccept = accept === USUAL_ACCEPT;
    let text = target;
    // Loosely: `null` is what `Headers.get` says of a header that is not there.
    if (authorization != null) text += authorization;
    if (contentType != null && !isUsualType) text += contentType;
    if (accept != null && !isUsualAccept) text += accept;
    if (origin != null) text += origin;
    if (acrMethod != null) text += acrMethod;
    if (acrHeaders != null) text += acrHeaders;
    const memory = this.#prepare(core, text, body.length);
    const written = encoder.encodeInto(text, this.#inputView).written;
    memory.set(body, this.#input + written);
    // Nearly always everything is ASCII, and then each part is as long in bytes as it is in units.
    const length = written === text.length ? unitLength : utf8Length;
    const methodNumber = METHODS[method] ?? OTHER_METHOD;
    const targetLength = length(target);
    const authorizationLength = length(authorization);
    const typeLength = isUsualType ? USUAL : length(contentType);
    const acceptLength = isUsualAccept ? USUAL : length(accept);
    const originLength = length(origin);
    const acrMethodLength = length(acrMethod);
    const acrHeadersLength = length(acrHeaders);
    const bodyLength = body.length;
    // From here on nothing but the core can fail.
    broken = this;
    const status = core.handle(
      methodNumber,
      targetLength,
      authorizationLength,
      typeLength,
      acceptLength,
      originLength,
      acrMethodLength,
      acrHeadersLength,
      bodyLength,
      now,
    );
    broken = undefined;
    const answered = bytes();
    const at = this.#outcome;
    const head = numbers[at] as number;
    const bodyStart = head + (numbers[at + 1] as number);
    return read(status, answered, head, bodyStart, bodyStart + (numbers[at + 2] as number), numbers[at + 3] === 1);
  }

  /** Sees to it that there is room for a request, and gives the whole memory. */
  #prepare(core: Core, text: string, bodyLength: number): Uint8Array {
    // UTF-8 takes at most three bytes for one UTF-16 unit.
    const needed = text.length * 3 + bodyLength;
    if (needed >= this.#room || this.#room > MOST_INPUT) {
      const room = Math.max(needed, LEAST_INPUT);
      this.#room = 0;
      broken = this;
      this.#input = core.input(room) >>> 0;
      this.#outcome = core.outcome() >>> 2;
      broken = undefined;
      if (this.#input === 0) throw new Error("there is no room for the request");
      this.#room = room;
      this.#inputView = NO_BODY;
    }
    const memory = bytes();
    if (this.#inputView.buffer !== memory.buffer) this.#inputView = memory.subarray(this.#input, this.#input + this.#room);
    return memory;
  }

  /** Back to what the configuration says. */
  reset(now: number): void {
    const core = this.#live(now);
    this.#guarded(() => core.reset(now));
    this.#saved = undefined;
  }

  /** All of the state, to be given to {@link restore}. */
  snapshot(now: number): Uint8Array {
    const core = this.#live(now);
    const snapshot = this.#guarded(() => core.snapshot());
    this.#saved = snapshot.slice();
    return snapshot;
  }

  /** `false`, and nothing changed, where `snapshot` is not one. */
  restore(snapshot: Uint8Array, now: number): boolean {
    if (snapshot.length > SNAPSHOT_LIMIT) return false;
    // There may be no room for both states: then the one that was is needed again.
    if (snapshot.length > LONG_SNAPSHOT) this.snapshot(now);
    const core = this.#live(now);
    try {
      if (!this.#guarded(() => core.restore(snapshot))) return false;
    } catch (cause) {
      if (isBreakdown(cause)) return false;
      throw cause;
    }
    this.#saved = snapshot.slice();
    return true;
  }

  /**
   * After a breakdown: the core that broke down may be halfway through a change, so its registrar goes back to its last
   * snapshot; the others were not in the middle of anything and are carried over. Done with the next call and not at
   * once: where the stack ended, there is none left to do it on.
   */
  static #replaceInstance(module: WebAssembly.Module): void {
    for (const reference of engines) {
      const engine = reference.deref();
      if (engine !== undefined && engine !== broken) engine.#rescue();
    }
    generation += 1;
    __wbg_reset_state();
    memory = initSync({ module }).memory;
    broken = undefined;
  }

  #rescue(): void {
    if (this.#generation !== generation) return;
    try {
      this.#saved = this.#core.snapshot();
    } catch (cause) {
      // Where the stack ends here, too, a call with more of it tries again.
      if (isStackEnd(cause)) throw cause;
      // The memory is too far gone for that: the last snapshot stands.
    }
  }
}

/** Whether an exception means that the core was left halfway: by a trap, or by a stack that ended inside of it. */
function isBreakdown(cause: unknown): boolean {
  return cause instanceof WebAssembly.RuntimeError || isStackEnd(cause);
}

/** Engines tell it each in their own way. No regular expression: V8 ends the process where the stack is too short to compile one. */
function isStackEnd(cause: unknown): boolean {
  return cause instanceof Error && (cause.message.startsWith("Maximum call stack size") || cause.message.startsWith("too much recursion"));
}

function unitLength(text: string | undefined): number {
  return text == null ? ABSENT : text.length;
}

function utf8Length(text: string | undefined): number {
  return text == null ? ABSENT : encoder.encode(text).length;
}

/** Names and values by turns. */
function headerList(head: string): string[] {
  const list: string[] = [];
  let start = 0;
  for (let end = head.indexOf("\n"); end >= 0; end = head.indexOf("\n", start)) {
    const colon = head.indexOf(":", start);
    list.push(head.slice(start, colon), head.slice(colon + 2, end));
    start = end + 1;
  }
  return list;
}
