// Reads a JSON text with the places of its values. `JSON.parse` decides whether it is JSON; jsonc-parser gives the places.
import { createScanner, type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { maxDepth } from "../generated/constants.js";

const STRICT = { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false };

/** A rule of JSON, or of the API's reader, that a text breaks, and where. */
export interface JsonFault {
  readonly reason: "not_json" | "duplicate_key" | "too_deep";
  readonly message: string;
  /** In UTF-16 code units. */
  readonly offset: number;
}

/** A JSON text that the API's reader accepts. */
export interface JsonText {
  readonly value: unknown;
  readonly tree: Node;
}

/** Whether a text is JSON. */
export function isComplete(text: string): boolean {
  try {
    JSON.parse(withoutMark(text));
    return true;
  } catch {
    return false;
  }
}

/** Whether more text could make this JSON. */
export function isUnfinished(text: string): boolean {
  const errors: ParseError[] = [];
  if (tooDeep(text) !== undefined) return false;
  parseTree(withoutMark(text), errors, STRICT);
  return errors.every(({ offset }) => offset >= text.trimEnd().length);
}

/** The text without a byte order mark, which the API skips. */
export function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** Reads a text by the rules of the API's reader (src/json). */
export function readJson(text: string): JsonText | JsonFault {
  // First, because jsonc-parser is recursive.
  const deep = tooDeep(text);
  if (deep !== undefined) {
    return { reason: "too_deep", message: `The body is nested deeper than ${maxDepth} levels.`, offset: deep };
  }
  if (text.trim() === "") return { reason: "not_json", message: "The body is empty.", offset: 0 };
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, STRICT);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const [first] = errors;
    const sentence = first && SENTENCES[printParseErrorCode(first.error)];
    return { reason: "not_json", message: `The body is not valid JSON${sentence ?? "."}`, offset: first?.offset ?? 0 };
  }
  const again = tree && repeatedKey(tree);
  if (again !== undefined) {
    return { reason: "duplicate_key", message: "An object in the body has the same key twice.", offset: again };
  }
  return { value, tree: tree as Node };
}

/** The end of the message, by the name of jsonc-parser's error. */
const SENTENCES: Readonly<Record<string, string>> = {
  InvalidSymbol: ": this is no JSON value.",
  InvalidNumberFormat: ": this is no JSON number.",
  PropertyNameExpected: ": a key in double quotes must stand here.",
  ValueExpected: ": a value must stand here.",
  ColonExpected: ": a colon must stand here.",
  CommaExpected: ": a comma must stand here.",
  CloseBraceExpected: ": the object does not end.",
  CloseBracketExpected: ": the array does not end.",
  EndOfFileExpected: ": it goes on after the end of the value.",
  InvalidCommentToken: ": JSON has no comments.",
  UnexpectedEndOfComment: ": JSON has no comments.",
  UnexpectedEndOfString: ": the string does not end.",
  UnexpectedEndOfNumber: ": the number does not end.",
  InvalidUnicode: ": four hexadecimal digits must follow \\u.",
  InvalidEscapeCharacter: ": this escape is not JSON's.",
  InvalidCharacter: ": a string must not contain control characters; escape them.",
};

/** Where the nesting exceeds the limit. */
function tooDeep(text: string): number | undefined {
  // Nearly every text has fewer brackets than the limit.
  if ((text.match(/[[{]/g)?.length ?? 0) <= maxDepth) return undefined;
  const scanner = createScanner(text, true);
  let depth = 0;
  // The numbers of a `const enum`, which the bundler does not inline.
  const [openBrace, closeBrace, openBracket, closeBracket, end] = [1, 2, 3, 4, 17];
  for (let token: number = scanner.scan(); token !== end; token = scanner.scan()) {
    if (token === openBrace || token === openBracket) depth++;
    else if (token === closeBrace || token === closeBracket) depth--;
    if (depth > maxDepth) return scanner.getTokenOffset();
  }
  return undefined;
}

/** Where an object repeats a key. */
function repeatedKey(node: Node): number | undefined {
  const keys = new Set<unknown>();
  for (const child of node.children ?? []) {
    const [key] = child.children ?? [];
    if (node.type === "object" && key !== undefined) {
      if (keys.has(key.value)) return key.offset;
      keys.add(key.value);
    }
    const inner = repeatedKey(child);
    if (inner !== undefined) return inner;
  }
  return undefined;
}
