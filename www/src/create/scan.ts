// Where the values of a JSON text stand, and why a text is no JSON.

export interface Place {
  /** Dotted path; empty for the whole. */
  readonly path: string;
  /** Offsets of the value in the text. */
  readonly start: number;
  readonly end: number;
  /** Offsets of its key with the quotation marks. */
  readonly key?: { readonly start: number; readonly end: number };
}

export interface Scan {
  /** In the order of the text: a value before what is in it. */
  readonly places: readonly Place[];
  /** The first error; the places before it are given. */
  readonly error?: { readonly offset: number; readonly message: string };
}

class ScanError extends Error {
  constructor(
    readonly offset: number,
    readonly why: string,
  ) {
    super(why);
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORDS = ["true", "false", "null"] as const;
/** The service reads 32 levels. */
const DEEPEST = 512;

class Scanner {
  readonly places: Place[] = [];
  #at = 0;

  constructor(readonly text: string) {}

  whole(): void {
    this.#value("", undefined, 0);
    this.#space();
    if (this.#at < this.text.length) throw new ScanError(this.#at, "nothing may follow the value");
  }

  #space(): void {
    while (" \t\n\r".includes(this.text.charAt(this.#at)) && this.#at < this.text.length) this.#at++;
  }

  #value(path: string, key: Place["key"], depth: number): void {
    this.#space();
    if (depth > DEEPEST) throw new ScanError(this.#at, "it is nested too deeply");
    const start = this.#at;
    const index = this.places.length;
    const place = (): Place => ({ path, start, end: this.#at, ...(key !== undefined && { key }) });
    // Held free for this value, which stands before what is in it.
    this.places.push({ path, start, end: start });
    const first = this.text.charAt(start);
    if (first === "{") this.#list("}", path, depth, (below) => this.#member(below, depth));
    else if (first === "[")
      this.#list("]", path, depth, (below, count) => this.#value(below === "" ? String(count) : `${below}.${count}`, undefined, depth + 1));
    else if (first === '"') this.#string();
    else this.#scalar();
    this.places[index] = place();
  }

  #list(close: "}" | "]", path: string, _depth: number, item: (path: string, count: number) => void): void {
    this.#at++;
    this.#space();
    if (this.text.charAt(this.#at) === close) {
      this.#at++;
      return;
    }
    for (let count = 0; ; count++) {
      item(path, count);
      this.#space();
      const next = this.text.charAt(this.#at);
      if (next !== "," && next !== close) throw new ScanError(this.#at, `a comma or ${close} is missing`);
      this.#at++;
      if (next === close) return;
      this.#space();
      if (this.text.charAt(this.#at) === close) throw new ScanError(this.#at, "the last comma is too many");
    }
  }

  #member(path: string, depth: number): void {
    this.#space();
    const start = this.#at;
    if (this.text.charAt(start) !== '"') throw new ScanError(start, "a key in quotation marks is missing");
    const name = this.#string();
    const key = { start, end: this.#at };
    this.#space();
    if (this.text.charAt(this.#at) !== ":") throw new ScanError(this.#at, "a colon is missing");
    this.#at++;
    this.#value(path === "" ? name : `${path}.${name}`, key, depth + 1);
  }

  #string(): string {
    const start = this.#at;
    for (let at = start + 1; at < this.text.length; at++) {
      const character = this.text.charAt(at);
      if (character === "\\") at++;
      else if (character === '"') {
        this.#at = at + 1;
        try {
          return JSON.parse(this.text.slice(start, at + 1)) as string;
        } catch {
          throw new ScanError(start, "this text has an escape that JSON doesn’t know");
        }
      } else if (character < " ")
        throw new ScanError(
          at,
          character === "\n" ? "a quotation mark is missing at the end of the line" : "a control character must be written as an escape",
        );
    }
    throw new ScanError(start, "its closing quotation mark is missing");
  }

  #scalar(): void {
    const start = this.#at;
    const word = WORDS.find((one) => this.text.startsWith(one, start));
    NUMBER.lastIndex = start;
    const length = word?.length ?? NUMBER.exec(this.text)?.[0].length;
    if (length === undefined)
      throw new ScanError(start, start >= this.text.length ? "a value is missing at the end" : "a value is missing");
    this.#at = start + length;
    if (/[\w.+-]/.test(this.text.charAt(this.#at))) throw new ScanError(start, "this is no value of JSON");
  }
}

/** Scans a JSON text. */
export function scan(text: string): Scan {
  const scanner = new Scanner(text);
  try {
    scanner.whole();
    return { places: scanner.places };
  } catch (cause) {
    if (!(cause instanceof ScanError)) throw cause;
    return { places: scanner.places, error: { offset: cause.offset, message: cause.why } };
  }
}

/** Line and column of an offset, from 1. */
export function lineAt(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  return { line, column: offset - before.lastIndexOf("\n") };
}
