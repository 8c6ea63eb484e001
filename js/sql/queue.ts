import type { DeferredRequest } from "../service/core-types.js";
import type { SqlConnection } from "./connection.js";
import { deliver } from "./deliver.js";

/** So many requests no longer wait for further ones. */
const LARGEST_GROUP = 128;
/**
 * How many milliseconds of one turn of the event loop requests may take that wait for a commit. The rest is carried out in later turns. And
 * for how long they wait for further ones.
 */
const TURN_MS = 8;

type Later = NonNullable<SqlConnection["later"]>;

/** A request, or a call that comes when the requests before it are carried out. */
export type Waiting = DeferredRequest | (() => void);

/** Carries out requests of the queue. */
interface Executor {
  /** Carries out a request that was taken off the queue. */
  alone(request: DeferredRequest): void;
  /** Takes the first request off the queue and carries it out, or as many as begin before `end` in one transaction. */
  lead(first: DeferredRequest, end: number): void;
}

/** The requests that wait for a commit which they share (group commit). */
export class RequestQueue {
  readonly #executor: Executor;
  /** In their order. Each is taken off when it is carried out, so that no other one overtakes those behind it. */
  readonly waiting: Waiting[] = [];
  /** When the first of them came to an empty queue. */
  #waitsSince = 0;
  /** Whether a later turn of the event loop carries out those that wait. */
  #isScheduled = false;
  /** Whether the last requests shared a transaction. */
  #isShared = false;

  constructor(executor: Executor) {
    this.#executor = executor;
  }

  add(waiting: Waiting, later: Later): void {
    if (this.waiting.length === 0) this.#waitsSince = performance.now();
    this.waiting.push(waiting);
    this.#schedule(later, 0);
  }

  /** Takes off a request that waits: it is not carried out. */
  giveUp(request: DeferredRequest): void {
    const place = this.waiting.indexOf(request);
    if (place >= 0) this.waiting.splice(place, 1);
  }

  /** Notes how many requests shared a transaction. */
  noteGroup(size: number): void {
    this.#isShared = size > 1;
  }

  /** Carries out the requests that wait: at least one, and then as many as begin within these milliseconds. */
  flush(milliseconds = Infinity): void {
    this.#isShared = false;
    const end = performance.now() + milliseconds;
    do {
      const [first] = this.waiting;
      if (first === undefined) return;
      if (typeof first !== "function" && first.isLong !== true && this.waiting.length > 1) this.#executor.lead(first, end);
      else {
        this.waiting.shift();
        if (typeof first === "function") deliver(first);
        else this.#executor.alone(first);
      }
    } while (performance.now() < end);
  }

  /** Has {@link #gather} called in a later turn, once however often it is asked: the requests of a turn share its time. */
  #schedule(later: Later, known: number): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    later(() => {
      this.#isScheduled = false;
      this.#gather(later, known);
    });
  }

  /**
   * Carries out all requests that wait, as soon as a turn of the event loop brings no further ones, or they have waited for long: a turn
   * may have other work, and bring one more each time. `known` is how many waited a turn ago.
   *
   * PERF(durable): a commit blocks the event loop. The requests that came meanwhile are read in the next turn, those of the clients that
   * were just answered in the turns after. Carried out at once they would be two groups with a commit each. Without a group before,
   * as with a single client, nothing waits.
   */
  #gather(later: Later, known: number): void {
    const { length } = this.waiting;
    // All were carried out meanwhile.
    if (length === 0) return;
    const mayGrow = known === 0 ? this.#isShared : length > known;
    if (mayGrow && length < LARGEST_GROUP && performance.now() - this.#waitsSince < TURN_MS) {
      this.#schedule(later, length);
      return;
    }
    this.flush(TURN_MS);
    if (this.waiting.length > 0) this.#schedule(later, Infinity);
  }
}
