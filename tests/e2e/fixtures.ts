import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test as base, expect, type Locator, type Page } from "@playwright/test";
import type { AxeResults } from "axe-core";
import { type Service, serve, servePage } from "./sample.mjs";

/** Where the page and its service run. */
export const MODES = ["server", "page"] as const;
export type Mode = (typeof MODES)[number];

export interface Site {
  /** The address of the page. */
  readonly url: string;
  /** Opens a view, and waits until the service answers. */
  open(path?: string): Promise<void>;
}

interface Fixtures {
  /** A service on this machine, with its page. Each test has its own. */
  readonly service: Service;
  /** Opens the page of `service`. */
  readonly site: Site;
  /** Opens the page in a mode. */
  readonly openIn: (mode: Mode, path?: string) => Promise<void>;
  readonly watch: undefined;
  /** Origins that the page may ask, besides its own. */
  readonly allowed: Set<string>;
}

async function answering(page: Page): Promise<void> {
  await expect(page.getByRole("link", { name: /Connection: Answering/ })).toBeVisible();
}

export const test = base.extend<Fixtures>({
  service: async ({}, use) => {
    const service = await serve();
    try {
      await use(service);
    } finally {
      service.stop();
    }
  },

  allowed: async ({}, use) => use(new Set()),

  site: async ({ page, service, allowed }, use) => {
    allowed.add(new URL(service.url).origin);
    await use({
      url: service.url,
      open: async (path = "/agents") => {
        await page.goto(`${service.url}#${path}`);
        await answering(page);
      },
    });
  },

  openIn: async ({ page, service, allowed }, use) => {
    const site = await servePage();
    await use(async (mode, path = "/agents") => {
      const url = mode === "page" ? site.url : service.url;
      allowed.add(new URL(url).origin);
      await page.goto(`${url}#${path}`);
      await answering(page);
    });
    site.stop();
  },

  // In every test: no error or warning in the console, which is where policy reports go too, and no request elsewhere.
  watch: [
    async ({ page, allowed }, use) => {
      const wrong: string[] = [];
      page.on("pageerror", (error) => wrong.push(String(error)));
      page.on("console", (message) => {
        // The console reports every status from 400 on, and every failed request, which many tests expect.
        if (["error", "warning"].includes(message.type()) && !message.text().startsWith("Failed to load resource"))
          wrong.push(message.text());
      });
      page.on("request", (request) => {
        if (!allowed.has(new URL(request.url()).origin)) wrong.push(`asked ${request.url()}`);
      });
      await use(undefined);
      expect(wrong).toEqual([]);
    },
    { auto: true },
  ],
});

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Runs axe on the page as it is. */
export async function expectAccessible(page: Page, state: string): Promise<void> {
  // Transitions end first, because axe checks colours.
  await page.waitForFunction(() => document.getAnimations().every((animation) => animation.playState !== "running"));
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(): Promise<AxeResults> } };
    return (await axe.run()).violations.map(({ id, nodes }) => ({ id, nodes: nodes.map((node) => `${node.html} ${node.failureSummary}`) }));
  });
  // Soft, so that one run tells about all states.
  expect.soft(violations, state).toEqual([]);
}

/** Elements that stick out of the page at its side. Code and strips of tabs may scroll by themselves. */
export async function expectNoSidewaysScrolling(page: Page, state: string): Promise<void> {
  const wide = await page.evaluate(() => {
    const { clientWidth, scrollWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    return [...document.querySelectorAll<HTMLElement>("body *")]
      .filter(
        (element) =>
          element.getBoundingClientRect().right > clientWidth + 1 && !element.closest(".code, .tabs, .traffic-sums, .steps-scroll"),
      )
      .map((element) => `${element.tagName}.${element.className}`)
      .slice(0, 5);
  });
  expect.soft(wide, state).toEqual([]);
}

/** Expects a message at a field, in its accessible description. */
export async function expectProblem(field: Locator, message: string): Promise<void> {
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await expect(field).toHaveAccessibleDescription(new RegExp(message.replace(/[.()]/g, "\\$&")));
}

export async function expectNoProblem(field: Locator): Promise<void> {
  await expect(field).not.toHaveAttribute("aria-invalid", "true");
}

/** The rows of the list of agents. */
export const rows = (page: Page): Locator =>
  page
    .getByRole("table", { name: "Agents" })
    .getByRole("row")
    .filter({ has: page.getByRole("cell") });

export { expect, type Locator, type Page };
