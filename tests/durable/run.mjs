// Runs the tests of this folder with Vitest, in Node 22.13 (the oldest with node:sqlite) and in Node 24:
//
//   node tests/durable/run.mjs [22|24] [--kills 100] [Vitest's arguments]
//
// With `--kills`, workerd is killed a fifth as often.
//
// Where these packages have no program for this machine, the Node that runs this takes their place.
import { existsSync, readFileSync } from "node:fs";
import { at, atLeast, fail, Failure, must, quietly, say } from "../../scripts/lib.mjs";
import { outOfDate } from "../../scripts/setup.mjs";

const folder = at("tests", "durable", "nodes");
const program = (major) => `${folder}/node_modules/node-${major}-${process.platform}-${process.arch}/bin/node`;

async function install() {
  const read = (...path) => JSON.parse(readFileSync([folder, ...path].join("/"), "utf8"));
  const installed = `${folder}/node_modules/.package-lock.json`;
  if (existsSync(installed) && outOfDate(read("package-lock.json"), read("node_modules", ".package-lock.json")) === null) return;
  say("Installing Node 22.13 and 24: the tests of records in a file run in both …");
  await quietly("npm", ["ci", "--ignore-scripts", "--prefix", folder, "--loglevel=error"]);
}

const args = process.argv.slice(2);
const majors = ["22", "24"].includes(args[0]) ? [args.shift()] : ["22", "24"];
const kills = args[0] === "--kills" ? args.splice(0, 2)[1] : undefined;

async function main() {
  await install();
  const found = majors.map(program).filter((path) => existsSync(path));
  if (found.length === 0) {
    if (!atLeast(process.versions.node, "22.13.0")) throw new Failure("no Node from 22.13 on for this machine: run this with one");
    found.push(process.execPath);
  }
  const env = kills === undefined ? {} : { KILLS: kills, OBJECT_KILLS: String(Math.ceil(kills / 5)) };
  for (const node of found) {
    const vitest = [at("node_modules", "vitest", "vitest.mjs"), "run", "--config", at("tests", "durable", "vitest.config.ts")];
    await must(node, ["--disable-warning=ExperimentalWarning", ...vitest, ...args], { env });
  }
}

await main().catch(fail);
