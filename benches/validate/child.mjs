// The process of one validating contender.

import { isDeepStrictEqual } from "node:util";
import { texts, VALIDATE_KINDS } from "../lib/inputs.mjs";
import { timed } from "../lib/measure.mjs";
import { answer } from "../lib/process.mjs";
import { startProfile, stopProfile } from "../lib/profile.mjs";

const { default: contender } = await import(`./${process.argv[2]}.mjs`);
const { validate } = contender;
const inputs = Object.fromEntries(VALIDATE_KINDS.map((kind) => [kind, texts(kind).map((text) => JSON.parse(text))]));

let sink = 0;

/** Reads what a form reads, so that no result is optimised away. */
function consume(result) {
  if (result.ok) {
    sink += result.value.details.name.length + result.ignored.length;
    return;
  }
  for (const issue of result.issues) sink += issue.message.length;
}

/** The difference between the contender's verdict and the corpus, if there is one. */
function difference({ body, expect }) {
  const result = validate(body);
  if (result.ok !== expect.ok) return result.ok ? "accepts it" : "refuses it";
  if (!isDeepStrictEqual([...result.ignored].sort(), [...expect.ignored].sort())) return "reports other dropped keys";
  if (result.ok) return isDeepStrictEqual(result.value, expect.value) ? undefined : "gives another value";
  if ([...result.issues].some(({ message }) => typeof message !== "string" || message === "")) return "gives an issue without a message";
  const found = new Set([...result.issues].flatMap(contender.paths).map((path) => path.join(".")));
  const expected = new Set(expect.paths);
  const missing = [...expected].filter((path) => !found.has(path));
  const extra = [...found].filter((path) => !expected.has(path));
  if (missing.length > 0) return `reports nothing at ${missing.join(", ")}`;
  return extra.length > 0 ? `reports ${extra.join(", ")} too` : undefined;
}

answer({
  about: () => ({ name: contender.name, package: contender.package, note: contender.note, isOurs: contender.isOurs === true }),
  check: (entries) => entries.map(difference),
  run(kind, milliseconds) {
    const list = inputs[kind];
    let at = 0;
    return timed(milliseconds, (count) => {
      for (let left = count; left > 0; left--) {
        consume(validate(list[at]));
        if (++at === list.length) at = 0;
      }
    });
  },
  sink: () => sink,
  startProfile,
  stopProfile,
});
