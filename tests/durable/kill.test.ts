// `kill -9` of the server under load, at random moments: every acknowledged write is there exactly once.
//
// `KILLS` says how often the server is killed: `npm run soak:kill` does it 100 times.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { freePort, underLoad } from "./load.ts";
import { newFile } from "./support.ts";

const KILLS = Number(process.env["KILLS"] ?? 5);
const CLI = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

let server: ChildProcess | undefined;
afterAll(() => {
  server?.kill("SIGKILL");
});

/** Starts the server and waits until it answers. */
async function start(file: string, port: number): Promise<void> {
  const args = [CLI, "--db", file, "--port", String(port), "--token", "t"];
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  server = child;
  let said = "";
  child.stderr.on("data", (chunk) => (said += chunk));
  await new Promise<void>((resolve, reject) => {
    child.stdout.on("data", (chunk) => String(chunk).includes("Create an agent") && resolve());
    child.once("exit", (code, signal) => reject(new Error(`the server ended (${code ?? signal}): ${said}`)));
  });
}

async function kill(): Promise<void> {
  const child = server as ChildProcess;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

test(`${KILLS} times`, { timeout: 60_000 + KILLS * 20_000 }, async () => {
  const file = newFile();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  await start(file, port);
  await underLoad(url, KILLS, async () => {
    await kill();
    await start(file, port);
  });

  server?.kill("SIGTERM");
  await once(server as ChildProcess, "exit");
  const database = new DatabaseSync(file);
  expect(
    database
      .prepare("PRAGMA integrity_check")
      .all()
      .map((row) => Object.values(row)[0]),
  ).toEqual(["ok"]);
  expect(database.prepare("PRAGMA foreign_key_check").all()).toEqual([]);
  database.close();
});
