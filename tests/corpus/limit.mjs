// node tests/corpus/limit.mjs FROM TO
//
// After a change of the name limit: rewrites the cases with names of about FROM characters to about TO characters.
// The names stay as far from the limit as they were, so the verdicts stay, too.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const [from, to] = process.argv.slice(2).map(Number);
if (!(from > 2 && to > from)) {
  console.error("Usage: node tests/corpus/limit.mjs FROM TO, TO being the greater number");
  process.exit(2);
}

// Names of more than twice FROM characters stay too long.
const isNear = (count) => count >= from - 1 && count <= 2 * from;

/** Adds characters behind the first one that is not white space, if the text has about FROM characters without the white space around it. */
function stretched(text) {
  const core = text.replace(/^\p{White_Space}+|\p{White_Space}+$/gu, "");
  const [first = ""] = core;
  return isNear([...core].length) ? text.replace(first, `${first}${"x".repeat(to - from)}`) : text;
}

for (const file of ["create_agent.json", "update_agent.json"]) {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .map((line) => {
      // The title of a case.
      if (/^ {4}"name"/.test(line))
        return line.replace(/\b\d+\b/g, (number) => (isNear(Number(number)) ? String(Number(number) + to - from) : number));
      // The text of a body, which has its own escapes.
      if (/^ {4}"raw"/.test(line)) return line;
      const texts = line.replace(/"(?:[^"\\]|\\.)*"/g, (literal) => {
        const text = JSON.parse(literal);
        const longer = stretched(text);
        return longer === text ? literal : JSON.stringify(longer);
      });
      return texts.replaceAll(`{"limit": ${from}}`, `{"limit": ${to}}`);
    });
  writeFileSync(path, lines.join("\n"));
}
