// `kill -9` of workerd under load, at random moments, with the storage of its Durable Objects on disk. `OBJECT_KILLS` says how often:
// `npm run soak:kill` does it 20 times.
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, expect, test } from "vitest";
import { freePort, underLoad } from "./load.ts";
import { type DurableWorker, newStorage, startDurable } from "../homes/drivers/durable.ts";

const KILLS = Number(process.env["OBJECT_KILLS"] ?? 2);

const { folder, remove } = newStorage();
let worker: DurableWorker | undefined;
afterAll(async () => {
  await worker?.stop();
  remove();
});

/** The processes of workerd that this one started. */
function children(): number[] {
  try {
    return execFileSync("pgrep", ["-P", String(process.pid), "workerd"], { encoding: "utf8" })
      .trim()
      .split("\n")
      .map(Number);
  } catch {
    // There is none.
    return [];
  }
}

test(`${KILLS} times`, { timeout: 60_000 + KILLS * 20_000 }, async () => {
  const port = await freePort();
  const start = async (): Promise<void> => {
    worker = await startDurable(folder, { AGENT_REGISTRAR_TOKENS: JSON.stringify([{ token: "t" }]) }, { port });
  };
  await start();
  const [first] = children();
  await underLoad(`http://127.0.0.1:${port}`, KILLS, async () => {
    const killed = children();
    expect(killed.length).toBeGreaterThan(0);
    for (const pid of killed) process.kill(pid, "SIGKILL");
    await worker?.stop();
    await start();
    expect(children()).not.toContain(killed[0]);
  });
  expect(children()).not.toContain(first);

  await worker?.stop();
  worker = undefined;
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".sqlite"));
  // The account's object, and what workerd keeps of alarms.
  expect(files.length).toBeGreaterThan(1);
  let agents = 0;
  for (const file of files) {
    const database = new DatabaseSync(join(folder, file));
    expect(database.prepare("PRAGMA integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE name = 'agent'").all();
    if (tables.length > 0) agents += Number(database.prepare("SELECT count(*) AS count FROM agent").get()?.["count"]);
    database.close();
  }
  expect(agents).toBeGreaterThan(0);
});
