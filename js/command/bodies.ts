// Splits a file into the bodies in it: one JSON document, or NDJSON (one document a line).
import { maxBodyBytes } from "../generated/constants.js";
import { isComplete, isUnfinished } from "./json.js";
import { type Line, linesOf } from "./lines.js";

/** A body and where it begins. */
export interface BodyText {
  /** At most `maxBodyBytes` and one byte more. */
  readonly bytes: Uint8Array;
  /** The line of its first byte, counted from 1. */
  readonly line: number;
}

/**
 * The bodies of a stream. Only the current one is in memory.
 *
 * A file is NDJSON if its first line with content is complete JSON and others follow, or if the second line is a complete object
 * that cannot continue the first: then the first line alone is broken. Blank lines separate nothing and count as lines.
 */
export async function* bodiesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<BodyText> {
  const lines = linesOf(chunks, maxBodyBytes);
  const first = await nextWithContent(lines);
  if (first === undefined) return;
  const second = await nextWithContent(lines);
  if (second !== undefined && isNdjson(first, second)) {
    yield bodyOf(first);
    yield bodyOf(second);
    for await (const line of lines) if (hasContent(line)) yield bodyOf(line);
    return;
  }
  yield second === undefined ? bodyOf(first) : { bytes: await wholeDocument(first, second, lines), line: first.number };
}

function bodyOf({ bytes, number }: Line): BodyText {
  return { bytes, line: number };
}

async function nextWithContent(lines: AsyncGenerator<Line>): Promise<Line | undefined> {
  // Not `for await`: it would end the generator.
  for (;;) {
    const { done, value } = await lines.next();
    if (done) return undefined;
    if (hasContent(value)) return value;
  }
}

/** Whether a line has more than JSON's white space and a byte order mark. */
function hasContent({ bytes }: Line): boolean {
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  return bytes.subarray(start).some((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0d);
}

function isNdjson(first: Line, second: Line): boolean {
  // Too long for a body in either case: each line is reported.
  if (first.bytes.length > maxBodyBytes) return true;
  const [one, two] = [textOf(first), textOf(second)];
  if (isComplete(one)) return true;
  return two.trimStart().startsWith("{") && isComplete(two) && !isUnfinished(`${one}\n${two}`);
}

/** The text, to recognise the format: invalid UTF-8 is reported later. */
function textOf({ bytes }: Line): string {
  return new TextDecoder().decode(bytes);
}

/** The document from its first line on, cut one byte past the limit. */
async function wholeDocument(first: Line, second: Line, lines: AsyncIterable<Line>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [first.bytes];
  let length = first.bytes.length;
  let next = first.number + 1;
  const append = ({ bytes, number }: Line): void => {
    // Blank lines between keep the numbers of those that follow.
    const feeds = Buffer.alloc(number - next + 1, "\n");
    next = number + 1;
    if (length > maxBodyBytes) return;
    pieces.push(feeds, bytes);
    length += feeds.length + bytes.length;
  };
  append(second);
  for await (const line of lines) append(line);
  return Buffer.concat(pieces).subarray(0, maxBodyBytes + 1);
}
