// npm run soak [-- memory sqlite workerd] [--requests N] [--for 10m] [--clients 16] [--seed 1]
//
// Sends mixed requests to a server in memory, to one on a file, and to the worker in workerd, one after another: all operations, valid and
// hostile, from several accounts, with clients that leave, injected faults, and restarts. Checks every answer, and prints for each server
// how many were sent, what was found, and the memory of its process. Fails if an answer is wrong, or if the memory grows.
import { parseArgs } from "node:util";
import { memoryOf } from "../tests/attacks/measure.mjs";
import { SERVERS } from "../tests/soak/servers.mjs";
import { SoakRun } from "../tests/soak/run.mjs";
import { fail, Failure } from "./lib.mjs";

const { values, positionals } = parseArgs({
  options: {
    requests: { type: "string" },
    for: { type: "string", default: "10m" },
    clients: { type: "string", default: "16" },
    seed: { type: "string", default: "1" },
  },
  allowPositionals: true,
});
const MIB = 1024 * 1024;
/** The memory at the end may exceed that in the middle by a tenth, and by this. */
const MOST_GROWTH = 1.1;
const NOISE = 24 * MIB;
/** In shorter runs memory is not judged: the engine still compiles, and its heap finds its size. */
const LEAST_REQUESTS = 100_000;
const SAMPLE_MS = 250;

/** The milliseconds of a duration such as `90s`, `10m` or `1h`. */
function duration(text) {
  const [, count, unit] = /^(\d+(?:\.\d+)?)([smh])$/.exec(text) ?? [];
  if (unit === undefined) throw new Failure(`--for ${text}: must be a number with s, m or h, such as 10m`);
  return Number(count) * { s: 1_000, m: 60_000, h: 3_600_000 }[unit];
}

const mib = (bytes) => `${Math.round(bytes / MIB)}`;
const count = (number) => number.toLocaleString("en");

/** The most memory while this part of the run was done. */
function mostBetween(samples, from, to) {
  return Math.max(...samples.filter(({ progress }) => progress >= from && progress <= to).map(({ bytes }) => bytes));
}

async function soak(name, limits) {
  const server = await SERVERS[name]();
  const run = new SoakRun(server, { ...limits, clients: Number(values.clients), seed: Number(values.seed) });
  const samples = [];
  const sample = () => {
    const bytes = memoryOf(server);
    // It may be starting again.
    if (Number.isFinite(bytes)) samples.push({ progress: run.progress, bytes });
  };
  const timer = setInterval(sample, SAMPLE_MS);
  const began = performance.now();
  try {
    sample();
    await run.work();
    sample();
  } finally {
    clearInterval(timer);
    await server.stop();
    server.remove();
  }
  const { counts } = run;
  const memory = {
    start: samples[0].bytes,
    peak: mostBetween(samples, 0, 1),
    // Restarts are before the middle.
    middle: mostBetween(samples, 0.4, 0.6),
    end: mostBetween(samples, 0.8, 1),
  };
  const findings = counts.findings.map((finding) => `${name}: ${finding}`);
  if (counts.wrong > findings.length) findings.push(`${name}: and ${counts.wrong - findings.length} more wrong answers`);
  if (counts.requests >= LEAST_REQUESTS && memory.end > memory.middle * MOST_GROWTH + NOISE) {
    findings.push(`${name}: memory grows, from ${mib(memory.middle)} MiB in the middle to ${mib(memory.end)} MiB at the end`);
  }
  const seconds = (performance.now() - began) / 1_000;
  const row = [
    ...[counts.requests, counts.wrong, counts.unanswered, counts.left, counts.faults, counts.retries].map(count),
    ...[counts.resets, counts.restarts],
    ...[count(Math.round(seconds)), count(Math.round(counts.requests / seconds))],
    ...[memory.start, memory.peak, memory.middle, memory.end].map(mib),
  ];
  console.log(`| ${name} | ${row.join(" | ")} |`);
  return findings;
}

async function main() {
  const names = positionals.length > 0 ? positionals : Object.keys(SERVERS);
  const unknown = names.find((name) => SERVERS[name] === undefined);
  if (unknown !== undefined) throw new Failure(`${unknown}: must be one of ${Object.keys(SERVERS).join(", ")}`);
  const limits = {
    requests: values.requests === undefined ? Infinity : Number(values.requests),
    milliseconds: duration(values.for) / names.length,
  };
  console.log(
    "| server | requests | wrong answers | unanswered | clients that left | faults | sent again | resets | restarts | seconds | requests/s | MiB at start | peak | middle | end |",
  );
  console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
  const findings = [];
  for (const name of names) findings.push(...(await soak(name, limits)));
  console.log(findings.length === 0 ? "\nNo findings." : `\nFindings:\n${findings.map((finding) => `- ${finding}`).join("\n")}`);
  process.exitCode = findings.length === 0 ? 0 : 1;
}

await main().catch(fail);
