// The core natively, by criterion.

import { spawn } from "node:child_process";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { duration, table } from "../lib/table.mjs";

export const title = "Native";
export const peers = [];

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const RESULTS = fileURLToPath(new URL("../.generated/criterion", import.meta.url));
const BENCHES = ["rules", "service"];

const ALIKE = `\`cargo bench --package agent-registrar-benches\`: the rules, ids and times; then the service without JavaScript, from the
bytes of a request to the bytes of its answer, with ${(1000).toLocaleString("en-US")} agents in the store (\u201ccreate\u201d: from an empty one to 10,000).`;

export async function run({ quick, progress }) {
  await rm(RESULTS, { recursive: true, force: true });
  progress("cargo builds the benches (release profile: a minute or two the first time)");
  const time = quick ? ["--quick"] : ["--warm-up-time", "0.3", "--measurement-time", "0.9"];
  const benches = ["--package", "agent-registrar-benches", ...BENCHES.flatMap((name) => ["--bench", name])];
  await cargo(["bench", "--locked", ...benches, "--", "--noplot", ...time], progress);
  return [
    ALIKE,
    table(
      ["", "time"],
      (await results()).map(([name, median]) => [name, duration(median)]),
    ),
  ].join("\n\n");
}

function cargo(args, progress) {
  return new Promise((resolve, reject) => {
    const child = spawn("cargo", args, { cwd: ROOT, env: { ...process.env, CRITERION_HOME: RESULTS }, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    child.stderr.on("data", (chunk) => (said = (said + chunk).slice(-4000)));
    child.stdout.on("data", (chunk) => progress(String(chunk).trim().split("\n").at(-1).slice(0, 60)));
    child.on("error", reject);
    child.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`cargo bench failed:\n${said}`))));
  });
}

/** Names and medians in nanoseconds, from criterion's own records. */
async function results() {
  const found = [];
  for (const folder of await readdir(RESULTS)) {
    const read = async (file) => JSON.parse(await readFile(join(RESULTS, folder, "new", file), "utf8"));
    const [{ full_id: name }, { median }] = await Promise.all([read("benchmark.json"), read("estimates.json")]);
    found.push([name, median.point_estimate]);
  }
  return found.sort(([a], [b]) => a.localeCompare(b));
}
