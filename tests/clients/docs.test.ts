/** Runs the snippets of docs/clients.md unchanged. test_docs.py runs the Python one. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Server } from "./server.ts";

const execute = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
const blocks = [...readFileSync(new URL("../../docs/clients.md", import.meta.url), "utf8").matchAll(/^```(\w+)\n(.*?)^```$/gms)];

/** The code block of a language that contains a text. */
function snippet(language: string, words: string): string {
  const found = blocks.filter(([, name, code]) => name === language && code?.includes(words));
  expect(found, `${language} with ${words}`).toHaveLength(1);
  return (found[0]?.[2] as string).replaceAll("http://127.0.0.1:8787", server.url);
}

/** The documented output of a snippet: the text block after it. */
function printed(words: string): string | undefined {
  const index = blocks.findIndex(([, , code]) => code?.includes(words));
  const [, name, text] = blocks[index + 1] ?? [];
  return name === "text" ? text : undefined;
}

let server: Server;
beforeAll(async () => {
  server = await Server.start({ token: "my-token", environmentToken: "my-environment-token" });
});
afterAll(() => server.stop());

test("the documented command starts the registrar of the snippets", () => {
  expect(snippet("sh", "agent-registrar serve")).toBe("agent-registrar serve --token my-token --environment-token my-environment-token\n");
});

test("curl", async ({ skip }) => {
  const line = snippet("sh", "curl ");
  const curl = await execute("curl", ["--version"]).catch(() => undefined);
  if (curl === undefined) skip("there is no curl");
  const { stdout } = await execute("sh", ["-c", line]);
  expect(JSON.parse(stdout)).toMatchObject({ status: "success", details: { type: "agent", name: "Weather", status: "pending" } });
  expect((await execute("sh", ["-c", line])).stdout, "the key makes it happen once").toBe(stdout);
});

test("@prefactor/core", async () => {
  const { stdout, stderr } = await execute(process.execPath, ["--input-type=module", "--eval", snippet("js", "@prefactor/core")], {
    cwd: root,
  });
  expect(stderr).toBe("");
  expect(stdout).toBe(printed("@prefactor/core"));
});
