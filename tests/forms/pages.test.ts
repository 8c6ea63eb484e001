// Every form in a browser: issues appear at their fields, valid input is sent, and the API's issues appear at their fields.
import { execFile } from "node:child_process";
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Browser, chromium, type Page } from "@playwright/test";
import vue from "@vitejs/plugin-vue";
import { createRegistrar } from "agent-registrar/service";
import { build, preview, type PreviewServer } from "vite";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { NAME_LIMIT } from "../../js/generated/rules.ts";

const folder = fileURLToPath(new URL(".", import.meta.url));
const root = join(folder, "..", "..");
const environment_id = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
const id = "013xrzp12g3nqk8nzx00000000000001";
const good = { name: " Ada ", environment_id, description: "", id: "", idempotency_key: "" };
const bad = { name: "n".repeat(NAME_LIMIT + 1), environment_id: "x", description: "d".repeat(10_001), id: "y", idempotency_key: "ü" };

let browser: Browser;
let page: Page;
const sites: PreviewServer[] = [];

async function serve(site: string, outDir: string): Promise<string> {
  const server = await preview({
    root: site,
    configFile: false,
    logLevel: "error",
    build: { outDir },
    preview: { port: 0, host: "127.0.0.1" },
  });
  sites.push(server);
  const address = server.httpServer.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `http://127.0.0.1:${address.port}`;
}

beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: process.env["CHROME_BIN"] ?? "",
    args: [
      // Chromium's sandbox refuses to run as root, which is what containers are.
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      ...[
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    ],
  });
});

afterAll(async () => {
  await browser?.close();
  await Promise.all(sites.map((site) => site.close()));
});

const problems: string[] = [];
beforeEach(async () => {
  problems.length = 0;
  page = await browser.newPage();
  page.on("pageerror", (error) => problems.push(error.message));
});

afterEach(async () => {
  await page.close();
  expect(problems).toEqual([]);
});

const site = { url: "" };
beforeAll(async () => {
  const outDir = join(folder, "work", "site");
  const input = ["pages/index.html", "pages/vue.html", "work/guide/plain.html"].map((file) => join(folder, file));
  await build({ root: folder, configFile: false, logLevel: "error", plugins: [vue()], build: { outDir, rollupOptions: { input } } });
  site.url = await serve(folder, outDir);
});

describe.each(["react-hook-form", "react-hook-form-flat", "tanstack", "tanstack-flat", "conform", "conform-flat", "formisch"])(
  "%s",
  (form) => {
    beforeEach(async () => {
      await page.goto(`${site.url}/pages/index.html?form=${form}`);
      await page.locator("form").waitFor();
    });

    async function submit(values: Readonly<Record<string, string>>): Promise<void> {
      for (const [field, value] of Object.entries(values)) await page.locator(`[data-field=${field}] textarea`).fill(value);
      await page.getByRole("button").click();
    }

    /** The fields that show a message, with their messages. */
    async function shown(): Promise<Record<string, string>> {
      await expect.poll(() => page.locator("output:not(:empty)").count()).toBeGreaterThan(0);
      const rows = await page
        .locator("[data-field]")
        .evaluateAll((all) => all.map((row) => [row.getAttribute("data-field"), row.querySelector("output")?.textContent]));
      return Object.fromEntries(rows.filter(([, message]) => message !== "")) as Record<string, string>;
    }

    test("shows the required fields if nothing was entered", async () => {
      await submit({});
      const messages = await shown();
      expect(Object.keys(messages)).toEqual(["name", "environment_id"]);
      expect(messages["environment_id"]).toBe("Environment ID is required.");
    });

    test("shows every issue at its field", async () => {
      await submit(bad);
      expect(Object.entries(await shown()).map(([field, message]) => `${field}: ${message.split(" ")[0]}`)).toEqual([
        "name: Name",
        "environment_id: Environment",
        "description: Description",
        "id: ID",
        "idempotency_key: Idempotency",
      ]);
    });

    test("accepts valid input", async () => {
      await submit(good);
      await expect.poll(() => page.locator("html").getAttribute("data-output")).not.toBeNull();
      const output = JSON.parse((await page.locator("html").getAttribute("data-output")) ?? "") as { details: { name: string } };
      // Some libraries return the output of the schema, some the entered values.
      expect({ ...output, details: { ...output.details, name: output.details.name.trim() } }).toEqual({
        details: { name: "Ada", environment_id },
      });
    });
  },
);

