/** How much of the log waits for its reader at most, in UTF-16 units. Further lines are dropped and counted. */
const MOST_WAITING = 1024 * 1024;
/** How long lines are collected, in milliseconds. */
const COLLECTING_MS = 20;

/** A stream to which lines are written, such as `process.stderr`, by what is used of it. */
export interface LogTarget {
  readonly writable: boolean;
  readonly writableLength: number;
  write(text: string, done?: () => void): unknown;
}

/**
 * Writes lines in batches, so that a request costs no system call, and drops them where nobody reads: a log must not hold up the
 * requests, and must not fill the memory.
 */
export class LogWriter {
  readonly #target: LogTarget;
  /** Makes the line that says how many were dropped. */
  readonly #droppedLine: (count: number) => string;
  #waiting = "";
  #timer: NodeJS.Timeout | undefined;
  /** Since the last line about dropped ones. */
  #untold = 0;
  #dropped = 0;
  #isEnding = false;

  constructor(target: LogTarget, droppedLine: (count: number) => string) {
    this.#target = target;
    this.#droppedLine = droppedLine;
  }

  /** How many lines were dropped. */
  get dropped(): number {
    return this.#dropped;
  }

  write(line: string): void {
    if (this.#waiting.length + this.#target.writableLength + line.length > MOST_WAITING) {
      this.#dropped++;
      this.#untold++;
      return;
    }
    if (this.#untold > 0) {
      this.#waiting += `${this.#droppedLine(this.#untold)}\n`;
      this.#untold = 0;
    }
    this.#waiting += `${line}\n`;
    if (this.#isEnding) return this.flush();
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.flush(), COLLECTING_MS);
    // The log does not keep the process alive; `end` runs when the server closes.
    this.#timer.unref();
  }

  /** Writes lines at once from now on: there may be no time to collect them. */
  end(): void {
    this.#isEnding = true;
    this.flush();
  }

  /** Hands all waiting lines to the target, which writes them when it can. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting === "" || !this.#target.writable) {
      this.#waiting = "";
      return;
    }
    const text = this.#waiting;
    this.#waiting = "";
    this.#target.write(text);
  }
}
