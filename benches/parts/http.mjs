// Over HTTP on loopback: requests a second and the 99th percentile, for create, fetch and list.

import { summary } from "../lib/measure.mjs";
import { start } from "../lib/process.mjs";
import { number, ratio, table } from "../lib/table.mjs";

export const title = "Over HTTP";
export const peers = ["@hono/node-server", "autocannon", "hono", "json-server", "zod"];

const CONTENDERS = ["constant", "ours", "hono", "json-server"];
const KINDS = ["fetch", "list", "create"];
const AGENTS = 1000;

const ALIKE = `Each server in a process of its own on Node, holding ${AGENTS.toLocaleString("en-US")} agents in memory; autocannon in another process, 16
connections over loopback. \u201clist\u201d is a page of 50. Server and load share the machine. Ratios of requests a second are
relative to the constant answer; \u201cCPU\u201d is the processor time that the server's process takes for one request.`;

export async function run({ quick, progress }) {
  const load = await start("http/load.mjs");
  const started = [];
  try {
    for (const name of CONTENDERS) {
      progress(`${name} starts`);
      const process = await start("http/server.mjs", { args: [name] });
      const about = await process.call("about");
      started.push({
        ...process,
        ...about,
        ids: about.name.startsWith("node:http") ? ["any"] : await load.call("fill", about.port, AGENTS),
      });
    }
    const nothing = () => new Map(started.map((contender) => [contender, new Map(KINDS.map((kind) => [kind, []]))]));
    const results = { rate: nothing(), p99: nothing(), used: nothing() };
    const measure = async (contender, kind) => {
      const before = await contender.call("used");
      const { count, rate, p99 } = await load.call("load", { port: contender.port, kind, ids: contender.ids, seconds: 1 });
      return { rate, p99, used: ((await contender.call("used")) - before) / count };
    };
    // One kind after another, the creates last: they make the stores grow.
    for (const kind of KINDS) {
      const rounds = quick ? 1 : 5;
      if (!quick) for (const contender of started) await measure(contender, kind);
      for (let round = 0; round < rounds; round++) {
        progress(`${kind}: round ${round + 1} of ${rounds}`);
        for (let turn = 0; turn < started.length; turn++) {
          const contender = started[(turn + round) % started.length];
          const found = await measure(contender, kind);
          for (const [what, value] of Object.entries(found)) results[what].get(contender).get(kind).push(value);
        }
      }
    }
    return section(started, results);
  } finally {
    await Promise.all([load, ...started].map(({ stop }) => stop()));
  }
}

function section(started, results) {
  const median = (what) => (contender, kind) => summary(results[what].get(contender).get(kind)).median;
  const [rate, slowest, used] = ["rate", "p99", "used"].map(median);
  const constant = started.find(({ name }) => name.startsWith("node:http"));
  const hono = started.find(({ name }) => name.startsWith("Hono"));
  const ours = started.find(({ isOurs }) => isOurs);
  const rows = started.map((contender, at) => [
    contender.name + (contender.note ? ` [${at}]` : ""),
    ...KINDS.flatMap((kind) => [
      `${number(rate(contender, kind))}/s (${ratio(rate(contender, kind) / rate(constant, kind))})`,
      `${number(slowest(contender, kind))} ms`,
      `${number(used(contender, kind))} \u00b5s`,
    ]),
  ]);
  const notes = started.flatMap(({ note }, at) => (note ? [`- [${at}] ${note}.`] : []));
  const atLeast = (what, value, limit) => [what, `\u2265 ${limit}\u00d7`, ratio(value), value >= limit ? "met" : "missed"];
  const wait = slowest(ours, "create") / slowest(hono, "create");
  return [
    ALIKE,
    table(["", ...KINDS.flatMap((kind) => [`${kind}, requests/s`, "p99", "CPU"])], rows),
    notes.join("\n"),
    table(
      ["Targets, create", "target", "measured", ""],
      [
        atLeast("requests/s relative to the constant answer", rate(ours, "create") / rate(constant, "create"), 0.8),
        atLeast("requests/s relative to Hono + zod", rate(ours, "create") / rate(hono, "create"), 1.5),
        ["p99 relative to Hono + zod", "\u2264 1.00\u00d7", ratio(wait), wait <= 1 ? "met" : "missed"],
      ],
    ),
  ].join("\n\n");
}
