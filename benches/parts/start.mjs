// Import to first answer, each time in a fresh process.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { generateAjvStandalone } from "../lib/generate.mjs";
import { interleaved } from "../lib/measure.mjs";
import { duration, ratio, table } from "../lib/table.mjs";

export const title = "Start";
export const peers = ["ajv", "arktype", "hono", "itty-router", "typebox", "valibot", "zod"];

const PROBE = fileURLToPath(new URL("../startup/probe.mjs", import.meta.url));
const GROUPS = [
  {
    name: "Validator",
    part: "validate",
    limit: 5,
    names: ["ours", "hand", "ajv-standalone", "ajv", "valibot", "zod-mini", "zod", "arktype", "typebox"],
  },
  {
    name: "Service",
    part: "service",
    limit: 12,
    names: ["ours", "ours-request", "hand", "request-alone", "itty-ajv", "hono-valibot", "hono-zod"],
  },
];

const ALIKE = `Node starts, then the clock starts: import as installed (no bundler), set up, and the answer to one valid body. The
files are in the system's cache. \u201cRequest and Response alone\u201d is what Node itself takes to make its first ones.`;

export async function run({ quick, progress }) {
  await generateAjvStandalone();
  const sections = [ALIKE];
  for (const { name: group, part, limit, names } of GROUPS) {
    const contenders = [];
    for (const name of names) {
      const { default: about } = await import(`../${part}/${name}.mjs`);
      contenders.push({ name, title: about.takes ? `${about.name}, ${about.takes}` : about.name });
    }
    const measured = await interleaved({
      contenders,
      cells: ["start"],
      rounds: quick ? 3 : 11,
      measure: ({ name }) => probe(part, name),
      progress: (text) => progress(`${group}: ${text}`),
    });
    const time = (contender) => measured.get(contender).get("start").median;
    const ours = contenders.find(({ name }) => name === "ours");
    const rows = contenders.map((contender) => [
      contender.title,
      duration(time(contender)),
      contender === ours ? "" : ratio(time(contender) / time(ours)),
    ]);
    sections.push(
      `### ${group}`,
      table(["", "import to first answer", "relative to ours"], rows),
      `Target: ours at most ${limit} ms: ${time(ours) <= limit * 1e6 ? "met" : "missed"}.`,
    );
  }
  return sections.join("\n\n");
}

async function probe(part, name) {
  const { stdout } = await promisify(execFile)(process.execPath, [PROBE, part, name], { env: { ...process.env, NODE_ENV: "production" } });
  return Number(stdout);
}
