// What a registrar holds at the default limits of a worker.
import { start } from "../lib/process.mjs";
import { number, table } from "../lib/table.mjs";

export const title = "Limits of memory";
export const peers = [];

/** Those of js/service/limits.ts, `ISOLATE_LIMITS`. */
const LIMITS = { bytes: 32 * 1024 * 1024, records: 50_000, keys: 50_000 };
const KINDS = ["agents", "agents with keys", "instances", "versions", "spans", "spans of 2 KB", "spans of 1 MB"];

export async function run({ progress }) {
  const rows = [];
  for (const kind of KINDS) {
    progress(kind);
    // Memory of WebAssembly never shrinks, so each kind has a process of its own.
    const child = await start("limits/child.mjs", { args: [] });
    const { count, bytes } = await child.call("fill", kind, LIMITS);
    await child.stop();
    rows.push([kind, number(count), `${number(bytes / 1024 / 1024)} MiB`, `${number(bytes / count)}`]);
  }
  return [
    `A registrar with the limits that a worker in memory has by default (${number(LIMITS.records)} records, 32 MiB by its own count), filled with records of one kind until it answers
409 \`insufficient_storage\`: how many it took, and by how much the memory of its WebAssembly grew. An isolate has 128 MB.`,
    table(["", "records", "memory", "bytes of memory a record"], rows),
  ].join("\n\n");
}
