// What a person does with a page, and other checks that documents name: `<!-- test: check: NAME -->`. Each gets the session
// and its block, whose file is written already.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { cp, mkdir } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { createRegistrar } from "../../dist/service.js";
import { at } from "../../scripts/lib.mjs";
import { launched, serveFolder } from "../environments/lib/site.mjs";

const environment_id = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
const id = "013xrzp12g3nqk8nzx00000000000001";

/** Opens a page, does something with it, and fails where the page threw. */
async function withPage(work) {
  const context = await (await launched()).newContext();
  const errors = [];
  try {
    const page = await context.newPage();
    page.on("pageerror", (error) => errors.push(error.message));
    await work(page);
  } finally {
    await context.close();
  }
  assert.deepEqual(errors, []);
}

/** Serves a folder of the reader and opens a page of it. */
async function withSite(folder, path, work, options) {
  const site = await serveFolder(folder, options);
  try {
    await withPage(async (page) => {
      await page.goto(site.url + path);
      await work(page, site.url);
    });
  } finally {
    await site.stop();
  }
}

/** Waits until a value that a function gives is the expected one. */
async function eventually(read, expected, what) {
  let found;
  for (const end = Date.now() + 20_000; Date.now() < end; ) {
    found = await read();
    try {
      assert.deepEqual(found, expected);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  assert.deepEqual(found, expected, what);
}

/** Answers the page's requests to the API from a registrar of its own. */
async function answerFrom(page, registrar) {
  await page.route("**/api/v1/**", async (route) => {
    const request = route.request();
    const { pathname, search } = new URL(request.url());
    const answer = await registrar.fetch(`http://localhost${pathname}${search}`, {
      method: request.method(),
      headers: { authorization: `Bearer ${registrar.defaults.token}`, "content-type": "application/json" },
      ...(request.postData() === null ? {} : { body: request.postData() }),
    });
    await route.fulfill({ status: answer.status, contentType: "application/json", body: await answer.text() });
  });
}

/**
 * A form that shows messages in `output`s and sends: what a person sees from the first click to a refusal by the API. `sends`:
 * there is an API that answers the page.
 */
async function fillNestedForm(page, { sends = false } = {}) {
  if (!sends) await answerFrom(page, createRegistrar());
  const messages = () => page.locator("output").allTextContents();
  const create = () => page.getByRole("button", { name: "Create" }).click();
  const control = (field) => page.locator(`[name="details.${field}"]`);
  await create();
  await eventually(messages, ["Name must not be blank.", "Environment ID is required.", "", ""], "an untouched form");
  await control("name").fill(" Ada ");
  await control("environment_id").fill(environment_id);
  await control("id").fill(id);
  await create();
  await page.getByText(`Created ${id}`).waitFor();
  await control("name").fill("Bob");
  await control("environment_id").fill(environment_id);
  await control("id").fill(id);
  await create();
  await eventually(async () => (await messages()).map((message) => message !== ""), [false, false, false, true], "an id that is taken");
}

const bundle = (session, entry, outfile, options = {}) =>
  build({
    entryPoints: [session.path(entry)],
    outfile: session.path(outfile),
    bundle: true,
    format: "esm",
    logLevel: "silent",
    ...options,
  });

/** A policy, said by a page that tries to validate under it. */
async function underPolicy(session, policy, script) {
  const said = {};
  await session.write("policy.html", `<!doctype html><title>policy</title><script type="module" src="${script}"></script>`);
  await withSite(
    session.cwd,
    "policy.html",
    async (page) => {
      await page.locator("html[data-said]").waitFor({ state: "attached" });
      Object.assign(said, JSON.parse(await page.locator("html").getAttribute("data-said")));
    },
    { policy },
  );
  return said;
}

const trial = (setUp) => `const said = {};
try { Function("return 1")(); said.eval = true; } catch { said.eval = false; }
try {
  ${setUp}
  said.message = validateCreateAgent({}).issues[0].message;
} catch (error) { said.error = [error.name, error.reason]; }
document.documentElement.dataset.said = JSON.stringify(said);
`;

export const checks = {
  "readme-form": (session, { name }) =>
    withPage(async (page) => {
      await page.goto(pathToFileURL(session.path(name)).href);
      const [field, environment] = [page.locator("[name=name]"), page.locator("[name=environment_id]")];
      const message = (control) => control.evaluate((element) => element.validationMessage);
      const valid = () => page.locator("form").evaluate((form) => form.checkValidity());
      assert.deepEqual([await message(field), await message(environment)], ["Name must not be blank.", "Environment ID is required."]);
      await field.fill("Ada");
      await environment.fill("nowhere");
      assert.deepEqual([await message(field), await message(environment), await valid()], ["", "Environment ID must be a PFID.", false]);
      await environment.fill(environment_id);
      assert.equal(await valid(), true);
    }),

  "readme-react": (session) =>
    withPage(async (page) => {
      await page.goto(`http://localhost:${session.ports["5173"]}/`);
      const messages = () => page.locator("output").allTextContents();
      await page.getByRole("button", { name: "Create" }).click();
      await eventually(messages, ["Name must not be blank.", "Environment ID is required."]);
      await page.getByLabel("Name").fill(" Ada ");
      await page.getByLabel("Environment ID").fill("nowhere");
      await eventually(messages, ["", "Environment ID must be a PFID."], "as a person types");
      await page.getByLabel("Environment ID").fill(environment_id);
      const [dialog] = await Promise.all([
        page.waitForEvent("dialog").then(async (dialog) => (await dialog.dismiss(), dialog)),
        page.getByRole("button", { name: "Create" }).click(),
      ]);
      assert.deepEqual(JSON.parse(dialog.message()), { details: { name: "Ada", environment_id } });
    }),

  /** What README.md says about policies, of the bytes in the script and of the slim entry. */
  policy: async (session, { code }) => {
    const policy = code.trim().replace(/^Content-Security-Policy: /, "");
    const forbidden = policy.replace(" 'wasm-unsafe-eval'", "");
    assert.notEqual(forbidden, policy);
    const message = "Details are required.";
    const root = "./node_modules/agent-registrar/dist";
    await session.write("bytes.js", `import { validateCreateAgent } from "${root}/index.js";\n${trial("")}`);
    assert.deepEqual(await underPolicy(session, policy, "bytes.js"), { eval: false, message });
    assert.deepEqual(await underPolicy(session, forbidden, "bytes.js"), { eval: false, error: ["WasmLoadError", "blocked_by_policy"] });
    const load = `initializeWasm({ validator: await WebAssembly.compileStreaming(fetch("${root}/validator.wasm")) });`;
    await session.write("slim.js", `import { initializeWasm, validateCreateAgent } from "${root}/slim.js";\n${trial(load)}`);
    const slim = (policy) => underPolicy(session, policy, "slim.js");
    assert.deepEqual(await slim(`${policy}; connect-src 'self'`), { eval: false, message });
    assert.equal((await slim(policy)).error[0], "TypeError", "the file is not fetched without connect-src");
    assert.equal((await slim(`${forbidden}; connect-src 'self'`)).error[0], "CompileError", "no source is exempt from the policy");
  },

  "reference-slim": async (session, { name }) => {
    await cp(session.path("node_modules/agent-registrar/dist/validator.wasm"), session.path("validator.wasm"));
    await bundle(session, name, "slim.bundle.js");
    await session.write("slim.html", '<!doctype html><script type="module" src="slim.bundle.js"></script>');
    await withSite(session.cwd, "slim.html", (page) => eventually(() => page.title(), "Details are required."));
  },

  /** A page that imports the package by name, built by esbuild as a bundler of HTML does it. */
  "forms-plain": async (session, { code }) => {
    const [, script] = /<script type="module">([^]*?)<\/script>/.exec(code);
    await mkdir(session.path("site"), { recursive: true });
    await session.write("page.js", script);
    await bundle(session, "page.js", "site/page.js");
    await session.write(
      "site/index.html",
      code.replace(/<script type="module">[^]*?<\/script>/, '<script type="module" src="page.js"></script>'),
    );
    await withSite(session.path("site"), "", fillNestedForm);
  },

  /** The same request again, with its idempotency key, gets the same answer. */
  "clients-replay": async (session, { code }) => {
    const first = session.printed;
    assert.equal(JSON.parse(first).status, "success");
    await session.shell(code);
    assert.equal(session.printed, first);
  },

  /** The guide shows the example as it is. */
  "sdk-test-example": (_, { code }) => assert.equal(code, readFileSync(at("examples", "sdk-test", "sdk.test.js"), "utf8")),

  "service-worker": (session) =>
    withSite(session.path("site"), "", async (page) => {
      const agents = () => page.locator("li").allTextContents();
      await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
      for (const name of ["Ada", "Bob"]) {
        await page.getByLabel("Name").fill(name);
        await page.getByRole("button").click();
        await page.getByText(`${name}: pending`).waitFor();
      }
      await page.reload();
      await eventually(agents, ["Ada: pending", "Bob: pending"], "the worker keeps what it has over a reload");
    }),

  "service-worker-module": (session) =>
    withSite(session.cwd, "module.html", async (page) => {
      await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
      const status = await page.evaluate(async () => (await fetch("/api/v1/ping", { headers: { authorization: "Bearer local" } })).status);
      assert.equal(status, 200);
    }),

  "forms-react": async (session, { name }) => {
    const main = `import { createElement } from "react";
import { createRoot } from "react-dom/client";
import { AgentForm } from "./${name.replace(/\.tsx$/, "")}";
createRoot(document.getElementById("root")).render(createElement(AgentForm));
`;
    await session.write("main.jsx", main);
    await bundle(session, "main.jsx", "site/page.js", { jsx: "automatic", define: { "process.env.NODE_ENV": '"production"' } });
    await session.write("site/index.html", '<!doctype html><div id="root"></div><script type="module" src="page.js"></script>');
    await withSite(session.path("site"), "", fillNestedForm);
  },

  /** Built by the reader's own Vite and plugin. */
  "forms-vue": async (session, { name }) => {
    await session.write("main.js", `import { createApp } from "vue";\nimport Form from "./${name}";\ncreateApp(Form).mount("#root");\n`);
    await session.write("index.html", '<!doctype html><div id="root"></div><script type="module" src="/main.js"></script>');
    await session.write("vite.config.mjs", 'import vue from "@vitejs/plugin-vue";\nexport default { plugins: [vue()] };\n');
    await session.run(session.path("node_modules", ".bin", "vite"), ["build"]);
    await withSite(session.path("dist"), "", fillNestedForm);
  },

  /** The page asks the API that the reader started, through Vite. */
  "example-react": (session) =>
    withPage(async (page) => {
      await page.goto(`http://localhost:${session.ports["5173"]}/`);
      await fillNestedForm(page, { sends: true });
    }),
};
