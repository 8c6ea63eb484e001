// Records in a file, each answer after its commit.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { summary } from "../lib/measure.mjs";
import { start } from "../lib/process.mjs";
import { number, ratio, table } from "../lib/table.mjs";

export const title = "In a file";
export const peers = ["@hono/node-server", "hono", "zod"];

const nodes = `../../tests/durable/nodes/node_modules/node-24-${process.platform}-${process.arch}/bin/node`;

/** Node 24, as the tests have it; otherwise the one that runs this, which must have node:sqlite. */
function nodeWithSqlite() {
  const path = fileURLToPath(new URL(nodes, import.meta.url));
  return existsSync(path) ? path : process.execPath;
}

const CLIENTS = [1, 16];
const KEYS = [true, false];
const FETCHED = 1_000;

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
    for (const name of ["ours", "bare", "hand", "select"]) contenders[name] = await begin("durable/child.mjs", name);
    const { port } = await contenders.ours.call("about");
    const bench = new Rounds(load, contenders, quick ? 300 : 1000);
    const ids = { ours: await load.call("fill", { port, count: FETCHED }), select: (await contenders.select.call("about")).ids };
    bench.note("ours", FETCHED, 0);
    const rounds = quick ? 2 : 7;
    for (let round = 0; round <= rounds; round++) {
      progress(`round ${round} of ${rounds}`);
      await bench.creates();
      await bench.fetches(ids);
      // The first round warms up.
      if (round === 0) bench.samples.clear();
    }
    return section((what) => summary(bench.samples.get(what)).median);
  } finally {
    await Promise.all(started.map(({ stop }) => stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Takes turns, so that a change of the machine meets all contenders. */
class Rounds {
  samples = new Map();
  #load;
  #contenders;
  #milliseconds;
  /** What each has made. The files of the others grow to the size of ours: a larger index costs more. */
  #made = { ours: [0, 0], bare: [0, 0], hand: [0, 0] };

  constructor(load, contenders, milliseconds) {
    this.#load = load;
    this.#contenders = contenders;
    this.#milliseconds = milliseconds;
  }

  note(name, agents, keys) {
    const made = this.#made[name];
    made[0] += agents;
    made[1] += keys;
  }

  async creates() {
    for (const name of ["bare", "hand"]) await this.#level(name);
    await this.#inProcess("bare", false);
    for (const isKeyed of KEYS) await this.#inProcess("ours", isKeyed);
    for (const connections of CLIENTS) {
      for (const isKeyed of KEYS) {
        for (const name of ["ours", "hand"]) {
          const { count } = await this.#overHttp(`${name}, ${connections}, ${isKeyed}`, name, connections, "create", isKeyed);
          this.note(name, count, isKeyed ? count : 0);
        }
      }
    }
  }

  async fetches(ids) {
    for (const connections of CLIENTS) {
      for (const [name, known] of Object.entries(ids))
        await this.#overHttp(`fetch of ${name}, ${connections}`, name, connections, "fetch", known);
    }
  }

  async #level(name) {
    const [agents, keys] = this.#made.ours.map((count, place) => Math.max(0, count - this.#made[name][place]));
    await this.#contenders[name].call("grow", agents, keys);
    this.note(name, agents, keys);
  }

  async #inProcess(name, isKeyed) {
    const { count, rate } = await this.#contenders[name].call("creates", this.#milliseconds, isKeyed);
    this.note(name, count, isKeyed ? count : 0);
    this.#keep(`${name} in process, ${isKeyed}`, rate);
  }

  async #overHttp(what, name, connections, kind, argument) {
    const { port } = await this.#contenders[name].call("about");
    const done = await this.#load.call("load", { port, connections, kind, argument, seconds: this.#milliseconds / 1000 });
    this.#keep(what, done.rate);
    this.#keep(`p99 of ${what}`, done.p99);
    return done;
  }

  #keep(what, value) {
    this.samples.set(what, [...(this.samples.get(what) ?? []), value]);
  }
}

const clients = (connections) => (connections === 1 ? "1 client" : `${connections} clients`);

function section(median) {
  return [creates(median), fetches(median), targets(median)].join("\n\n");
}

function creates(median) {
  const bare = median("bare in process, false");
  const row = (name, what, p99 = "") => [name, `${number(median(what))}/s`, ratio(median(what) / bare), p99];
  const rows = [row("a bare INSERT, in process", "bare in process, false")];
  for (const isKeyed of KEYS) {
    const keys = isKeyed ? "with a key" : "without a key";
    rows.push(row(`agent-registrar, in process, ${keys}`, `ours in process, ${isKeyed}`));
    for (const connections of CLIENTS) {
      for (const [name, title] of [
        ["ours", "agent-registrar"],
        ["hand", "Hono + zod + node:sqlite"],
      ]) {
        const what = `${name}, ${connections}, ${isKeyed}`;
        rows.push(row(`${title}, HTTP, ${clients(connections)}, ${keys}`, what, `${number(median(`p99 of ${what}`))} ms`));
      }
    }
  }
  return `Creates, each answered once it is committed (\`synchronous=FULL\`). “A bare INSERT” is the statement alone, committed by itself, into a file of the same tables
and indexes. Before each round the other files grow to the size of ours. Ratios are relative to the bare INSERT. In process: one at a time, from the bytes of a
request to those of its answer.

${table(["", "creates", "to the bare INSERT", "p99"], rows)}`;
}

function fetches(median) {
  const rows = CLIENTS.flatMap((connections) =>
    [
      ["select", "node:http with a prepared SELECT and JSON.stringify"],
      ["ours", "agent-registrar"],
    ].map(([name, title]) => {
      const what = `fetch of ${name}, ${connections}`;
      const beside = median(what) / median(`fetch of select, ${connections}`);
      return [`${title}, ${clients(connections)}`, `${number(median(what))}/s`, ratio(beside), `${number(median(`p99 of ${what}`))} ms`];
    }),
  );
  return `Fetches of one of ${FETCHED.toLocaleString("en-US")} agents, over HTTP. The handler that they are compared with checks no token and knows no other path.

${table(["", "fetches", "to the handler", "p99"], rows)}`;
}

function targets(median) {
  const target = (what, value, limit) => [what, `≥ ${limit}×`, ratio(value), value >= limit ? "met" : "missed"];
  const of = (what) => median(what) / median("bare in process, false");
  const beside = (connections, isKeyed) => median(`ours, ${connections}, ${isKeyed}`) / median(`hand, ${connections}, ${isKeyed}`);
  const fetched = median("fetch of ours, 16") / median("fetch of select, 16");
  return table(
    ["Targets", "target", "measured", ""],
    [
      target("in process, with a key, to the bare INSERT", of("ours in process, true"), 0.55),
      target("HTTP, 16 clients, with a key, to the bare INSERT", of("ours, 16, true"), 1.8),
      target("HTTP, 16 clients, without a key, to the bare INSERT", of("ours, 16, false"), 2.5),
      target("HTTP, 16 clients, with a key, to Hono by hand", beside(16, true), 2),
      target("HTTP, 1 client, with a key, to Hono by hand", beside(1, true), 1),
      target("HTTP, 1 client, without a key, to Hono by hand", beside(1, false), 1),
      target("a fetch over HTTP, 16 clients, to the handler", fetched, 0.8),
    ],
  );
}
