// Takes the code blocks out of a Markdown document, with what its author says about how they are tested.
import { Failure } from "../../../scripts/lib.mjs";

/** What a marker may say: `<!-- test: WORD, WORD: REST -->` in the line before the block. See README.md. */
const WORDS = new Set(["full", "fresh", "given", "file", "run", "server", "output", "check", "skip", "by"]);

const FENCE = /^(\s*)(`{3,})(\S*) ?(.*)$/;
const MARKER = /^\s*<!-- test: (.*) -->\s*$/;

/** `full, server: 8787` as `{full: "", server: "8787"}`. */
function wordsOf(text, where) {
  const words = {};
  for (const part of text.split(/, (?=(?:full|fresh|given|file|run|server|output|check|skip|by)\b)/)) {
    const [, word, rest = ""] = /^(\w+)(?:: (.*))?$/.exec(part) ?? [];
    if (!WORDS.has(word)) throw new Failure(`${where}: "${part}" is no word of a marker`);
    words[word] = rest;
  }
  for (const word of ["given", "skip", "check", "by"])
    if (words[word] === "") throw new Failure(`${where}: "${word}" needs what follows a colon`);
  return words;
}

/**
 * The blocks of a document, in order: `language`, `name` of the file (or ""), `code`, `words` of the marker, `where` for
 * messages.
 */
export function blocksOf(path, text) {
  const blocks = [];
  let open;
  let marker;
  text.split("\n").forEach((line, index) => {
    const where = `${path}:${index + 1}`;
    if (open !== undefined) {
      if (line.trim() === open.fence) {
        blocks.push({ ...open.block, code: open.lines.join("\n") + "\n" });
        open = undefined;
      } else {
        open.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line);
      }
      return;
    }
    const [, indent, fence, language, name] = FENCE.exec(line) ?? [];
    if (fence !== undefined) {
      open = { indent, fence, lines: [], block: { language, name, where, words: marker ?? {} } };
      marker = undefined;
      return;
    }
    const [, words] = MARKER.exec(line) ?? [];
    if (words !== undefined) marker = wordsOf(words, where);
    else if (marker !== undefined && line.trim() !== "") throw new Failure(`${where}: a marker for a test stands before no block`);
  });
  if (open !== undefined) throw new Failure(`${open.block.where}: the block has no end`);
  if (marker !== undefined) throw new Failure(`${path}: the last marker stands before no block`);
  return blocks;
}

/** Compares texts; `…` in the promised one stands for anything within its line. Null, or what differs. */
export function difference(promised, given) {
  const lines = (text) => text.replace(/\s+$/, "").split("\n");
  const [wanted, found] = [lines(promised), lines(given)];
  for (let index = 0; index < Math.max(wanted.length, found.length); index++) {
    const pattern = wanted[index]?.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    if (pattern === undefined || found[index] === undefined || !new RegExp(`^${pattern.join(".*")}$`).test(found[index].trimEnd())) {
      return `line ${index + 1} is ${JSON.stringify(found[index])}, promised ${JSON.stringify(wanted[index])}`;
    }
  }
  return null;
}

/** Compares JSON by value; `…` in a promised text stands for anything. Null, or what differs. */
export function jsonDifference(promised, given, path = "$") {
  if (typeof promised === "string" && typeof given === "string") {
    const found = difference(promised, given);
    return found === null ? null : `${path}: ${found}`;
  }
  if (typeof promised !== "object" || promised === null || typeof given !== "object" || given === null) {
    return Object.is(promised, given) ? null : `${path} is ${JSON.stringify(given)}, promised ${JSON.stringify(promised)}`;
  }
  const keys = [Object.keys(promised), Object.keys(given)].map((list) => list.join());
  if (Array.isArray(promised) !== Array.isArray(given) || keys[0] !== keys[1]) {
    return `${path} has the keys ${keys[1]}, promised are ${keys[0]}`;
  }
  for (const key of Object.keys(promised)) {
    const found = jsonDifference(promised[key], given[key], `${path}.${key}`);
    if (found !== null) return found;
  }
  return null;
}
