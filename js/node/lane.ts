// Long work in turns, so that short requests are answered between them.
import { Rest } from "./rest.js";

/** A request that may take milliseconds of the core. */
export interface LaneJob {
  /** About how long it takes in relation to others, in items of a list. */
  readonly cost: number;
  /** Carries it out, and calls `done` once it is answered. */
  start(done: () => void): void;
  /** Answers that there is no room. */
  refuse(): void;
  /** Whether nobody waits for the answer any more. */
  isGone(): boolean;
}

/** Bodies up to this length, in bytes, are short. */
export const SHORT_BODY = 32 * 1024;
/** How many milliseconds of one turn of the event loop long work may take. */
const TURN_MS = 8;
/** How many of them may wait for a commit at once. */
const MOST_RUNNING = 8;
/** How many of those may be long: a request that comes then waits for all of them. */
const MOST_LONG_RUNNING = 1;
/** How many may wait for their turn. */
const MOST_WAITING = 1_024;
/** From so many on, of equals the newest comes first: an attack that fills the queue would delay everybody after it equally. */
const CROWD = 16;
/** The oldest comes first at least once in so many, whatever it costs. */
const TURNS = 8;
/** Up to this cost, the room for answers does not matter, and writes share transactions. */
const SHORT = 10;
/** How often it is tried again where there is no room for an answer, in milliseconds. */
const RETRY_MS = 50;

/** What the turns depend on. */
export interface LaneSurroundings {
  /** Whether there is room for a long answer. */
  hasRoom(): boolean;
  /** How many connections have arrived so far. */
  readonly arrivals: number;
}

/** The requests that wait for their turn. */
export class Lane {
  readonly #waiting: LaneJob[] = [];
  readonly #surroundings: LaneSurroundings;
  readonly #rest: Rest;
  #spent = 0;
  #taken = 0;
  #running = 0;
  #longRunning = 0;
  /** A long one that had waited was carried out since the lane last ran: perhaps in this turn, which has no time for another one. */
  #hadLong = false;
  #isScheduled = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(surroundings: LaneSurroundings) {
    this.#surroundings = surroundings;
    this.#rest = new Rest(() => surroundings.arrivals);
  }

  /** Runs the job in this turn if there is time, and otherwise in a later one. */
  add(job: LaneJob): void {
    const isNext = job.cost <= SHORT || (this.#waiting.length === 0 && this.#mayBeLong());
    if (isNext && this.#hasTime()) return this.#start(job);
    this.#waiting.push(job);
    if (this.#waiting.length > MOST_WAITING) this.#remove(this.#longest()).refuse();
    this.#schedule();
  }

  #hasTime(): boolean {
    return this.#spent < TURN_MS && this.#running < MOST_RUNNING;
  }

  #mayBeLong(): boolean {
    return this.#longRunning < MOST_LONG_RUNNING && !this.#hadLong && this.#surroundings.hasRoom();
  }

  #remove(place: number): LaneJob {
    const [job] = this.#waiting.splice(place, 1);
    return job as LaneJob;
  }

  #longest(): number {
    let longest = 0;
    for (const [place, { cost }] of this.#waiting.entries()) if (cost > (this.#waiting[longest] as LaneJob).cost) longest = place;
    return longest;
  }

  #shortest(): number {
    const waiting = this.#waiting;
    const isCrowd = waiting.length > CROWD;
    let next = 0;
    for (const [place, { cost }] of waiting.entries()) {
      const shortest = (waiting[next] as LaneJob).cost;
      if (cost < shortest || (isCrowd && cost === shortest)) next = place;
    }
    return next;
  }

  #start(job: LaneJob): void {
    const start = performance.now();
    const long = Number(isLong(job.cost));
    let hasWaited = false;
    this.#running += 1;
    this.#longRunning += long;
    let isDone = false;
    job.start(() => {
      if (isDone) return;
      isDone = true;
      this.#running -= 1;
      this.#longRunning -= long;
      if (hasWaited && long > 0) this.#hadLong = true;
      if (this.#waiting.length > 0) this.#schedule();
    });
    hasWaited = true;
    const end = performance.now();
    this.#spent += end - start;
    this.#rest.after(start, end);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#run());
  }

  #run(): void {
    this.#isScheduled = false;
    this.#spent = 0;
    const isResting = this.#rest.isDue() || this.#hadLong;
    this.#hadLong = false;
    while (this.#waiting.length > 0 && this.#hasTime()) {
      let place = this.#shortest();
      if ((this.#waiting[place] as LaneJob).cost > SHORT) {
        if (isResting || !this.#mayBeLong()) break;
        this.#taken += 1;
        if (this.#taken % TURNS === 0) place = 0;
      }
      const job = this.#remove(place);
      if (!job.isGone()) this.#start(job);
    }
    if (this.#waiting.length === 0 || this.#isScheduled) return;
    if (isResting) return this.#schedule();
    if (this.#running > 0) return;
    // There is no room for an answer until a client takes its own, or loses its connection.
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      this.#schedule();
    }, RETRY_MS);
  }
}

/** Whether a request of this cost is carried out in a transaction of its own, so that the lane sees how long that takes. */
export function isLong(cost: number): boolean {
  return cost > SHORT;
}

/** About how many items of a list a request takes as much time as; 0 if it takes less than a millisecond. */
export function costOf(method: string, target: string, length: number): number {
  const ofBody = length > SHORT_BODY ? length / SHORT_BODY : 0;
  if (!target.startsWith(API)) return ofBody;
  const end = target.indexOf("?");
  const path = end < 0 ? target.slice(API.length) : target.slice(API.length, end);
  if (path === "bulk") return BULK + ofBody;
  if (method !== "GET" || path.includes("/") || path === "ping" || path === "openapi") return ofBody;
  const size = /page_size(?:\]|%5d)=(\d{1,3})/i.exec(target.slice(0, LONGEST_TARGET))?.[1];
  return Math.min(Number(size ?? USUAL_PAGE), LONGEST_PAGE) + ofBody;
}

/** As long as the longest lists. */
const BULK = 100;
const USUAL_PAGE = 50;
const LONGEST_PAGE = 100;
/** How much of a target is searched for the size of the page. */
const LONGEST_TARGET = 1_024;
const API = "/api/v1/";
