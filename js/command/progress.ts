import { counted } from "./output.js";

/** How often the line of a terminal is written anew, in milliseconds. */
const OFTEN = 500;
/** The same for a file or a pipe. */
const SELDOM = 10_000;

/** Tells on standard error how far a long work is. */
export class Progress {
  readonly #doing: string;
  readonly #isTerminal = process.stderr.isTTY === true;
  #last = Date.now();
  #isShown = false;

  constructor(doing: string) {
    this.#doing = doing;
  }

  /** So many records are done. */
  at(done: number): void {
    const now = Date.now();
    if (now - this.#last < (this.#isTerminal ? OFTEN : SELDOM)) return;
    this.#last = now;
    this.#isShown = true;
    process.stderr.write(
      `${this.#isTerminal ? "\r" : ""}${this.#doing} ${counted(done, "record")} …${this.#isTerminal ? "\u001b[K" : "\n"}`,
    );
  }

  /** The last line. */
  end(sentence: string): void {
    this.#clear();
    process.stderr.write(`${sentence}\n`);
  }

  /** Leaves the line to another message. */
  #clear(): void {
    if (this.#isShown && this.#isTerminal) process.stderr.write("\r\u001b[K");
  }
}
