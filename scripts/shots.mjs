// Pictures of each view of the page: phone and desktop, light and dark.
//
//   node scripts/shots.mjs [FOLDER] [VIEW …]      into build/shots without a folder
import { mkdirSync } from "node:fs";
import { at, fail, isMain, say } from "./lib.mjs";
import { chrome } from "./setup.mjs";
import { sample, serve } from "../tests/e2e/sample.mjs";

const sizes = { desktop: { width: 1280, height: 800 }, phone: { width: 360, height: 760 } };

/** What is done in the page before the picture, by view. */
const views = {
  agents: async ({ open, page }) => {
    await open("/agents");
    await page.getByRole("link", { name: "Invoice reader" }).waitFor();
  },
  agent: async ({ open, page, made }) => {
    await open(`/agents/${made.agent}/instances/${made.instance}?span=${made.span}`);
    await page.getByRole("treegrid").waitFor();
  },
  create: async ({ open, page }) => {
    await open("/agents/new");
    await page.getByLabel("Name", { exact: true }).fill("  ");
    await page.getByRole("textbox", { name: "ID", exact: true }).fill("013XRZP12G3NQK8NX0Y2VFKG4S3JP2QR");
    await page.getByRole("textbox", { name: "Idempotency key" }).fill("import-für-nov");
    await page.getByRole("button", { name: "Create agent" }).click();
  },
  "create-json": async ({ open, page, made }) => {
    await open("/agents/new?mode=json");
    const body = {
      details: {
        name: "Invoice reader",
        environment_id: made.environment,
        description: 42,
        id: "01m8a6d3t37zzzzznve9g1rmte42n9y4",
        owner: "finance",
      },
      retries: 3,
    };
    await page.getByRole("textbox", { name: "Body as JSON" }).fill(JSON.stringify(body, null, 2));
    await page.getByRole("button", { name: "Create agent" }).click();
  },
  requests: async ({ open, page }) => {
    await open("/agents/new");
    await page.getByLabel("Name", { exact: true }).fill("Ada");
    await page.getByRole("button", { name: "Create agent" }).click();
    await page.getByRole("button", { name: "Open" }).waitFor();
    await open("/requests");
    await page
      .getByRole("link", { name: /POST.*agent/ })
      .first()
      .click();
  },
  explorer: async ({ open, page }) => {
    await open("/explorer/agents_create");
    await page.getByRole("button", { name: "Send" }).waitFor();
  },
  connection: async ({ open, page }) => {
    await open("/connection");
    await page.getByRole("heading", { name: "Connection" }).waitFor();
  },
  traffic: async ({ open, page }) => {
    await open("/traffic");
    await page.getByRole("button", { name: "Start" }).click();
    await page.waitForTimeout(6_000);
  },
};

async function main() {
  const { chromium } = await import("@playwright/test");
  const [folder = at("build", "shots"), ...chosen] = process.argv.slice(2);
  mkdirSync(folder, { recursive: true });
  const service = await serve();
  const browser = await chromium.launch({ executablePath: chrome(), args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
  try {
    const made = await sample(service);
    for (const [size, viewport] of Object.entries(sizes)) {
      for (const colorScheme of ["light", "dark"]) {
        for (const [name, arrange] of Object.entries(views)) {
          if (chosen.length > 0 && !chosen.includes(name)) continue;
          const context = await browser.newContext({ viewport, colorScheme, reducedMotion: "reduce", hasTouch: size === "phone" });
          const page = await context.newPage();
          page.on("pageerror", (error) => say(`${name}: ${error}`));
          page.on("console", (message) => message.type() === "error" && say(`${name}: ${message.text()}`));
          await arrange({ page, made, open: (path) => page.goto(`${service.url}#${path}`) });
          await page.waitForTimeout(300);
          await page.screenshot({ path: `${folder}/${name}-${size}-${colorScheme}.png` });
          await context.close();
        }
      }
    }
  } finally {
    await browser.close();
    service.stop();
  }
  say(`pictures are in ${folder}`);
}

if (isMain(import.meta)) await main().catch(fail);
