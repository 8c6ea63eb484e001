// The time and memory of a registrar as it grows.

import { summary } from "../lib/measure.mjs";
import { start } from "../lib/process.mjs";
import { duration, number, ratio, table } from "../lib/table.mjs";

export const title = "Growth";
export const peers = [];

const ALIKE = `One registrar in memory on Node, from request bytes to answer bytes. Fetch and update take random agents, so the
larger the store, the less of it is in the processor's caches; a page is 50 agents. \u201cbytes per agent\u201d: by how much
wasm memory grew since the empty registrar, less the agents' own names and descriptions.`;

/** Operations in one batch; the creates of a batch are deleted after it. */
const BATCH = { create: 100, fetch: 400, update: 400 };
const PAGES = 40;

export async function run({ quick, progress }) {
  const sizes = quick ? [1000, 10_000, 100_000] : [1000, 10_000, 100_000, 1_000_000];
  const columns = [];
  const child = await start("growth/child.mjs");
  try {
    const kinds = await child.call("kinds");
    await child.call("warm");
    for (const size of sizes) {
      progress(`grows to ${number(size)}`);
      await child.call("growTo", size);
      const samples = new Map(kinds.map((kind) => [kind, []]));
      for (let round = 0; round < (quick ? 7 : 15); round++) {
        for (const kind of kinds) samples.get(kind).push(await child.call("measure", kind, BATCH[kind] ?? PAGES));
      }
      columns.push({ size, times: new Map(kinds.map((kind) => [kind, summary(samples.get(kind)).median])) });
    }
  } finally {
    await child.stop();
  }
  await weigh(columns, progress);
  return section([...columns[0].times.keys()], columns);
}

/** Memory in a process where nothing else happens: it never shrinks, so what was there before would count as well. */
async function weigh(columns, progress) {
  const child = await start("growth/child.mjs");
  try {
    const empty = await child.call("size");
    for (const column of columns) {
      progress(`memory of ${number(column.size)}`);
      await child.call("growTo", column.size);
      const { agents, memory, text } = await child.call("size");
      column.bytes = (memory - empty.memory - text) / agents;
      column.text = text / agents;
    }
  } finally {
    await child.stop();
  }
}

function section(kinds, columns) {
  const [smallest, largest] = [columns[0], columns.at(-1)];
  const rows = kinds.map((kind) => [
    kind,
    ...columns.map(({ times }) => duration(times.get(kind))),
    ratio(largest.times.get(kind) / smallest.times.get(kind)),
  ]);
  rows.push(["bytes per agent", ...columns.map(({ bytes }) => number(bytes)), ""]);
  const atMost = (what, value, limit, text = ratio(value)) => [what, `\u2264 ${limit}`, text, value <= limit ? "met" : "missed"];
  const first = smallest.times.get("first page");
  const pages = kinds.filter((kind) => kind.includes("page"));
  const slowest = Math.max(...pages.map((kind) => largest.times.get(kind)));
  return [
    ALIKE,
    table(["agents", ...columns.map(({ size }) => size.toLocaleString("en-US")), "last to first"], rows),
    `An agent's own name and description take ${number(largest.text)} bytes on average.`,
    table(
      [`Targets at ${largest.size.toLocaleString("en-US")} agents`, "target", "measured", ""],
      [
        ...["create", "fetch", "update"].map((kind) =>
          atMost(`${kind}, relative to 1,000`, largest.times.get(kind) / smallest.times.get(kind), 1.5),
        ),
        atMost("slowest page, relative to the first page at 1,000", slowest / first, 3),
        atMost("bytes per agent beyond its text", largest.bytes, 300, number(largest.bytes)),
      ],
    ),
  ].join("\n\n");
}
