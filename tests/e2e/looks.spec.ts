import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "@playwright/test";
import type { AxeResults } from "axe-core";
import { NAME_LIMIT } from "../../js/generated/rules.ts";
import { expect, test } from "./fixtures.js";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Runs axe on the current state of the page. */
async function expectAccessible(page: Page, state: string): Promise<void> {
  // Waits for transitions to end, because axe checks colours.
  await page.waitForFunction(() => document.getAnimations().every((animation) => animation.playState !== "running"));
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(): Promise<AxeResults> } };
    return (await axe.run()).violations.map(({ id, nodes }) => ({ id, nodes: nodes.map((node) => `${node.html} ${node.failureSummary}`) }));
  });
  expect(violations, state).toEqual([]);
}

/** Brings the page into each of its states, one after another. */
async function* states(page: Page): AsyncGenerator<string> {
  await expect(page.locator("#agent-environment_id-hint")).toContainText("Partition");
  yield "empty";
  await page.locator("#agent-id").fill("no id");
  await page.locator("#submit").click();
  await expect(page.locator("#summary")).toBeVisible();
  yield "issues";
  await page.locator("#agent-id").fill("");
  await page.locator("#agent-name").fill(`A${"w".repeat(NAME_LIMIT - 1)}`);
  await page.locator("#agent-description").fill("Word ".repeat(400));
  await page.locator("#submit").click();
  await expect(page.locator("#agents > li")).toHaveCount(10);
  await expect(page.locator("#answer")).toContainText("200 OK");
  yield "created";
  await page.locator("#connection-toggle").click();
  yield "connection";
  await page
    .getByRole("button", { name: /^Delete/ })
    .first()
    .click();
  yield "dialog";
  await page.keyboard.press("Escape");
}

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe finds nothing wrong in the ${colorScheme} colours`, async ({ page, service }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (let i = 1; i <= 12; i++) await service.create({ name: `Agent ${i}` });
    await page.goto(service.url);
    for await (const state of states(page)) await expectAccessible(page, state);
  });
}

for (const width of [320, 390, 768, 1024, 1280, 1920]) {
  test(`nothing needs horizontal scrolling at ${width} pixels`, async ({ page, service }) => {
    await page.setViewportSize({ width, height: 900 });
    for (let i = 1; i <= 12; i++) await service.create({ name: `Agent ${i}` });
    await page.goto(service.url);
    for await (const state of states(page)) {
      const overflow = await page.evaluate(() => {
        const root = document.documentElement;
        // Nor may a card hide what overflows it.
        const cards = [...document.querySelectorAll<HTMLElement>(".card, .field, .row-name, .row-id, .row-actions")];
        return [root, ...cards]
          .filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "none")
          .map((e) => e.className || e.tagName);
      });
      expect(overflow, state).toEqual([]);
    }
  });
}

test("what can be pressed is large enough for a finger", async ({ page, service }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await service.create({ name: "Ada" });
  await page.goto(service.url);
  await expect(page.locator("#agents > li")).toHaveCount(1);
  const small = await page
    .locator("main button:visible, main input:visible, main textarea:visible")
    .evaluateAll((all) =>
      all
        .map((e) => ({ id: e.id || e.textContent, ...e.getBoundingClientRect().toJSON() }))
        .filter(({ width, height }) => width < 24 || height < 24),
    );
  expect(small).toEqual([]);
});
