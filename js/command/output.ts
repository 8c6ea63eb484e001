import type { WriteStream } from "node:tty";

/** Colours of the terminal, by meaning: parameters of the escape sequence `SGR`. */
const COLOURS = { error: "31", warning: "33", good: "32", strong: "1", weak: "2" } as const;

/** A style of text. */
export type Colour = keyof typeof COLOURS;

/** From this length on, pending text is written before more is added. */
const LONG = 64 * 1024;

/** A stream of text for a person or a program, with colours if it is a terminal. */
export class Output {
  readonly #stream: NodeJS.WriteStream;
  readonly #hasColours: boolean;
  #pending = "";
  #scheduled = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#hasColours = hasColours(stream);
  }

  /** The text in a colour, if the stream shows colours. */
  colour(colour: Colour, text: string): string {
    return this.#hasColours ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text;
  }

  /** Writes the text soon. */
  write(text: string): void {
    this.#pending += text;
    if (this.#scheduled) return;
    this.#scheduled = true;
    // Many short writes become one, and the output does not wait for the next input.
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  /** Waits while the reader is slower than we are. */
  async ready(): Promise<void> {
    if (this.#pending.length < LONG) return;
    if (!this.#flush()) await new Promise<void>((resolve) => this.#stream.once("drain", resolve));
  }

  #flush(): boolean {
    if (this.#pending === "") return true;
    const text = this.#pending;
    this.#pending = "";
    return this.#stream.write(text);
  }
}

/** Whether to colour: `FORCE_COLOR` and `NO_COLOR` decide, in this order as in Node itself, or else whether the stream is a terminal. */
function hasColours(stream: NodeJS.WriteStream): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no } = process.env;
  if (force !== undefined) return force !== "0" && force !== "false";
  if (no !== undefined && no !== "") return false;
  // Also asks TERM.
  return stream.isTTY === true && (stream as WriteStream).hasColors();
}

/**
 * Text from outside, for one line of a terminal: control characters, which could move the cursor or begin another line, and
 * marks that reorder text are written as JSON escapes.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** A number with its noun: `1 body`, `2 bodies`. */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}
