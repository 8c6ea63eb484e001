// The code blocks of docs/operating.md, from the built package.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { newFolder } from "./support.ts";

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

test("the guide begins with the two code blocks that are run here; tests/docs runs the others", () =>
  expect(blocks.slice(0, 2).map(([, language]) => language)).toEqual(["sh", "js"]));

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

test("the program runs", async () => {
  const folder = project();
  writeFileSync(join(folder, "server.mjs"), blocks[1]?.[2] ?? "");
  const { stdout } = await promisify(execFile)(process.execPath, [QUIET, "server.mjs"], { cwd: folder });
  expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+ 013xrzp12g3nqk8nzxvq7jm2arsfg5h1\n$/);
});
