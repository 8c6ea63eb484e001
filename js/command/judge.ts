// The verdict on one body of a file, with the place of each issue.
import { isUtf8 } from "node:buffer";
import { findNodeAtLocation, type Node } from "jsonc-parser";
import { maxBodyBytes } from "../generated/constants.js";
import type { CreateAgentResult, Issue, UpdateAgentResult } from "../validator/index.js";
import type { BodyText } from "./bodies.js";
import { type JsonFault, readJson, withoutMark } from "./json.js";

/** A place in a file, counted from 1; columns in UTF-16 code units, as editors count. A byte order mark is no column. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** An issue of the validator, or a reason why the API would not read the body at all; its path is then empty. */
export interface PlacedIssue extends Place {
  readonly path: readonly string[];
  readonly code: Issue["code"] | "bad_request";
  readonly reason: string;
  readonly message: string;
  readonly params?: Issue["params"];
}

/** A key that the API drops. */
export interface PlacedKey extends Place {
  readonly path: string;
}

/** The verdict on a body. */
export interface Verdict {
  readonly ok: boolean;
  readonly issues: readonly PlacedIssue[];
  readonly ignored: readonly PlacedKey[];
  /** The API's answer for an invalid body. */
  readonly error?: object;
}

/** Judges a body as the API does: first its bytes and its JSON, then its fields. */
export function judge({ bytes, line }: BodyText, validate: (input: unknown) => CreateAgentResult | UpdateAgentResult): Verdict {
  if (bytes.length > maxBodyBytes) {
    return unreadable({ line, column: 1 }, "too_long", `The body is longer than ${maxBodyBytes.toLocaleString("en")} bytes.`);
  }
  if (!isUtf8(bytes)) return notUtf8(bytes, line);
  const text = withoutMark(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));
  const read = readJson(text);
  const place = placesIn(text, line);
  if (isFault(read)) return unreadable(place(read.offset), read.reason, read.message);

  const result = validate(read.value);
  const ignored = ignoredKeys(read.tree, result.ignored).map(({ path, offset }) => ({ path, ...place(offset) }));
  if (result.ok) return { ok: true, issues: [], ignored };
  const issues = result.issues.map(({ path, ...issue }) => ({ path, ...issue, ...place(nodeOf(read.tree, path).offset) }));
  return { ok: false, issues, ignored, error: result.error };
}

function isFault(read: object): read is JsonFault {
  return "reason" in read;
}

function unreadable(place: Place, reason: string, message: string): Verdict {
  const issue: PlacedIssue = { path: [], code: "bad_request", reason, message, ...place };
  return { ok: false, issues: [issue], ignored: [], error: { status: "error", code: "bad_request", message } };
}

function notUtf8(bytes: Uint8Array, line: number): Verdict {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isUtf16) return unreadable({ line, column: 1 }, "not_utf8", "The file is UTF-16. Save it as UTF-8.");
  // The longest valid beginning ends before the fault. A valid piece can end within a character of a longer one.
  let [valid, invalid] = [0, bytes.length];
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    if (isValidBeginning(bytes.subarray(0, middle))) valid = middle;
    else invalid = middle;
  }
  const text = withoutMark(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, valid), { stream: true }));
  return unreadable(placesIn(text, line)(text.length), "not_utf8", "The body is not valid UTF-8.");
}

/** Whether these bytes can begin UTF-8: the last character may be unfinished. */
function isValidBeginning(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** Converts offsets of a text to places; `line` is that of the text's beginning. */
function placesIn(text: string, line: number): (offset: number) => Place {
  return (offset) => {
    const before = text.slice(0, offset);
    const start = before.lastIndexOf("\n") + 1;
    return { line: line + before.split("\n").length - 1, column: offset - start + 1 };
  };
}

/** The value at this path, or the innermost object around it if there is none. */
function nodeOf(tree: Node, path: readonly string[]): Node {
  for (let length = path.length; length > 0; length--) {
    const node = findNodeAtLocation(tree, path.slice(0, length));
    if (node !== undefined) return node;
  }
  return tree;
}

/** The ignored keys, with their places. */
function ignoredKeys(tree: Node, paths: readonly string[]): { path: string; offset: number }[] {
  if (paths.length === 0) return [];
  const offsets = new Map<string, number>();
  const note = (object: Node | undefined, prefix: string): void => {
    for (const { children: [key] = [] } of object?.type === "object" ? (object.children ?? []) : []) {
      const path = prefix + key?.value;
      if (!offsets.has(path)) offsets.set(path, key?.offset ?? 0);
    }
  };
  note(tree, "");
  note(findNodeAtLocation(tree, ["details"]), "details.");
  return paths.map((path) => ({ path, offset: offsets.get(path) ?? tree.offset }));
}
