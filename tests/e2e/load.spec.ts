// The published files as they are, on a page of a static folder: no bundler, no import map, and a strict policy.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, type Page, test } from "@playwright/test";

const dist = fileURLToPath(new URL("../../dist/", import.meta.url));

const MODULE = `import * as registrar from "/dist/index.js"; globalThis.loaded = registrar;`;
const scripts = {
  module: `<script type="module" src="/page.js"></script>`,
  classic: `<script src="/dist/agent-registrar.global.js"></script><script>globalThis.loaded = AgentRegistrar;</script>`,
};

async function open(page: Page, kind: keyof typeof scripts, policy: string): Promise<void> {
  await page.route("**/*", async (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === "/") {
      return route.fulfill({
        contentType: "text/html",
        headers: { "content-security-policy": policy },
        body: `<!doctype html><title>t</title>${scripts[kind]}`,
      });
    }
    const body = pathname === "/page.js" ? MODULE : await readFile(dist + pathname.slice("/dist/".length));
    return route.fulfill({ contentType: "text/javascript", body });
  });
  await page.goto("http://localhost/");
  await page.waitForFunction("globalThis.loaded !== undefined");
}

/** The answer to a call, or what it throws. */
function answer(page: Page, call: string): Promise<unknown> {
  return page.evaluate(
    `(() => { try { return loaded.${call}; } catch (e) { return { name: e.name, reason: e.reason, message: e.message }; } })()`,
  );
}

for (const kind of ["module", "classic"] as const) {
  // The classic page has an inline script of its own.
  const inline = kind === "classic" ? " 'unsafe-inline'" : "";

  test(`a ${kind} script runs where the policy allows wasm and connects nowhere`, async ({ page }) => {
    await open(page, kind, `default-src 'none'; script-src 'self'${inline} 'wasm-unsafe-eval'; connect-src 'none'`);
    expect(
      await answer(page, "validateCreateAgent({ details: { name: ' Ada ', environment_id: '013xrzp12g3nqk8nzxvq7jm2arsfg5h1' } })"),
    ).toMatchObject({
      ok: true,
      value: { details: { name: "Ada" } },
    });
    expect(await answer(page, "validateCreateAgent({})")).toMatchObject({ ok: false });
    expect(await answer(page, "generatePfid({ partition: 1 })")).toMatch(/^[0-7][0-9a-hjkmnp-tv-z]{31}$/);
  });

  test(`a ${kind} script loads where the policy forbids wasm, and each call names the remedy`, async ({ page }) => {
    await open(page, kind, `default-src 'none'; script-src 'self'${inline}; connect-src 'none'`);
    for (let call = 0; call < 2; call++) {
      const error = {
        name: "WasmLoadError",
        reason: "blocked_by_policy",
        message: expect.stringContaining("Add 'wasm-unsafe-eval' to its script-src"),
      };
      expect(await answer(page, "validateCreateAgent({})")).toMatchObject(error);
    }
  });
}
