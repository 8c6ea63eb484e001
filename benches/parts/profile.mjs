// Profiles of time and size for the targets that are hardest to reach.

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { summary } from "../lib/measure.mjs";
import { start } from "../lib/process.mjs";
import { duration, number, table } from "../lib/table.mjs";
import { functionSizes, sectionsOf } from "../lib/wasm.mjs";
import { startInWorkerd } from "../lib/workerd.mjs";
import { PARTS } from "../service/platform.mjs";

export const title = "What bounds it";
export const peers = ["autocannon", "workerd"];

const STEPS = fileURLToPath(new URL("../startup/steps.mjs", import.meta.url));
const WASM = fileURLToPath(new URL("../../dist/service.wasm", import.meta.url));
/** The same with the names of its functions, before wasm-opt. */
const NAMED = fileURLToPath(new URL("../../build/service/service_needed.wasm", import.meta.url));
const SERVERS = [
  ["ours", "agent-registrar serve"],
  ["constant", "node:http, constant answer"],
];
const OPENAPI = fileURLToPath(new URL("../../src/api/openapi.min.json", import.meta.url));

export async function run({ quick, progress }) {
  progress("create over HTTP");
  const overHttp = new Map();
  for (const [name, title] of SERVERS) overHttp.set(title, await profileServer(name, quick ? 1 : 4));
  progress("create from bytes");
  const fromBytes = await profileChild("service", "create", quick ? 1000 : 4000);
  progress("validate");
  const validation = new Map();
  for (const kind of ["valid", "1 error"]) validation.set(kind, new Map(await profileChild("validate", kind, quick ? 1000 : 4000)));
  progress("workerd");
  const inWorkerd = await platform(quick ? 3 : 9);
  progress("start");
  const steps = await startSteps(quick ? 3 : 11);
  return [
    "Samples of V8's profiler, idle time left out; what stands behind each target that is missed or hard to reach.",
    "### Validate in Node: processor time",
    sharesTable(validation),
    "### Create over HTTP: processor time of the server",
    sharesTable(overHttp),
    "### Create from bytes to bytes: processor time",
    table(
      ["", "share"],
      fromBytes.map(([name, share]) => [name, percent(share)]),
    ),
    "### Parts of a call in workerd, which every service there has: processor time",
    table(
      ["", "time"],
      inWorkerd.map(([name, time]) => [name, duration(time)]),
    ),
    "### Start of the service in Node",
    table(
      ["", "time"],
      steps.map(([name, time]) => [name, duration(time)]),
    ),
    "### The service's wasm",
    await sizes(),
    "### Its code by what it is for, before wasm-opt",
    await codeByPart(),
  ].join("\n\n");
}

async function profileServer(name, seconds) {
  const load = await start("http/load.mjs");
  const server = await start("http/server.mjs", { args: [name] });
  try {
    const { port } = await server.call("about");
    const send = (time) => load.call("load", { port, kind: "create", ids: [], seconds: time });
    await send(1);
    await server.call("startProfile");
    await send(seconds);
    return new Map(await server.call("stopProfile"));
  } finally {
    await Promise.all([load.stop(), server.stop()]);
  }
}

/** The shares of each group in each profile, by the profiles' titles. */
function sharesTable(profiles) {
  const names = new Set([...profiles.values()].flatMap((shares) => [...shares.keys()]));
  const rows = [...names].map((name) => [name, ...[...profiles.values()].map((shares) => percent(shares.get(name) ?? 0))]);
  return table(["", ...profiles.keys()], rows);
}

/** The profile of one of our contenders, by the name of its part. */
async function profileChild(part, kind, milliseconds) {
  const child = await start(`${part}/child.mjs`, { args: ["ours"] });
  try {
    await child.call("run", kind, 300);
    await child.call("startProfile");
    await child.call("run", kind, milliseconds);
    return await child.call("stopProfile");
  } finally {
    await child.stop();
  }
}

/** The medians of the parts, each in a workerd of its own; the time of the loop is subtracted. */
async function platform(rounds) {
  const medians = [];
  for (const part of PARTS) {
    const child = await startInWorkerd("platform", { PART: part });
    try {
      for (let round = 0; round < 3; round++) await child.call("run", "create", 100);
      const times = [];
      for (let round = 0; round < rounds; round++) times.push(await child.call("run", "create", 60));
      medians.push(summary(times).median);
    } finally {
      await child.stop();
    }
  }
  const [loop, ...others] = medians;
  return PARTS.slice(1).map((name, at) => [name, Math.max(others[at] - loop, 0)]);
}

/** The medians of the steps, each run in a fresh process. */
async function startSteps(rounds) {
  const runs = [];
  for (let round = 0; round < rounds; round++) {
    const { stdout } = await promisify(execFile)(process.execPath, [STEPS]);
    runs.push(JSON.parse(stdout));
  }
  return runs[0].map(([name], at) => [name, summary(runs.map((steps) => steps[at][1])).median]);
}

async function sizes() {
  const bytes = await readFile(WASM);
  const openapi = await readFile(OPENAPI);
  const sections = new Map();
  for (const { id, content } of sectionsOf(bytes)) sections.set(id, Buffer.concat([sections.get(id) ?? Buffer.alloc(0), content]));
  const row = (name, part) => [name, number(part.length), number(gzipSync(part, { level: 9 }).length)];
  return table(
    ["", "bytes", "gzip"],
    [
      row("all of it", bytes),
      row("code", sections.get(10) ?? Buffer.alloc(0)),
      row("data", sections.get(11) ?? Buffer.alloc(0)),
      row("in the data, the API's description", openapi),
    ],
  );
}

/** The origin of a function, by its name. */
const PARTS_OF_CODE = [
  ["HTTP and JSON (api, json)", /agent_registrar::(?:api|json)\b/],
  ["operations, tenancy, configuration (registrar)", /agent_registrar::(?:registrar|digest)\b/],
  ["records, orders, snapshots (store)", /agent_registrar::(?:store|sort)\b/],
  ["rules (model)", /agent_registrar::model\b/],
  ["seam to JavaScript (wasm)", /agent_registrar_wasm|^(?:defaults|discard|handle|numbers|open|refuse|reserve|reset|restore|snapshot)$/],
  ["randomness, digests, hashes, allocator", /chacha|rand_core|sha2|foldhash|talc|digest/],
  ["Rust's own library and the rest", /(?:)/],
];

async function codeByPart() {
  const code = new Map(PARTS_OF_CODE.map(([name]) => [name, 0]));
  for (const [name, size] of functionSizes(await readFile(NAMED))) {
    const [part] = PARTS_OF_CODE.find(([, pattern]) => pattern.test(name));
    code.set(part, code.get(part) + size);
  }
  return table(
    ["", "bytes"],
    [...code].map(([name, size]) => [name, number(size)]),
  );
}

const percent = (share) => `${Math.round(share * 100)} %`;
