// Fuzzes the library with libFuzzer, guided by coverage. docs/reliability.md says what each target checks.
//
//   npm run fuzz                              all targets, 10 minutes together
//   npm run fuzz -- json pfid --for 30m       these, for 30 minutes together
//   npm run fuzz -- --runs 1000000            each target so many inputs (--for still ends it)
//   npm run fuzz -- json --input FILE         one input, to see a finding again
//   npm run fuzz -- --list                    names the targets
//
// Stable Rust is enough: the coverage that libFuzzer needs is an option of LLVM. Inputs that reach new code are collected in build/fuzz/corpus, findings in
// build/fuzz/findings. A finding becomes a file in fuzz/corpus/TARGET, which the stage `fuzz` tests from then on.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { at, duration, fail, Failure, isMain, must, output, say, targetDir } from "./lib.mjs";
import { setup } from "./setup.mjs";

const DEFAULT_TIME = "10m";
/** Bytes of the longest input: short ones are tried faster. */
const LONGEST = { json: 512, migration: 512, pfid: 64, query: 256, timestamp: 64 };
const LONGEST_OF_OTHERS = 4096;
/** A target that takes more memory, in MiB, or longer for one input, in seconds, is a finding. */
const [MOST_MEMORY, LONGEST_RUN] = [2048, 120];

/** The targets: the programs of fuzz/fuzz_targets. */
export const targets = () =>
  readdirSync(at("fuzz", "fuzz_targets"))
    .map((name) => name.replace(/\.rs$/, ""))
    .sort();

/** The options of a command line. */
export function options(args) {
  const chosen = { names: [], seconds: secondsOf(DEFAULT_TIME), runs: -1, input: undefined, list: false };
  const rest = [...args];
  const value = (name) => rest.shift() ?? fault(`${name} needs a value`);
  while (rest.length > 0) {
    const one = rest.shift();
    if (one === "--for") chosen.seconds = secondsOf(value(one));
    else if (one === "--runs") chosen.runs = Number(value(one).replaceAll("_", ""));
    else if (one === "--input") chosen.input = value(one);
    else if (one === "--list") chosen.list = true;
    else if (targets().includes(one)) chosen.names.push(one);
    else fault(`there is no target ${one}; the targets are: ${targets().join(", ")}`);
  }
  if (!Number.isInteger(chosen.runs)) fault("--runs takes a whole number");
  if (chosen.names.length === 0) chosen.names = targets();
  if (chosen.input !== undefined && chosen.names.length !== 1) fault("--input needs one target");
  return chosen;
}

function fault(message) {
  throw new Failure(message);
}

/** Seconds of `90`, `90s`, `10m` or `2h`. */
export function secondsOf(text) {
  const [, number, unit = "s"] = /^(\d+)([smh])?$/.exec(text) ?? fault(`${text} is no time: write 90s, 10m or 2h`);
  return Number(number) * { s: 1, m: 60, h: 3600 }[unit];
}

/** Compiles the programs. Returns their folder. */
async function build(names) {
  const triple = /^host: (.*)$/m.exec(output("rustc", ["-vV"]))[1];
  const bins = names.flatMap((name) => ["--bin", name]);
  // With --target, so that the wrapper knows what runs on this machine while it builds: that is compiled without coverage.
  const selection = ["--package", "agent-registrar-fuzz", "--features", "libfuzzer", "--profile", "fuzz", "--target", triple];
  const env = { CARGO_INCREMENTAL: "0", RUSTC_WORKSPACE_WRAPPER: at("scripts", "fuzz-rustc.sh") };
  await must("cargo", ["build", "--locked", ...selection, ...bins], { env });
  return join(targetDir, triple, "fuzz");
}

