// What is published, as those who install it meet it: packed, installed into an empty folder, and used from there.
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { promisify } from "node:util";
import { build } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";

const run = promisify(execFile);
const root = new URL("../..", import.meta.url);
let app: string;
let packed: { files: readonly { path: string }[] };

beforeAll(async () => {
  app = await mkdtemp(join(tmpdir(), "agent-registrar-"));
  const { stdout } = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", app], { cwd: root });
  // npm answers a list, or from version 12 on an object by name.
  [packed] = Object.values(JSON.parse(stdout) as object) as [typeof packed];
  const [tarball = ""] = (await readdir(app)).filter((name) => name.endsWith(".tgz"));
  await writeFile(join(app, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", `./${tarball}`], { cwd: app });
}, 120_000);

afterAll(() => rm(app, { recursive: true, force: true }));

async function runs(name: string, program: string): Promise<unknown> {
  await writeFile(join(app, name), program);
  const { stdout, stderr } = await run(process.execPath, [name], { cwd: app });
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

test("the package has what it promises and nothing of how it is made", () => {
  const paths = packed.files.map(({ path }) => path);
  for (const path of ["LICENSE-MIT", "LICENSE-APACHE", "README.md", "dist/index.js", "dist/validator.wasm", "dist/agent.wasm", "dist/service.wasm", "dist/cli.js"]) {
    expect(paths).toContain(path);
  }
  expect(paths.filter((path) => !/^(dist\/|docs\/|worker\/|LICENSE-|README\.md$|package\.json$)/.test(path))).toEqual([]);
  expect(paths.filter((path) => /^worker\/(\.dev\.vars$|\.wrangler|node_modules)/.test(path))).toEqual([]);
});

test("the links of what people read lead somewhere in the package", async () => {
  const paths = packed.files.map(({ path }) => path);
  for (const page of paths.filter((path) => path.endsWith(".md"))) {
    const text = await readFile(new URL(page, `${root}/`), "utf8");
    for (const [, link = ""] of text.matchAll(/\]\(([^)#:]+)\)/g)) {
      expect(paths, `${page} links to ${link}`).toContain(posix.join(posix.dirname(page), link));
    }
  }
});

test("plain Node imports it without flags and without await", async () => {
  const answer = await runs(
    "plain.js",
    `import { validateCreateAgent, buildAgentResponse } from "agent-registrar";
     const result = validateCreateAgent({ details: { name: " Ada ", environment_id: "013xrzp12g3nqk8nzxvq7jm2arsfg5h1" } });
     console.log(JSON.stringify(buildAgentResponse(result.value, { now: 0 })));`,
  );
  expect(answer).toMatchObject({ type: "agent", name: "Ada", status: "pending", inserted_at: "1970-01-01T00:00:00.000000Z" });
});

test("the service answers from an installed package", async () => {
  const answer = await runs(
    "service.js",
    `import { createRegistrar } from "agent-registrar/service";
     const registrar = createRegistrar();
     const response = await registrar.fetch("http://localhost/api/v1/ping", { headers: { authorization: "Bearer " + registrar.defaults.token } });
     console.log(await response.text());`,
  );
  expect(answer).toEqual({ status: "success", details: { token_type: "api" } });
});

test("a worker's own tests can import it in Node", async () => {
  const answer = await runs(
    "worker.js",
    `import worker from "agent-registrar/cloudflare";
     const environment = { AGENT_REGISTRAR_TOKENS: '[{"token":"t"}]' };
     const request = new Request("http://localhost/api/v1/ping", { headers: { authorization: "Bearer t" } });
     console.log(await (await worker.fetch(request, environment)).text());`,
  );
  expect(answer).toMatchObject({ status: "success" });
});

test("the command is there", async () => {
  const { stdout } = await run(join(app, "node_modules", ".bin", "agent-registrar"), ["--version"]);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("a bundler takes it into a page, with the wasm as a file beside", async () => {
  await writeFile(join(app, "index.html"), `<script type="module" src="./page.js"></script>`);
  await writeFile(
    join(app, "page.js"),
    `import { validateCreateAgent } from "agent-registrar"; document.title = String(validateCreateAgent({}).ok);`,
  );
  await build({ root: app, logLevel: "error", configFile: false, build: { outDir: join(app, "out"), target: "es2022" } });
  const assets = await readdir(join(app, "out", "assets"));
  expect(assets.filter((name) => name.endsWith(".wasm"))).toHaveLength(1);
}, 60_000);

test("where a bundler puts the smaller wasm into the script, it is taken from there and not fetched", async () => {
  await writeFile(join(app, "ids.js"), `import { isPfid } from "agent-registrar"; export default isPfid("013xrzp12g3nqk8nzxvq7jm2arsfg5h1");`);
  const lib = { entry: join(app, "ids.js"), formats: ["es" as const], fileName: "ids" };
  await build({ root: app, logLevel: "error", configFile: false, build: { outDir: join(app, "ids"), target: "es2022", lib } });
  expect(await readFile(join(app, "ids", "ids.js"), "utf8")).toContain("data:application/wasm;base64,");
  const answer = await runs(
    "policy.js",
    `globalThis.fetch = () => { throw new Error("a policy forbids it"); };
     console.log(JSON.stringify((await import("./ids/ids.js")).default));`,
  );
  expect(answer).toBe(true);
}, 60_000);
