// Validate an object: JavaScript value in, verdict, issues and normalised value out.

import { readFile } from "node:fs/promises";
import { generateAjvStandalone } from "../lib/generate.mjs";
import { VALIDATE_KINDS } from "../lib/inputs.mjs";
import { interleaved } from "../lib/measure.mjs";
import { NO_EVAL, start } from "../lib/process.mjs";
import { duration, ratio, table } from "../lib/table.mjs";

export const title = "Validate an object";
export const peers = ["ajv", "arktype", "typebox", "valibot", "zod"];

const CONTENDERS = ["ours", "hand", "ajv-standalone", "ajv", "valibot", "zod-mini", "zod", "arktype", "typebox"];
const MODES = [
  { name: "no eval", execArgv: [NO_EVAL] },
  { name: "eval allowed", execArgv: [] },
];

const ALIKE = `Each contender applies the rules of the create body (trimming, lengths in Unicode scalar values, control
characters, PFIDs, the id's partition), gives every issue with its path and a message, the normalised value, and the
list of dropped keys. Rules that the libraries have no word for are helpers that all of them share. Times are for one
body; in brackets the time relative to ours, so more than 1\u00d7 means slower than ours.`;

export async function run({ quick, progress }) {
  await generateAjvStandalone();
  const corpus = await loadCorpus();
  const sections = [ALIKE];
  const results = {};
  for (const mode of MODES) {
    const { started, absent } = await startAll(mode, progress);
    try {
      progress(`${mode.name}: do they agree?`);
      for (const contender of started) contender.marks = await marks(contender, corpus);
      for (const contender of started) for (const kind of VALIDATE_KINDS) await contender.call("run", kind, quick ? 20 : 60);
      const measured = await interleaved({
        contenders: started,
        cells: VALIDATE_KINDS,
        rounds: quick ? 5 : 15,
        measure: (contender, kind) => contender.call("run", kind, quick ? 10 : 30),
        progress: (text) => progress(`${mode.name}: ${text}`),
      });
      results[mode.name] = measured;
      sections.push(section(mode, started, absent, measured, corpus.length));
    } finally {
      await Promise.all(started.map(({ stop }) => stop()));
    }
  }
  sections.push(targets(results["no eval"]));
  return sections.join("\n\n");
}

async function loadCorpus() {
  const entries = JSON.parse(await readFile(new URL("../../tests/corpus/create_agent.json", import.meta.url), "utf8"));
  return entries
    .filter(({ options }) => options === undefined)
    .map(({ name, body, raw, expect }) => ({
      name,
      body: raw === undefined ? body : JSON.parse(raw),
      expect: expect.ok ? expect : { ...expect, paths: expect.issues.map(({ path }) => path.join(".")) },
    }));
}

async function startAll(mode, progress) {
  const started = [];
  const absent = [];
  for (const name of CONTENDERS) {
    progress(`${mode.name}: ${name} starts`);
    try {
      const process = await start("validate/child.mjs", { args: [name], execArgv: mode.execArgv });
      started.push({ ...process, ...(await process.call("about")) });
    } catch (fault) {
      if (name === "ours") throw fault;
      absent.push(`${name}: ${fault.message.split(": ").slice(1).join(": ").slice(0, 120)}`);
    }
  }
  return { started, absent };
}

/** The differences between a contender and the corpus, counted by kind. */
async function marks(contender, corpus) {
  const found = new Map();
  for (const [at, difference] of (await contender.call("check", corpus)).entries()) {
    if (difference) found.set(difference, [...(found.get(difference) ?? []), corpus[at].name]);
  }
  return [...found].map(([what, names]) => `${what} (${names.length}: \u201c${names[0]}\u201d${names.length > 1 ? ", \u2026" : ""})`);
}

function section(mode, started, absent, measured, entries) {
  const ours = measured.get(started.find(({ isOurs }) => isOurs));
  const rows = started.map((contender, at) => {
    const cells = VALIDATE_KINDS.map((kind) => {
      const { median } = measured.get(contender).get(kind);
      return contender.isOurs ? duration(median) : `${duration(median)} (${ratio(median / ours.get(kind).median)})`;
    });
    const mark = contender.marks.length > 0 || contender.note ? ` [${at}]` : "";
    return [contender.name + mark, ...cells];
  });
  const spread = Math.max(...[...measured.values()].flatMap((cells) => [...cells.values()].map((cell) => cell.spread)));
  const notes = started.flatMap(({ marks: differences, note }, at) => {
    const all = [...(note ? [note] : []), ...differences];
    return all.length > 0 ? [`- [${at}] ${all.join("; ")}.`] : [];
  });
  return [
    `### ${mode.name[0].toUpperCase()}${mode.name.slice(1)}`,
    table(["", ...VALIDATE_KINDS], rows),
    `The widest distance between the quartiles of a cell is ${Math.round(spread * 100)} % of its median. Checked against ${entries} bodies of the corpus; who answers otherwise:`,
    notes.join("\n") || "- nobody.",
    ...(absent.length > 0 ? [`Can't run so:\n\n${absent.map((text) => `- ${text}`).join("\n")}`] : []),
  ].join("\n\n");
}

function targets(measured) {
  const byName = new Map([...measured].map(([{ name, isOurs }, cells]) => [isOurs ? "ours" : name, cells]));
  const time = (name, kind) => byName.get(name).get(kind).median;
  const over = (name, kind) => time(name, kind) / time("ours", kind);
  const row = (what, value, limit, isMet) => [what, limit, ratio(value), isMet ? "met" : "missed"];
  const atLeast = (what, value, limit) => row(what, value, `\u2265 ${limit}\u00d7`, value >= limit);
  return [
    "### Targets (no eval)",
    table(
      ["", "target", "measured", ""],
      [
        row(
          "our time relative to ajv standalone, valid",
          1 / over("ajv standalone", "valid"),
          "\u2264 1.25\u00d7",
          1 / over("ajv standalone", "valid") <= 1.25,
        ),
        atLeast("faster than zod 4, valid", over("zod 4", "valid"), 1.7),
        atLeast("faster than valibot, valid", over("valibot", "valid"), 1.5),
        atLeast("faster than zod 4, 1 error", over("zod 4", "1 error"), 15),
        atLeast("faster than zod 4, 3 errors", over("zod 4", "3 errors"), 15),
        atLeast("faster than valibot, 1 error", over("valibot", "1 error"), 3),
        atLeast("faster than valibot, 3 errors", over("valibot", "3 errors"), 3),
      ],
    ),
  ].join("\n\n");
}
