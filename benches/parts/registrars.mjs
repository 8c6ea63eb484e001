// The cost of a further registrar in a process. Each has its own WebAssembly instance.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { summary } from "../lib/measure.mjs";
import { duration, table } from "../lib/table.mjs";

export const title = "Many registrars in one process";
export const peers = [];

const MANY = fileURLToPath(new URL("../service/many.mjs", import.meta.url));

export async function run({ quick, progress }) {
  const rows = [];
  for (const count of quick ? [100] : [10, 100, 1000]) {
    const runs = [];
    for (let round = 0; round < (quick ? 1 : 5); round++) {
      progress(`${count} registrars, round ${round + 1}`);
      const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", MANY, String(count)]);
      runs.push(JSON.parse(stdout));
    }
    const median = (key) => summary(runs.map((run) => run[key])).median;
    rows.push([String(count), duration(median("time")), `${Math.round(median("bytes") / 1000)} KB`]);
  }
  return [
    "One compiled module, an instance for each registrar; each has answered one request. Memory is resident memory.",
    table(["registrars", "to make one and get an answer", "memory for one"], rows),
  ].join("\n\n");
}
