// Long work in turns, so that short requests are answered between them.

/** A request that may take milliseconds of the core. */
export interface LaneJob {
  /** Carries it out, and calls `done` once it is answered. */
  start(done: () => void): void;
  /** Answers that there is no room. */
  refuse(): void;
  /** Whether nobody waits for the answer any more. */
  isGone(): boolean;
}

/** How many milliseconds of one turn of the event loop long work may take. */
const TURN_MS = 8;
/** How many of them may wait for a commit at once. */
const MOST_RUNNING = 8;
/** How many may wait for their turn. */
const MOST_WAITING = 1_024;
/** From so many on, the newest comes first: an attack that fills the queue would delay everybody after it equally. */
const CROWD = 16;
/** How often it is tried again where there is no room for an answer, in milliseconds. */
const RETRY_MS = 50;

/** The requests that wait for their turn. */
export class Lane {
  readonly #waiting: LaneJob[] = [];
  /** Whether there is room for a long answer. */
  readonly #hasRoom: () => boolean;
  #spent = 0;
  #running = 0;
  #isScheduled = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(hasRoom: () => boolean) {
    this.#hasRoom = hasRoom;
  }

  /** Runs the job in this turn if there is time, and otherwise in a later one. */
  add(job: LaneJob): void {
    if (this.#waiting.length === 0 && this.#mayRun()) return this.#start(job);
    this.#waiting.push(job);
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift()?.refuse();
    this.#schedule();
  }

  #mayRun(): boolean {
    return this.#spent < TURN_MS && this.#running < MOST_RUNNING && this.#hasRoom();
  }

  #start(job: LaneJob): void {
    const start = performance.now();
    this.#running += 1;
    let isDone = false;
    job.start(() => {
      if (isDone) return;
      isDone = true;
      this.#running -= 1;
      if (this.#waiting.length > 0) this.#schedule();
    });
    this.#spent += performance.now() - start;
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
    while (this.#waiting.length > 0 && this.#mayRun()) {
      const job = this.#waiting.length > CROWD ? this.#waiting.pop() : this.#waiting.shift();
      if (job !== undefined && !job.isGone()) this.#start(job);
    }
    if (this.#waiting.length === 0 || this.#isScheduled || this.#running > 0) return;
    // There is no room for an answer until a client takes its own, or loses its connection.
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      this.#schedule();
    }, RETRY_MS);
  }
}