test("values of another frame are recognised", async () => {
  await page.goto(`${site.url}/pages/index.html`);
  await page.addScriptTag({ path: join(folder, "node_modules", "agent-registrar", "dist", "agent-registrar.global.js") });
  const verdicts = await page.evaluate((environment) => {
    const { createAgentFormSchema } = (window as unknown as { AgentRegistrar: typeof import("agent-registrar") }).AgentRegistrar;
    const frame = document.body.appendChild(document.createElement("iframe")).contentWindow as typeof globalThis & Window;
    const form = new frame.FormData();
    form.append("details[name]", "Ada");
    form.append("details[environment_id]", environment);
    form.append("details[description]", new frame.File(["text"], "name.txt"));
    const values: unknown = frame.eval(`({ details: { name: "Ada", environment_id: "${environment}", id: "" } })`);
    return [form instanceof FormData, ...[form, values].map((one) => createAgentFormSchema["~standard"].validate(one))];
  }, environment_id);
  expect(verdicts).toMatchObject([
    false,
    { issues: [{ path: ["details", "description"], reason: "wrong_type" }] },
    { value: { details: { name: "Ada", environment_id } } },
  ]);
});

/** The forms of the guide, which send requests. */
const senders: readonly [string, () => Promise<string>][] = [
  ["the guide's plain form", async () => `${site.url}/work/guide/plain.html`],
  ["the guide's form in Vue", async () => `${site.url}/pages/vue.html`],
  ["the example in React, copied out", exampleSite],
];

let example: Promise<string> | undefined;
let copied: string | undefined;
afterAll(async () => {
  if (copied !== undefined) await rm(copied, { recursive: true, force: true });
});

function exampleSite(): Promise<string> {
  return (example ??= (async () => {
    copied = await mkdtemp(join(tmpdir(), "react-form-"));
    await cp(join(root, "examples", "react-form"), copied, { recursive: true });
    await symlink(join(folder, "node_modules"), join(copied, "node_modules"));
    await promisify(execFile)(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", "."], { cwd: copied });
    await build({ root: copied, logLevel: "error" });
    return serve(copied, "dist");
  })());
}

describe.each(senders)("%s", (_, address) => {
  const registrar = createRegistrar();
  const bodies: unknown[] = [];

  beforeEach(async () => {
    bodies.length = 0;
    await page.route("**/api/v1/agent", async (route) => {
      const body = route.request().postData() ?? "";
      bodies.push(JSON.parse(body));
      const answer = await registrar.fetch("http://localhost/api/v1/agent", {
        method: "POST",
        headers: { authorization: `Bearer ${registrar.defaults.token}`, "content-type": "application/json" },
        body,
      });
      await route.fulfill({ status: answer.status, contentType: "application/json", body: await answer.text() });
    });
    await page.goto(await address());
    await page.locator("form").waitFor();
  });

  const control = (field: string) => page.locator(`[name="details.${field}"]`);
  const messages = (): Promise<(string | null)[]> => page.locator("output").allTextContents();

  test("shows issues at their fields and sends nothing", async () => {
    await page.getByRole("button", { name: "Create" }).click();
    await expect.poll(messages).toEqual(["Name must not be blank.", "Environment ID is required.", "", ""]);
    await control("environment_id").fill("x");
    await control("id").fill("y");
    await page.getByRole("button", { name: "Create" }).click();
    await expect.poll(messages).toEqual(["Name must not be blank.", "Environment ID must be a PFID.", "", "ID must be a PFID."]);
    expect(bodies).toEqual([]);
  });

  test("sends valid input, and shows the issues of the API at their fields", async () => {
    registrar.reset();
    await control("name").fill(" Ada ");
    await control("environment_id").fill(environment_id);
    await control("id").fill(id);
    await page.getByRole("button", { name: "Create" }).click();
    await expect.poll(() => page.getByText(`Created ${id}`).count()).toBe(1);
    expect(bodies).toEqual([{ details: { name: "Ada", environment_id, id } }]);
    await control("name").fill("Bob");
    await control("environment_id").fill(environment_id);
    await control("id").fill(id);
    await page.getByRole("button", { name: "Create" }).click();
    await expect.poll(async () => (await messages()).map((message) => message !== "")).toEqual([false, false, false, true]);
    expect(bodies).toHaveLength(2);
  });
});