/** The figures in what libFuzzer prints. */
export function figures(lines) {
  const last = (pattern) => lines.map((line) => pattern.exec(line)?.[1]).findLast((it) => it !== undefined);
  const first = (pattern) => lines.map((line) => pattern.exec(line)?.[1]).find((it) => it !== undefined);
  const number = (text) => (text === undefined ? undefined : Number(text));
  const progress = /^#\d+\s.* rss: (\d+)Mb/;
  return {
    inputs: number(last(/^stat::number_of_executed_units:\s+(\d+)/) ?? last(/^#(\d+)\s/)) ?? 0,
    edges: number(last(/ cov: (\d+) /)),
    kept: number(last(/ corp: (\d+)\//)),
    memory: [first(progress), last(/^stat::peak_rss_mb:\s+(\d+)/) ?? last(progress), last(progress)].map(number),
    finding: last(/Test unit written to (.*)$/),
  };
}

/** libFuzzer's exit code after an interrupt. */
const INTERRUPTED = 72;

/** Runs one target. Resolves to its figures. */
function fuzz(name, folder, { seconds, runs, input }) {
  const [corpus, findings, seeds] = [at("build", "fuzz", "corpus", name), at("build", "fuzz", "findings"), at("fuzz", "corpus", name)];
  for (const path of [corpus, findings]) mkdirSync(path, { recursive: true });
  const limits = [`-max_len=${LONGEST[name] ?? LONGEST_OF_OTHERS}`, `-rss_limit_mb=${MOST_MEMORY}`, `-timeout=${LONGEST_RUN}`];
  const bounds = [`-max_total_time=${seconds}`, `-runs=${runs}`, "-print_final_stats=1", `-artifact_prefix=${join(findings, `${name}-`)}`];
  const inputs = input === undefined ? [...bounds, corpus, ...(existsSync(seeds) ? [seeds] : [])] : [input];
  return new Promise((resolve, reject) => {
    const child = spawn(join(folder, name), [...limits, ...inputs], { stdio: ["ignore", "inherit", "pipe"] });
    const lines = [];
    let rest = "";
    child.stderr.setEncoding("utf8").on("data", (chunk) => {
      const parts = (rest + chunk).split("\n");
      rest = parts.pop();
      lines.push(...parts);
      // Memory stays bounded, however long it runs; the first lines have the memory at start.
      if (lines.length > 4_000) lines.splice(1_000, 1_000);
    });
    const beat = setInterval(() => {
      const { inputs, edges, memory } = figures(lines);
      say(`  … ${shown(inputs)} inputs, ${shown(edges)} edges, ${shown(memory[2])} MiB`);
    }, 30_000);
    child.once("error", reject);
    child.once("close", (code) => {
      clearInterval(beat);
      resolve({ name, isFinding: code !== 0 && code !== INTERRUPTED, lines, ...figures([...lines, rest]) });
    });
  });
}

const shown = (number) => (number === undefined ? "?" : number.toLocaleString("en-US"));

function report(results) {
  const head = ["target", "inputs", "findings", "edges", "kept", "MiB at start", "peak", "end", "time"];
  const rows = results.map((one) => [
    one.name,
    shown(one.inputs),
    one.isFinding ? "1" : "0",
    shown(one.edges),
    shown(one.kept),
    ...one.memory.map(shown),
    duration(one.took),
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column].length)));
  for (const row of [head, ...rows]) {
    say(row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("  "));
  }
}

async function main() {
  const chosen = options(process.argv.slice(2));
  if (chosen.list) return targets().forEach((name) => void say(name));
  await setup(["rust", "linker", "cxx"]);
  const folder = await build(chosen.names);
  const results = [];
  const end = Date.now() + chosen.seconds * 1000;
  for (const [index, name] of chosen.names.entries()) {
    const began = Date.now();
    // What a target with --runs leaves is the others'.
    const seconds = Math.max(1, Math.floor((end - began) / 1000 / (chosen.names.length - index)));
    say(`${name}: at most ${duration(seconds * 1000)} …`);
    const result = { ...(await fuzz(name, folder, { ...chosen, seconds })), took: 0 };
    result.took = Date.now() - began;
    results.push(result);
    if (result.isFinding) say(`${result.lines.slice(-60).join("\n")}\n`);
  }
  if (chosen.input !== undefined) return;
  report(results);
  const findings = results.filter(({ isFinding }) => isFinding);
  const total = results.reduce((sum, { inputs }) => sum + inputs, 0);
  say(`\n${shown(total)} inputs tried, ${findings.length} findings.`);
  for (const { name, finding } of findings) say(`To see it again: npm run fuzz -- ${name} --input ${finding ?? "?"}`);
  if (findings.length > 0) process.exitCode = 1;
}

if (isMain(import.meta)) await main().catch(fail);
