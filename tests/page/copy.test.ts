// The copied forms of a request, carried out.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, serve } from "agent-registrar/node";
import { type Copied, type CopyForm, copyAs } from "../../www/src/requests/copy.ts";

const run = promisify(execFile);
const page = "http://127.0.0.1:1/console/";
const token = "it's$HOME`id`\\";
const environment_id = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";

let server: RunningServer;
let folder: string;
beforeAll(async () => {
  server = await serve({ port: 0, tokens: [{ token }] });
  // Within this package, so that imports are found.
  folder = mkdtempSync(join(import.meta.dirname, ".copied-"));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await server.close();
});

const text = (text: string): Copied["body"] => ({ text, bytes: text.length, isCut: false });
const create = (name: string): string => JSON.stringify({ details: { name, environment_id, description: "a 'b' \"c\" $d `e` \\ %s\né‮" } });

async function carryOut(form: CopyForm, record: Copied, given: string | undefined): Promise<string> {
  const code = copyAs(form, record, { page, token: given });
  if (given === undefined) expect(code).not.toContain(token);
  const env = { ...process.env, TOKEN: token };
  if (form === "curl") return (await run("sh", ["-c", code.replace(/^curl/, "curl --silent --show-error")], { env })).stdout;
  const file = join(folder, `${Math.random()}.mjs`);
  writeFileSync(file, code.replace("console.log(answer)", "console.log(JSON.stringify(answer))"));
  return (await run(process.execPath, [file], { env })).stdout;
}

async function names(): Promise<readonly string[]> {
  const answer = await fetch(`${server.url}/api/v1/agent?pagination[page_size]=100`, { headers: { authorization: `Bearer ${token}` } });
  return ((await answer.json()) as { summaries: { name: string }[] }).summaries.map(({ name }) => name);
}

test.each(["curl", "fetch", "core"] as const)(
  "as %s: makes the same agent again, with the token in it or in the variable",
  async (form) => {
    for (const given of [undefined, token]) {
      const name = `${form} <b>'"$(x)${given === undefined ? "" : " with"}`;
      const body = create(name);
      const said = await carryOut(form, { address: server.url, method: "POST", path: "/api/v1/agent", body: text(body) }, given);
      expect(said).toContain("success");
      expect(await names()).toContain(name);
    }
  },
);

test.each(["curl", "fetch", "core"] as const)("as %s: reads with brackets in the address, and deletes", async (form) => {
  const list = { address: server.url, method: "GET", path: "/api/v1/agent?pagination[page_size]=1&sorting=-id", body: undefined };
  expect(await carryOut(form, list, undefined)).toContain("page_size");
  const [name] = await names();
  const found = await fetch(`${server.url}/api/v1/agent?sorting=-id`, { headers: { authorization: `Bearer ${token}` } });
  const [{ id }] = ((await found.json()) as { summaries: [{ id: string }] }).summaries;
  expect(name).toBeDefined();
  const gone = { address: server.url, method: "DELETE", path: `/api/v1/agent/${id}`, body: text(`{ "idempotency_key": "${form}" }`) };
  expect(await carryOut(form, gone, undefined)).toContain(id);
});

test("a request of the service in the page is for a server at the usual address", () => {
  const record = { address: undefined, method: "POST", path: "/api/v1/agent", body: text("{}"), number: 7 };
  expect(copyAs("curl", record, { page })).toContain("http://127.0.0.1:8787/api/v1/agent");
  expect(copyAs("link", record, { page })).toBe(`${page}#/requests/7`);
  expect(copyAs("request", record, { page })).toBe("{}");
});
