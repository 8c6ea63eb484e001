// Records in a file, each answer after its commit.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { summary } from "../lib/measure.mjs";
import { start } from "../lib/process.mjs";
import { number, ratio, table } from "../lib/table.mjs";

export const title = "In a file";
export const peers = ["@hono/node-server", "autocannon", "hono", "zod"];

const nodes = `../../tests/durable/nodes/node_modules/node-24-${process.platform}-${process.arch}/bin/node`;

/** Node 24, as the tests have it; otherwise the one that runs this, which must have node:sqlite. */
function nodeWithSqlite() {
  const path = fileURLToPath(new URL(nodes, import.meta.url));
  return existsSync(path) ? path : process.execPath;
}

const CLIENTS = [1, 16];
const KEYS = [true, false];

export async function run({ quick, progress }) {
  // On another disk: TMPDIR.
  const folder = mkdtempSync(join(tmpdir(), "registrar-bench-"));
  const execArgv = ["--disable-warning=ExperimentalWarning"];
  const options = (name) => ({ args: [name], execPath: nodeWithSqlite(), execArgv, env: { BENCH_FOLDER: folder } });
  const started = [];
  const begin = async (script, name) => {
    const process = await start(script, options(name));
    started.push(process);
    return process;
  };
  try {
    const load = await begin("durable/load.mjs", "load");
    const contenders = {};
    for (const name of ["ours", "bare", "hand"]) contenders[name] = await begin("durable/child.mjs", name);
    const samples = new Map();
    const note = (what, value) => samples.set(what, [...(samples.get(what) ?? []), value]);
    const rounds = quick ? 2 : 7;
    const milliseconds = quick ? 300 : 1000;
    for (let round = 0; round <= rounds; round++) {
      progress(`round ${round} of ${rounds}`);
      // The first round warms up.
      const keep = round === 0 ? () => undefined : note;
      keep("bare", await contenders.bare.call("creates", milliseconds, false));
      for (const isKeyed of KEYS) keep(`in process, ${isKeyed}`, await contenders.ours.call("creates", milliseconds, isKeyed));
      for (const connections of CLIENTS) {
        for (const isKeyed of KEYS) {
          for (const name of ["ours", "hand"]) {
            const { port } = await contenders[name].call("about");
            const { rate, p99 } = await load.call("load", { port, connections, isKeyed, seconds: 1 });
            keep(`${name}, ${connections}, ${isKeyed}`, rate);
            keep(`p99 of ${name}, ${connections}, ${isKeyed}`, p99);
          }
        }
      }
    }
    return section((what) => summary(samples.get(what)).median);
  } finally {
    await Promise.all(started.map(({ stop }) => stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

function section(median) {
  const bare = median("bare");
  const row = (name, what) => [name, `${number(median(what))}/s`, ratio(median(what) / bare), ""];
  const rows = [["a bare INSERT, in process", `${number(bare)}/s`, ratio(1), ""]];
  for (const isKeyed of KEYS) {
    const keys = isKeyed ? "with a key" : "without a key";
    rows.push(row(`agent-registrar, in process, ${keys}`, `in process, ${isKeyed}`));
    for (const connections of CLIENTS) {
      for (const [name, title] of [
        ["ours", "agent-registrar"],
        ["hand", "Hono + zod + node:sqlite"],
      ]) {
        const what = `${name}, ${connections}, ${isKeyed}`;
        const clients = connections === 1 ? "1 client" : `${connections} clients`;
        rows.push([
          `${title}, HTTP, ${clients}, ${keys}`,
          `${number(median(what))}/s`,
          ratio(median(what) / bare),
          `${number(median(`p99 of ${what}`))} ms`,
        ]);
      }
    }
  }
  const target = (what, value, limit) => [what, `≥ ${limit}×`, ratio(value), value >= limit ? "met" : "missed"];
  const of = (what) => median(what) / bare;
  const beside = (connections, isKeyed) => median(`ours, ${connections}, ${isKeyed}`) / median(`hand, ${connections}, ${isKeyed}`);
  return [
    `Creates, each answered once it is committed (\`synchronous=FULL\`). “A bare INSERT” is the statement alone, committed by itself, into a file of the same tables
and indexes. Ratios are relative to it. In process: one at a time, from the bytes of a request to those of its answer.`,
    table(["", "creates", "to the bare INSERT", "p99"], rows),
    table(
      ["Targets", "target", "measured", ""],
      [
        target("in process, with a key, to the bare INSERT", of("in process, true"), 0.55),
        target("HTTP, 16 clients, with a key, to the bare INSERT", of("ours, 16, true"), 1.8),
        target("HTTP, 16 clients, without a key, to the bare INSERT", of("ours, 16, false"), 2.5),
        target("HTTP, 16 clients, with a key, to Hono by hand", beside(16, true), 2),
        target("HTTP, 1 client, with a key, to Hono by hand", beside(1, true), 1),
      ],
    ),
  ].join("\n\n");
}
