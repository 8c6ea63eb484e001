import embedded from "wasm:service-sql";
import { type CoreConfig, copyingReader } from "../../service/core-types.js";
import { causeText } from "../../service/log.js";
import { type Seed, seedConfig } from "../../service/options.js";
import { SqlCore } from "../../sql/core.js";
import { compile } from "../../wasm/load.js";
import { StorageConnection } from "./connection.js";
import type { ObjectAnswer, ObjectRefusal, ObjectRequest } from "./messages.js";
import type { ObjectStorage } from "./platform.js";

let compiled: WebAssembly.Module | undefined;

/** Expired keys are removed this long after the write that set the alarm: a key is kept for 24 hours. */
const ALARM_MS = 25 * 60 * 60 * 1000;
/** How soon the alarm goes on, where one call did not remove all. */
const SOON_MS = 1000;
/** How many expired keys one alarm removes at most. */
const FORGOTTEN_AT_ONCE = 5_000;

/** The key under which it is kept that there were writes since the alarm was set. */
const WRITTEN = "written";

/** Time and seed of an object's registrar, for tests. */
export interface GivenTimes {
  readonly now?: (() => number) | undefined;
  readonly seed?: Seed | undefined;
}

/** The registrar in the database of a Durable Object. Besides it, the object's memory holds only what is cheap to make again. */
export class ObjectRegistrar {
  readonly #storage: ObjectStorage;
  readonly #given: GivenTimes;
  readonly #clock: () => number;
  #core: SqlCore | undefined;
  /** Whether {@link WRITTEN} is kept, and so an alarm is set. */
  #isMarked = false;

  readonly #isWatched: boolean;

  /** `isWatched`: whether answers have a trace for the front worker's log. */
  constructor(storage: ObjectStorage, given: GivenTimes, isWatched: boolean) {
    this.#storage = storage;
    this.#isWatched = isWatched;
    this.#given = given;
    this.#clock = given.now ?? Date.now;
  }

  /** Opens the registrar, in place of an open one. Throws if the configuration is refused, or the database fails. */
  open(config: CoreConfig): void {
    this.#core = undefined;
    const core = new SqlCore((compiled ??= compile(embedded)), this.#clock, new StorageConnection(this.#storage), "the object's database");
    core.isWatched = this.#isWatched;
    core.open(config, seedConfig(this.#given.seed), this.#clock());
    this.#core = core;
  }

  get isOpen(): boolean {
    return this.#core !== undefined;
  }

  /** The next request opens it again. */
  close(): void {
    this.#core = undefined;
  }

  /** Answers a request. It must be open. */
  answer({ method, target, headers, body }: ObjectRequest): ObjectAnswer {
    // Before the write: if it fails, nothing was written.
    if (method !== "GET" && method !== "HEAD") this.#mark();
    return (this.#core as SqlCore).handle(method, target, headers, body, copyingReader);
  }

  /** The answer to a request that its head refuses, whose body has at least `length` bytes. It must be open. */
  refuseByHead({ method, target, headers }: ObjectRequest, length: number): ObjectAnswer | undefined {
    return (this.#core as SqlCore).refuseByHead(method, target, headers, length);
  }

  /** Has the alarm ring, for the keys that a write may keep. */
  #mark(): void {
    if (this.#isMarked) return;
    if (this.#storage.kv.get(WRITTEN) === undefined) {
      this.#storage.kv.put(WRITTEN, true);
      this.#ring(ALARM_MS);
    }
    this.#isMarked = true;
  }

  #ring(after: number): void {
    // Part of the object's writes: no answer is given before it is kept.
    void this.#storage.setAlarm(Date.now() + after);
  }

  /** The alarm: removes expired keys. It rings again where there may be more, and otherwise once there were writes. */
  forget(): void {
    const forgotten = (this.#core as SqlCore).forgetAnswers(FORGOTTEN_AT_ONCE);
    if (forgotten === FORGOTTEN_AT_ONCE) {
      this.#ring(SOON_MS);
      return;
    }
    this.#isMarked = false;
    // The keys of these writes expire before the next alarm.
    if (this.#storage.kv.delete(WRITTEN)) this.#ring(ALARM_MS);
  }
}

/** The refusal after an exception: of the database, or a fault of ours. */
export function refusalOf(cause: unknown): ObjectRefusal {
  const isOfStore = cause instanceof Error && cause.name === "StoreError";
  return { refused: isOfStore ? 503 : 500, cause: causeText(cause) };
}
