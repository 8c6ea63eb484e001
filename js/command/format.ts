// The file of an export: lines of JSON. The first one names the format, the last one has totals.
import { UsageError } from "./arguments.js";
import { counted } from "./output.js";

const FORMAT = "agent-registrar-export";
/** Earlier versions are read as well; there is none yet. */
const VERSION = 1;

/** The first line. */
export const HEADER = `${JSON.stringify({ format: FORMAT, version: VERSION })}\n`;

/** Checks the first line. Throws a {@link UsageError} for another format, and for a newer version. */
export function checkHeader(name: string, line: string): void {
  let header: { readonly format?: unknown; readonly version?: unknown } | null = null;
  try {
    header = JSON.parse(line);
  } catch {
    // Not JSON.
  }
  if (header?.format !== FORMAT || typeof header.version !== "number") {
    throw new UsageError(`${name} is not an export: its first line does not name the format ${FORMAT}`);
  }
  if (header.version > VERSION) {
    throw new UsageError(
      `${name} is of format ${FORMAT} ${header.version}, which a newer agent-registrar wrote; this one reads up to ${VERSION}`,
    );
  }
}

/** How records of each kind are called. */
const NOUNS: Readonly<Record<string, readonly [string, string?]>> = {
  account: ["account"],
  environment: ["environment"],
  api_token: ["API token"],
  agent: ["agent"],
  agent_version: ["version"],
  agent_schema_version: ["schema version"],
  agent_instance: ["instance"],
  agent_span: ["span"],
};

/** Counts records by their kinds. */
export class Counts {
  readonly #byKind = new Map<string, number>();
  total = 0;

  add(kind: string): void {
    this.#byKind.set(kind, (this.#byKind.get(kind) ?? 0) + 1);
    this.total += 1;
  }

  /** The last line of an export. */
  line(): string {
    return `${JSON.stringify({ end: true, records: Object.fromEntries(this.#byKind), total: this.total })}\n`;
  }

  /** Compares with the last line of an export. */
  check(name: string, line: string): void {
    if (`${line.trimEnd()}\n` !== this.line()) {
      throw new Error(`${name}: the totals in its last line are not those of its records; it was changed or damaged`);
    }
  }

  sentence(): string {
    const kinds = [...this.#byKind].map(([kind, number]) => counted(number, ...(NOUNS[kind] ?? [kind])));
    return `${counted(this.total, "record")}: ${kinds.join(", ")}`;
  }
}

const KIND = /^\{"kind":"([a-z_]+)"/;

/** The kind of the record in a line. */
export function kindOf(line: Uint8Array): string {
  const start = Buffer.from(line.buffer, line.byteOffset, Math.min(line.length, 64)).toString("latin1");
  const kind = KIND.exec(start)?.[1];
  if (kind !== undefined) return kind;
  try {
    // Written by another program.
    return String((JSON.parse(Buffer.from(line).toString()) as { kind?: unknown }).kind);
  } catch {
    return "";
  }
}

/** Whether a line is the last one of an export. */
export function isEnd(line: Uint8Array): boolean {
  return Buffer.from(line.buffer, line.byteOffset, Math.min(line.length, 12)).toString("latin1").startsWith('{"end":true');
}

/** The members of an object in one line of JSON: the bytes of their keys, colons and values. */
export function membersOf(line: Uint8Array): { readonly key: string; readonly bytes: Uint8Array }[] {
  const members: { key: string; bytes: Uint8Array }[] = [];
  let depth = 0;
  let isText = false;
  let start = -1;
  for (let at = 0; at < line.length; at++) {
    const byte = line[at] as number;
    if (isText) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) isText = false;
      continue;
    }
    if (byte === QUOTE) isText = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth -= 1;
    const isOver = depth === 0 || (depth === 1 && byte === COMMA);
    if (start < 0 && depth === 1 && isText) start = at;
    if (start >= 0 && isOver) {
      const bytes = line.subarray(start, at);
      members.push({ key: JSON.parse(Buffer.from(bytes.subarray(0, bytes.indexOf(QUOTE, 1) + 1)).toString()) as string, bytes });
      start = -1;
    }
  }
  return members;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** An object of these members. */
export function objectOf(members: readonly Uint8Array[]): Uint8Array {
  const pieces = members.flatMap((bytes, index) => (index === 0 ? [bytes] : [Buffer.from(","), bytes]));
  return Buffer.concat([Buffer.from("{"), ...pieces, Buffer.from("}")]);
}
