// `agent-registrar serve --db FILE`.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, expect, test } from "vitest";
import { newFile, newFolder } from "./support.ts";

const CLI = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const QUIET = "--disable-warning=ExperimentalWarning";

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

interface Running {
  readonly said: string;
  readonly url: string;
  stop(): Promise<unknown>;
}

async function start(...args: string[]): Promise<Running> {
  const child = spawn(process.execPath, [QUIET, CLI, "--port", "0", ...args], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  let said = "";
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      said += chunk;
      if (said.includes("Ctrl+C")) resolve();
    });
    child.once("exit", (code) => reject(new Error(`ended with ${code}: ${said}`)));
  });
  const stop = (): Promise<unknown> => {
    child.removeAllListeners("exit");
    child.kill("SIGTERM");
    return once(child, "exit");
  };
  return { said, url: / answers at (http:\S+)\n/.exec(said)?.[1] ?? "", stop };
}

async function refused(...args: string[]): Promise<string> {
  const error = (await promisify(execFile)(process.execPath, [QUIET, CLI, "--port", "0", ...args], { timeout: 20_000 }).catch(
    (cause: unknown) => cause,
  )) as { code: number; stdout: string; stderr: string };
  expect([error.code, error.stdout]).toEqual([2, ""]);
  expect(error.stderr).toMatch(/^agent-registrar: .*\n$/);
  return error.stderr;
}

const tokenOf = (said: string, scope: string): string => new RegExp(`${scope} token +(.*)`).exec(said)?.[1] ?? "";

async function create(url: string, token: string): Promise<number> {
  const body = JSON.stringify({ details: { name: "Bot", environment_id: "013xrzp12g3nqk8nzxvq7jm2arsfg5h1" } });
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  return (await fetch(`${url}/api/v1/agent`, { method: "POST", headers, body })).status;
}

async function count(url: string, token: string): Promise<number> {
  const response = await fetch(`${url}/api/v1/agent`, { headers: { authorization: `Bearer ${token}` } });
  return ((await response.json()) as { pagination: { item_count: number } }).pagination.item_count;
}

test("the tokens of the first start stay valid, and later starts do not show them", async () => {
  const file = newFile();
  const first = await start("--db", file);
  const [token, environmentToken] = [tokenOf(first.said, "account"), tokenOf(first.said, "environment")];
  expect(first.said).toContain(`Everything is kept in ${file}`);
  expect(await create(first.url, token)).toBe(200);
  await first.stop();
  const second = await start("--db", file);
  expect(second.said).not.toContain(token);
  expect(second.said).toContain("that of the first start, which is not shown again");
  expect([await create(second.url, token), await create(second.url, environmentToken)]).toEqual([200, 200]);
  expect(await count(second.url, token)).toBe(3);
  await second.stop();
  // A token in the options replaces the one of its scope.
  const third = await start("--db", file, "--token", "mine");
  expect(tokenOf(third.said, "account")).toBe("mine");
  expect([await create(third.url, "mine"), await create(third.url, token), await create(third.url, environmentToken)]).toEqual([
    200, 401, 200,
  ]);
  await third.stop();
  expect(existsSync(`${file}-wal`)).toBe(false);
});

test("a file that is in use or not a database is refused in one line", async () => {
  const file = newFile();
  const server = await start("--db", file);
  expect(await refused("--db", file)).toMatch(/process \d+ on .* has it; one server at a time/);
  await server.stop();
  const folder = newFolder();
  writeFileSync(join(folder, "text"), "no database\n".repeat(400));
  expect(await refused("--db", join(folder, "text"))).toContain("not an SQLite database");
  expect(await refused("--db", join(folder, "no", "file"))).toContain("does not exist");
  expect(await refused("--db", file, "--token", "a", "--environment-token", "a")).toContain("must differ");
});

test("a start that fails because of the port releases the file", async () => {
  const [one, other] = [newFile(), newFile()];
  const server = await start("--db", one);
  const { port } = new URL(server.url);
  const { serve } = await import("agent-registrar/node");
  const { sqliteStore } = await import("agent-registrar/sqlite");
  await expect(serve({ port: Number(port), store: sqliteStore({ file: other }) })).rejects.toThrow(/is taken/);
  const second = await serve({ port: 0, store: sqliteStore({ file: other }) });
  await second.close();
  await (await serve({ port: 0, store: sqliteStore({ file: other }) })).close();
});
