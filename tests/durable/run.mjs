// Runs the tests of this folder with Vitest, in Node 22.13 (the oldest with node:sqlite) and in Node 24:
//
//   node tests/durable/run.mjs [22|24] [--kills 100] [Vitest's arguments]
//
// With `--kills`, workerd is killed a fifth as often.
//
// If these packages have no program for this machine, the Node that runs this script is used.
import { at, fail, must } from "../../scripts/lib.mjs";
import { nodes } from "./nodes.mjs";

const args = process.argv.slice(2);
const majors = ["22", "24"].includes(args[0]) ? [args.shift()] : ["22", "24"];
const kills = args[0] === "--kills" ? args.splice(0, 2)[1] : undefined;

async function main() {
  const env = kills === undefined ? {} : { KILLS: kills, OBJECT_KILLS: String(Math.ceil(kills / 5)) };
  for (const node of await nodes(majors)) {
    const vitest = [at("node_modules", "vitest", "vitest.mjs"), "run", "--config", at("tests", "durable", "vitest.config.ts")];
    await must(node, ["--disable-warning=ExperimentalWarning", ...vitest, ...args], { env });
  }
}

await main().catch(fail);
