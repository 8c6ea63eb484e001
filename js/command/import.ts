import { closeSync, createReadStream, fstatSync, openSync, readSync } from "node:fs";
import { readArguments, refusePositionals, UsageError, type Wish } from "./arguments.js";
import { accountsOf } from "./export.js";
import { checkHeader, Counts, isEnd, kindOf, membersOf, objectOf } from "./format.js";
import { type Line, linesOf } from "./lines.js";
import { counted } from "./output.js";
import { ask, type Place, type PlaceAnswer, placeOf, read } from "./place.js";
import { Progress } from "./progress.js";

const USAGE = `agent-registrar import: takes the records of an export into a file or a server

Usage: agent-registrar import --db FILE [options] [EXPORT]
       agent-registrar import --to URL [options] [EXPORT]

EXPORT is a file of 'agent-registrar export'; without one, or with '-', standard input is read.

  --db FILE        the file of 'serve --db', while no server has it; made if it does not exist (needs Node 22.13)
  --to URL         a server or a worker, asked with the operator's token
  --token TOKEN    the operator's token (default: the environment variable AGENT_REGISTRAR_OPERATOR_TOKEN)
  --keep           a record that exists with other contents stays as it is (default: it is refused, and the import ends)
  -h, --help       prints this
  -v, --version    prints the version

Records are merged by id: what is missing is added, what is equal stays. So an import that failed in the middle is repeated from the
beginning, and one that is repeated changes nothing. An account that a server does not have is made there, and its first token printed.

Exit status: 0 done, 2 usage, a refused record, or a place that cannot be written.
`;

const OPTIONS = {
  db: { type: "string" },
  to: { type: "string" },
  token: { type: "string" },
  keep: { type: "boolean" },
} as const;

/** The longest body that the API takes. */
const MAX_BODY = 1024 * 1024;
/** No line is longer: a span has two payloads of at most 1 MiB. */
const MAX_LINE = 4 * MAX_BODY;
/** Members up to this length travel in the query where a line is too long for a body. */
const SHORT = 2_048;
const LINES = "application/x-ndjson";

/** `import`. */
export async function importCommand(args: readonly string[]): Promise<Wish | undefined> {
  const { values, positionals } = readArguments(args, OPTIONS);
  if (values.help) return { help: USAGE };
  if (values.version) return { version: true };
  const [file = "-", ...more] = positionals;
  refusePositionals(more);
  if (file === "-" && process.stdin.isTTY) throw new UsageError("import needs a file, or an export on standard input");
  const name = file === "-" ? "standard input" : file;
  const lines = linesOf(file === "-" ? process.stdin : inputOf(file), MAX_LINE);
  let place: Place | undefined;
  try {
    // Before a file is made.
    const first = await lines.next();
    if (first.done) throw new UsageError(`${name} is empty`);
    checkHeader(name, textOf(first.value));
    place = placeOf({ file: values.db, url: values.to, token: values.token }, "--to", true, "import --to URL");
    await new Importer(place, name, values.keep === true).run(lines);
  } finally {
    place?.close();
    await lines.return(undefined);
  }
  return undefined;
}

/** Opens a file whose last line is that of an export, so that nothing of a file that was cut is imported. */
function inputOf(file: string): AsyncIterable<Uint8Array> {
  const END = 4_096;
  const opened = openSync(file, "r");
  try {
    const { size } = fstatSync(opened);
    const end = Buffer.alloc(END);
    // A pipe has no size.
    if (size > 0) {
      const length = readSync(opened, end, 0, END, Math.max(0, size - END));
      const last = end.subarray(0, length).toString("latin1").trimEnd().split("\n").at(-1) as string;
      if (!isTotals(last)) throw new UsageError(cut(file));
    }
  } finally {
    closeSync(opened);
  }
  return createReadStream(file, { highWaterMark: 256 * 1024 });
}

/** Whether a line is the last one of an export, and whole. */
function isTotals(line: string): boolean {
  try {
    return (JSON.parse(line) as { readonly end?: unknown }).end === true;
  } catch {
    return false;
  }
}

const cut = (name: string): string => `${name} is not whole: its last line does not have the totals of an export`;

interface Merged {
  readonly added: number;
  readonly unchanged: number;
  readonly kept: number;
}

/** Sends the lines of an export, as many in a request as a body takes. */
class Importer {
  readonly #place: Place;
  readonly #name: string;
  readonly #keep: boolean;
  readonly #counts = new Counts();
  readonly #progress = new Progress("imported");
  readonly #merged = { added: 0, unchanged: 0, kept: 0 };
  #accounts: Set<string> | undefined;
  #account = "";
  /** The lines of the next request, each with its line break. Copied, so that no line outlives its turn in memory. */
  readonly #body = Buffer.allocUnsafe(MAX_BODY);
  #length = 0;
  /** The numbers of these lines. */
  #numbers: number[] = [];

  constructor(place: Place, name: string, keep: boolean) {
    this.#place = place;
    this.#name = name;
    this.#keep = keep;
  }

