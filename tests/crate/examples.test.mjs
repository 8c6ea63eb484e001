// The examples that compile the crate to WebAssembly: built outside of this tree, then run in workerd and in Chromium.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { after, test } from "node:test";
import { chromium } from "@playwright/test";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { at, must, root, targetDir } from "../../scripts/lib.mjs";
import { chrome } from "../../scripts/setup.mjs";
import { serveFolder } from "../environments/lib/site.mjs";

const ENVIRONMENT = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";

const copies = mkdtempSync(join(tmpdir(), "agent-registrar-"));
after(() => rmSync(copies, { recursive: true }));

/** Copies an example out of this tree, changes the line that its README names, and builds it: cargo's `wasm` becomes `build/NAME.js`. */
async function buildExample(example, wasm, name) {
  const folder = join(copies, example);
  cpSync(at("examples", example), folder, { recursive: true, filter: (path) => !/^(build|node_modules|target)$/.test(basename(path)) });
  const manifest = join(folder, "Cargo.toml");
  writeFileSync(manifest, readFileSync(manifest, "utf8").replace('path = "../.."', `path = ${JSON.stringify(root)}`));
  const env = { CARGO_TARGET_DIR: join(targetDir, "crate") };
  await must("cargo", ["build", "--quiet", "--locked", "--release", "--target", "wasm32-unknown-unknown"], { cwd: folder, env });
  const output = ["--target", "web", "--no-typescript", "--out-dir", join(folder, "build"), "--out-name", name];
  const input = join(env.CARGO_TARGET_DIR, "wasm32-unknown-unknown", "release", wasm);
  await must(at("target", "tools", "bin", "wasm-bindgen"), [...output, input]);
  return folder;
}

let worker;
const workerFolder = () => (worker ??= buildExample("workers-rs", "workers_rs_example.wasm", "worker"));

/** Starts a worker in workerd, bundled as wrangler bundles it. */
async function startWorker(t, bindings) {
  const folder = await workerFolder();
  const wasm = [];
  const { outputFiles } = await build({
    entryPoints: [join(folder, "index.js")],
    bundle: true,
    format: "esm",
    write: false,
    logLevel: "warning",
    plugins: [
      {
        name: "wasm",
        setup({ onResolve }) {
          onResolve({ filter: /\.wasm$/ }, ({ path, resolveDir }) => {
            wasm.push(resolve(resolveDir, path));
            return { path: `./${basename(path)}`, external: true };
          });
        },
      },
    ],
  });
  const miniflare = new Miniflare({
    modules: [
      { type: "ESModule", path: "index.js", contents: outputFiles[0].text },
      ...wasm.map((path) => ({ type: "CompiledWasm", path: basename(path), contents: readFileSync(path) })),
    ],
    compatibilityDate: "2026-04-01",
    bindings,
  });
  t.after(() => miniflare.dispose());
  return (await miniflare.ready).origin;
}

