// The code blocks of docs/operating.md, from the built package.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { serve as startServer } from "agent-registrar/node";
import { createRegistrar, type Registrar } from "agent-registrar/service";
import { sqliteStore } from "agent-registrar/sqlite";
import { expect, test } from "vitest";
import { agent, names, newFolder, send } from "./support.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const blocks = [...readFileSync(join(root, "docs/operating.md"), "utf8").matchAll(/^```(\w+)[^\n]*\n(.*?)^```/gms)];
const QUIET = "--disable-warning=ExperimentalWarning";

/** A folder with the package installed. */
function project(): string {
  const folder = newFolder();
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules", "agent-registrar"));
  return folder;
}

test("the guide has the code blocks that are run here first; tests/docs runs the others", () =>
  expect(blocks.slice(0, 6).map(([, language]) => language)).toEqual(["sh", "js", "sh", "sh", "sh", "sh"]));

test("the command runs", async () => {
  const command = (blocks[0]?.[2] ?? "").trim();
  expect(command).toMatch(/^npx agent-registrar /);
  const folder = project();
  const args = [QUIET, join(root, "dist/cli.js"), ...command.split(" ").slice(2), "--port", "0"];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  expect(existsSync(join(folder, "agents.db"))).toBe(true);
  child.kill("SIGTERM");
  await once(child, "exit");
});

test("backup, restore and moving run", async () => {
  const folder = project();
  writeFileSync(join(folder, "npx"), `#!/bin/sh\nshift\nexec "${process.execPath}" ${QUIET} "${join(root, "dist/cli.js")}" "$@"\n`, {
    mode: 0o755,
  });
  const env = { ...process.env, PATH: `${folder}:${process.env["PATH"]}` };
  const shell = (text: string) => promisify(execFile)("bash", ["-e", "-c", text], { cwd: folder, env });
  const file = join(folder, "agents.db");
  const inFile = () => createRegistrar({ store: sqliteStore({ file }), tokens: [{ token: "t" }] });
  const create = async (registrar: Registrar, name: string): Promise<number> =>
    (await send(registrar, "POST", "agent", agent(registrar, name))).status;
  let registrar = inFile();
  expect(await create(registrar, "Kept")).toBe(200);
  const [, , backup = [], restore = [], move = [], remote = []] = blocks;
  await shell(backup[2] as string);
  expect(await create(registrar, "Lost")).toBe(200);
  registrar.close();
  const [serve = "", ...before] = (restore[2] as string).trim().split("\n").reverse();
  expect(serve).toBe("npx agent-registrar serve --db agents.db");
  await shell(before.reverse().join("\n"));
  registrar = inFile();
  expect(await names(registrar)).toEqual(["Kept"]);
  registrar.close();
  expect((await shell(move[2] as string)).stderr).toMatch(/exported 3 records.*\nimported 3 records/);
  const options = { port: 0, operatorToken: "the-operators-token", tokens: [{ token: "t" }] };
  const [one, other] = [await startServer(options), await startServer(options)];
  expect(await create(one.registrar, "Mover")).toBe(200);
  const text = (remote[2] as string).replace("http://127.0.0.1:8787", one.url).replace("https://registrar.example.workers.dev", other.url);
  await shell(text);
  expect(await names(other.registrar)).toEqual(["Mover"]);
  await Promise.all([one.close(), other.close()]);
});

test("the program runs", async () => {
  const folder = project();
  writeFileSync(join(folder, "server.mjs"), blocks[1]?.[2] ?? "");
  const { stdout } = await promisify(execFile)(process.execPath, [QUIET, "server.mjs"], { cwd: folder });
  expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+ 013xrzp12g3nqk8nzxvq7jm2arsfg5h1\n$/);
});