  /** Imports the lines after the first one. */
  async run(lines: AsyncIterable<Line>): Promise<void> {
    let end: string | undefined;
    for await (const line of lines) {
      if (end !== undefined) throw new Error(`${this.#name}:${line.number}: there is a line after the one with the totals`);
      else if (isEnd(line.bytes)) end = textOf(line);
      else await this.#take(line);
    }
    await this.#flush();
    if (end === undefined) throw new Error(cut(this.#name));
    this.#counts.check(this.#name, end);
    const { added, unchanged, kept } = this.#merged;
    const others = kept > 0 ? `, ${counted(kept, "other one")} kept` : "";
    this.#progress.end(`imported ${this.#counts.sentence()} (${counted(added, "added", "added")}, ${unchanged} unchanged${others})`);
  }

  async #take(line: Line): Promise<void> {
    if (line.bytes.length > MAX_LINE) throw new Error(`${this.#name}:${line.number}: the line is longer than any record`);
    const kind = kindOf(line.bytes);
    if (kind === "account") await this.#begin(line);
    if (this.#account === "") throw new Error(`${this.#name}:${line.number}: the account's record must come first`);
    if (this.#length + line.bytes.length + 1 > MAX_BODY) await this.#flush();
    if (line.bytes.length + 1 > MAX_BODY) await this.#long(line);
    else {
      this.#body.set(line.bytes, this.#length);
      this.#length += line.bytes.length + 1;
      this.#body[this.#length - 1] = LINE_FEED;
      this.#numbers.push(line.number);
    }
    this.#counts.add(kind);
  }

  /** The records of another account follow. */
  async #begin(line: Line): Promise<void> {
    await this.#flush();
    let id: unknown;
    let name: unknown;
    try {
      ({ id, name } = JSON.parse(textOf(line)));
    } catch {
      // Refused by the place.
    }
    this.#account = typeof id === "string" ? id : "?";
    if (this.#place.makesAccounts) return;
    this.#accounts ??= new Set(await accountsOf(this.#place));
    if (this.#accounts.has(this.#account)) return;
    const { token } = await ask<{ token: string }>(this.#place, "POST", "/api/v1/account", { details: { id, name } });
    this.#accounts.add(this.#account);
    this.#progress.end(`made account ${this.#account}; its first token, which is not shown again, is ${token}`);
  }

  async #flush(): Promise<void> {
    if (this.#length === 0) return;
    await this.#send("", this.#body.subarray(0, this.#length), this.#numbers);
    this.#length = 0;
    this.#numbers = [];
  }

  /** Sends a record that is too long for one body: its short members in the query, and the result of a span by itself. */
  async #long(line: Line): Promise<void> {
    const members = membersOf(line.bytes);
    const short = members.filter(({ bytes }) => bytes.length <= SHORT);
    const long = members.filter(({ bytes }) => bytes.length > SHORT);
    const result = long.find(({ key }) => key === "result_payload");
    const head = short.map(({ bytes }) => bytes);
    if (result === undefined || long.length === 1) {
      await this.#send(inQuery(objectOf(head)), objectOf(long.map(({ bytes }) => bytes)), [line.number]);
      return;
    }
    const rest = long.filter((member) => member !== result);
    const follows = Buffer.from('"result_follows":true');
    await this.#send(inQuery(objectOf([...head, follows])), objectOf(rest.map(({ bytes }) => bytes)), [line.number]);
    const { added, unchanged } = this.#merged;
    const ids = members.filter(({ key }) => key === "id").map(({ bytes }) => bytes);
    await this.#send(inQuery(objectOf([Buffer.from('"kind":"agent_span_result"'), ...ids])), objectOf([result.bytes]), [line.number]);
    // One record.
    Object.assign(this.#merged, { added, unchanged });
  }

  /** Sends the records of these lines, named by their numbers. */
  async #send(query: string, body: Uint8Array, numbers: readonly number[]): Promise<void> {
    const conflicts = this.#keep ? "&conflicts=keep" : "";
    const target = `/api/v1/import?account_id=${encodeURIComponent(this.#account)}${conflicts}${query}`;
    const answer = await this.#place.send("POST", target, body, LINES);
    if (answer.status === 422) throw this.#refused(answer, numbers);
    const merged = read<Merged>(this.#place, answer);
    for (const key of ["added", "unchanged", "kept"] as const) this.#merged[key] += merged[key];
    this.#progress.at(this.#counts.total);
  }

  /** The error of the first record that was refused. */
  #refused({ body }: PlaceAnswer, numbers: readonly number[]): Error {
    const { errors = {}, message } = JSON.parse(Buffer.from(body).toString()) as {
      readonly errors?: Readonly<Record<string, readonly string[]>>;
      readonly message: string;
    };
    const [path = "", [text = message] = []] = Object.entries(errors)[0] ?? [];
    const [, place, field] = /^lines\.(\d+)\.?(.*)$/.exec(path) ?? [];
    const line = place === undefined ? undefined : numbers[Number(place) - 1];
    const name = line === undefined ? this.#name : `${this.#name}:${line}`;
    const hint = "The records of the lines before are imported. Once this is settled, import the whole file again: it is safe.";
    return new Error(`${name}: ${field ? `${field}: ` : ""}${text} ${hint}`);
  }
}

const LINE_FEED = 0x0a;

function inQuery(record: Uint8Array): string {
  return `&record=${encodeURIComponent(Buffer.from(record).toString())}`;
}

function textOf({ bytes }: Line): string {
  return Buffer.from(bytes).toString();
}