test("the worker on workers-rs serves the API in workerd", async (t) => {
  const url = await startWorker(t, { AGENT_REGISTRAR_TOKENS: JSON.stringify([{ token: "secret" }]) });
  const send = async (method, path, body, headers = { authorization: "Bearer secret" }) => {
    const response = await fetch(`${url}${path}`, { method, body, headers: { ...headers, "content-type": "application/json" } });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === "" ? null : JSON.parse(text) };
  };
  const details = { name: " Ada ", environment_id: ENVIRONMENT };
  const created = await send("POST", "/api/v1/agent", JSON.stringify({ details }));
  assert.equal(created.status, 200);
  assert.equal(created.headers.get("content-type"), "application/json");
  assert.equal(created.body.details.name, "Ada");
  assert.ok(Math.abs(Date.parse(created.body.details.inserted_at) - Date.now()) < 60_000);

  const list = await send("GET", "/api/v1/agent?limit=10");
  assert.deepEqual(
    list.body.summaries.map(({ id }) => id),
    [created.body.details.id],
  );
  const refused = await send("POST", "/api/v1/agent", "{}");
  assert.equal(refused.status, 422);
  assert.deepEqual(Object.keys(refused.body.errors), ["details"]);
  // The answer comes before the body is read, and then the connection may be reset before the client sees it.
  const tooLong = JSON.stringify({ details: { name: "a".repeat(2 ** 20) } });
  let long;
  for (let attempt = 0; long === undefined && attempt < 10; attempt += 1) {
    long = await send("POST", "/api/v1/agent", tooLong).catch((error) => assert.equal(error.message, "fetch failed"));
  }
  assert.deepEqual([long.status, long.body.code], [413, "bad_request"]);
  const options = await send("OPTIONS", "/api/v1/agent");
  assert.deepEqual([options.status, options.body], [204, null]);
  assert.equal((await send("GET", "/api/v1/agent", undefined, {})).status, 401);
  assert.equal((await send("GET", "/elsewhere")).status, 404);
});

test("a worker without the secret refuses every request", async (t) => {
  const url = await startWorker(t, {});
  const response = await fetch(`${url}/api/v1/ping`, { headers: { authorization: "Bearer secret" } });
  assert.equal(response.status, 401);
  assert.equal((await response.json()).code, "not_authenticated");
});

test("the Leptos form shows the rules' messages at each field in Chromium", async (t) => {
  const folder = await buildExample("leptos-form", "leptos-form-example.wasm", "form");
  const site = await serveFolder(folder);
  t.after(site.stop);
  const browser = await chromium.launch({ executablePath: chrome(), args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
  t.after(() => browser.close());
  const page = await browser.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(error));
  const sent = [];
  let answer;
  await page.route("**/api/v1/agent", (route) => {
    sent.push(route.request().postDataJSON());
    return route.fulfill(answer);
  });
  await page.goto(site.url);

  const field = (path) => page.locator(`[name="${path}"]`);
  /** Waits until a field's message matches. */
  const shown = (path, message) => page.locator(`output[data-for="${path}"]`).filter({ hasText: message }).waitFor({ state: "attached" });
  // A field has no message before a person types in it. Then each key counts.
  await shown("details.name", /^$/);
  await field("details.name").pressSequentially("A");
  await field("details.name").press("Backspace");
  await shown("details.name", /^Name must not be blank\.$/);
  await shown("details.environment_id", /^$/);
  await field("details.name").pressSequentially("Ada ");
  await shown("details.name", /^$/);
  await field("details.id").pressSequentially("x");
  await shown("details.id", /PFID/);
  assert.equal(await field("details.id").getAttribute("aria-invalid"), "true");

  // Sending an invalid form shows the issues of all fields, and sends nothing.
  await page.getByRole("button").click();
  await shown("details.environment_id", /required/);
  assert.deepEqual(sent, []);

  // A valid one is sent normalised: the name trimmed, empty optional fields absent.
  const id = "013xrzp12g3nqk8nx0y2vfkg4s3jp2qr";
  await field("details.environment_id").fill(ENVIRONMENT);
  await field("details.id").fill(id);
  const taken = {
    status: "error",
    code: "validation_errors",
    message: "Some fields are invalid.",
    errors: { "details.id": ["ID is taken."] },
  };
  answer = { status: 422, json: taken };
  await page.getByRole("button").click();
  await shown("details.id", /^ID is taken\.$/);
  assert.deepEqual(sent, [{ details: { name: "Ada", environment_id: ENVIRONMENT, id } }]);
  assert.equal(await page.locator("p[role=status]").textContent(), taken.message);
  await field("details.id").fill("");
  await shown("details.id", /^$/);
  answer = { status: 200, json: { status: "success", details: { type: "agent", id } } };
  await page.getByRole("button").click();
  await page.getByText(`Created ${id}`).waitFor();
  assert.deepEqual(errors, []);
});
