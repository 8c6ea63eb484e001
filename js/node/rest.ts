/** While connections arrive, long work takes at most one part in so many of the time: Node accepts one connection in a turn. */
const SHARE = 4;

/** The rest of long work, in which connections that arrive come first. */
export class Rest {
  readonly #arrivals: () => number;
  /** How many connections had arrived in the turn before. */
  #arrived = 0;
  #until = 0;

  /** `arrivals`: how many connections have arrived so far. */
  constructor(arrivals: () => number) {
    this.#arrivals = arrivals;
  }

  /** Work began and ended at these moments, in milliseconds. */
  after(began: number, ended: number): void {
    this.#until = ended + (ended - began) * SHARE;
  }

  /** Whether long work leaves this turn to connections. To be asked once a turn. */
  isDue(): boolean {
    const arrivals = this.#arrivals();
    const hasArrivals = arrivals > this.#arrived;
    this.#arrived = arrivals;
    return hasArrivals && performance.now() < this.#until;
  }
}
