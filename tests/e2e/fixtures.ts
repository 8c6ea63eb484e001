import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test as base, expect, type Locator, type Page } from "@playwright/test";
import type { AxeResults } from "axe-core";
import { isFull } from "../shared/full.ts";
import { type Service, serve, servePage } from "./sample.mjs";

/** Where the page and its service run. */
export type Mode = "server" | "page";
/** Those in which some tests run. In the short form, in the page alone: all other tests ask a server. */
export const MODES: readonly Mode[] = isFull ? ["server", "page"] : ["page"];

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

/**
 * Holds back the requests of an address, those with a method alone if it is named, until the function that it returns is called.
 * A test that needs a slow answer holds it for as long as it looks: a fixed delay is over too soon on a busy machine.
 */
export async function holdBack(page: Page, address: string, method?: string): Promise<() => void> {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route(address, async (route) => {
    if (method === undefined || route.request().method() === method) await released;
    // The page may have given the request up.
    await route.fallback().catch(() => undefined);
  });
  return release;
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/**
 * Expects that nothing is found. Asks again for some time, because the scripts replace elements after the width of the window has changed.
 * Soft, so that one run tells about all states.
 */
async function settles(find: () => Promise<readonly unknown[]>, state: string): Promise<void> {
  await expect.configure({ soft: true }).poll(find, { message: state }).toEqual([]);
}

/** Runs axe on the page as it is. */
export async function expectAccessible(page: Page, state: string): Promise<void> {
  // Transitions end first, because axe checks colours.
  await page.waitForFunction(() => document.getAnimations().every((animation) => animation.playState !== "running"));
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
  const violations = () =>
    page.evaluate(async () => {
      const { axe } = window as unknown as { axe: { run(): Promise<AxeResults> } };
      return (await axe.run()).violations.map(({ id, nodes }) => ({
        id,
        nodes: nodes.map((node) => `${node.html} ${node.failureSummary}`),
      }));
    });
  await settles(violations, state);
}

/** Elements that stick out of the page at its side. Code and strips of tabs may scroll by themselves. */
export async function expectNoSidewaysScrolling(page: Page, state: string): Promise<void> {
  const wide = () =>
    page.evaluate(() => {
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
  await settles(wide, state);
}

const LOOKS = [
  { name: "light", media: { colorScheme: "light", forcedColors: "none" } },
  { name: "dark", media: { colorScheme: "dark", forcedColors: "none" } },
  { name: "forced colours", media: { colorScheme: "dark", forcedColors: "active" } },
] as const;

/** The kinds of window in which the states are gone through: where steps are done, where axe looks, where nothing may stick out. */
const WINDOWS = {
  desktop: { base: 1440, axe: [1440, 1024, 768], widths: [768, 960, 1216, 1440, 1920] },
  phone: { base: 360, axe: [375, 320], widths: [320, 360] },
} as const;
type WindowKind = keyof typeof WINDOWS;

/** All kinds of window; in the short form one. */
export const windowKinds = (short: WindowKind): readonly WindowKind[] => (isFull ? ["desktop", "phone"] : [short]);

const windowOf = (width: number) => ({ width, height: 800 });

/** Prepares a page for `expectGoodLooks`. */
export async function startLooks(page: Page, kind: WindowKind): Promise<void> {
  await page.emulateMedia({ ...LOOKS[0].media, reducedMotion: "reduce" });
  await page.setViewportSize(windowOf(WINDOWS[kind].base));
}

/**
 * Axe finds nothing wrong, and nothing sticks out. Axe takes its time: each state is looked at in one combination of look and width, the
 * next one in the next; in all of them if the variable LOOKS is "all" (`npm test -- page-looks`).
 */
export async function expectGoodLooks(page: Page, kind: WindowKind, state: string, index: number): Promise<void> {
  const { base, axe: axeWidths, widths } = WINDOWS[kind];
  const combinations = axeWidths.flatMap((width) => LOOKS.map((look) => ({ width, look })));
  // 5 has no factor in common with 9 or 6: the looks and the widths alternate, and every combination has its turn.
  const chosen = process.env["LOOKS"] === "all" ? combinations : [combinations[(5 * index) % combinations.length]];
  for (const one of chosen) {
    if (one === undefined) continue;
    await page.emulateMedia({ ...one.look.media, reducedMotion: "reduce" });
    await page.setViewportSize(windowOf(one.width));
    await expectAccessible(page, `${state}, ${one.look.name}, ${one.width}`);
  }
  for (const width of widths) {
    await page.setViewportSize(windowOf(width));
    await expectNoSidewaysScrolling(page, `${state} at ${width}`);
  }
  await page.emulateMedia({ ...LOOKS[0].media, reducedMotion: "reduce" });
  await page.setViewportSize(windowOf(base));
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
