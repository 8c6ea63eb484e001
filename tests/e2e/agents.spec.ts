import type { Service } from "./sample.mjs";
import { sample } from "./sample.mjs";
import { expect, holdBack, type Locator, type Page, rows, test } from "./fixtures.js";

const search = (page: Page): Locator => page.getByRole("searchbox", { name: "Name starts with, or an ID" });
const messages = (page: Page): Locator => page.getByRole("region", { name: "Messages" });
const names = (page: Page): Promise<string[]> =>
  rows(page)
    .getByRole("link")
    .evaluateAll((links) => links.map((link) => link.textContent ?? ""));

/** Creates many agents, 1,000 in a request. */
async function createMany(service: Service, count: number): Promise<void> {
  for (let from = 0; from < count; from += 1_000) {
    const items = Array.from({ length: Math.min(1_000, count - from) }, (_, i) => ({
      _type: "agents/create",
      idempotency_key: `agent-key-${from + i}`,
      details: { name: `Agent ${String(from + i).padStart(5, "0")}`, environment_id: service.environment },
    }));
    await service.call("POST", "/api/v1/bulk", { items });
  }
}

/** Counts the requests for lists and in bulk. */
function countRequests(page: Page): { count: number } {
  const counted = { count: 0 };
  page.on("request", (request) => {
    if (/\/api\/v1\/(agent\?|bulk)/.test(request.url())) counted.count++;
  });
  return counted;
}

test("one agent in 10,000 is found by name or ID in two actions, and Back returns to the same list", async ({ page, site, service }) => {
  await createMany(service, 10_000);
  const wanted = await service.create({ name: "invoice reader" });
  await site.open("/agents");
  await expect(page.getByText("1–50 of 10,001")).toBeVisible();
  const asked = countRequests(page);
  // The case of the first letter may be the other one.
  await search(page).fill("Invoice");
  await expect(rows(page)).toHaveCount(1);
  expect(asked.count).toBeLessThanOrEqual(5);
  await expect(page).toHaveURL(/#\/agents\?q=Invoice$/);

  await search(page).fill("Agent 0123");
  await expect(page.getByText("1–10 of 10")).toBeVisible();
  await expect.poll(() => names(page)).toEqual(Array.from({ length: 10 }, (_, i) => `Agent 0123${i}`));
  await search(page).fill("nobody");
  await expect(page.getByRole("heading", { name: "No agent’s name starts with “nobody”" })).toBeVisible();
  await expect(page.getByText("10,001 agents are here without")).toBeVisible();
  await page.getByRole("button", { name: "Clear filters" }).click();
  await expect(search(page)).toHaveValue("");

  await search(page).fill(` ${wanted.id.toUpperCase()} `);
  await search(page).press("Enter");
  await expect(page.getByRole("heading", { name: "invoice reader" })).toBeFocused();
  await page.goBack();
  await expect(page.getByText("1–50 of 10,001")).toBeVisible();

  // The same page, the same place, the same focus.
  await page.getByRole("button", { name: "Next" }).click();
  await expect(page.getByText("51–100 of 10,001")).toBeVisible();
  const row = rows(page).nth(40).getByRole("link");
  const name = await row.textContent();
  await row.scrollIntoViewIfNeeded();
  const scrolled = (): Promise<number> => page.locator("[data-scroll=agents]").evaluate((element) => element.scrollTop);
  const top = await scrolled();
  expect(top).toBeGreaterThan(0);
  await row.click();
  await expect(page.getByRole("heading", { name: name ?? "" })).toBeFocused();
  await page.goBack();
  await expect(page.getByRole("link", { name: name ?? "" })).toBeFocused();
  await expect.poll(scrolled).toBe(top);
  await page.reload();
  await expect(page.getByText("51–100 of 10,001")).toBeVisible();
});

test("filters, order and page size are in the address, and Back undoes a page", async ({ page, site, service }) => {
  const made = await sample(service);
  await site.open("/agents?size=10");
  await expect(rows(page)).toHaveCount(10);
  await page.getByRole("button", { name: "Next" }).click();
  await expect(page.getByText("11–19 of 19")).toBeVisible();
  await page.goBack();
  await expect(page.getByText("1–10 of 19")).toBeVisible();
  await page.getByRole("button", { name: "Name", exact: true }).click();
  await expect(page.getByRole("columnheader", { name: "Name" })).toHaveAttribute("aria-sort", "ascending");
  await expect(page).toHaveURL(/sort=name/);
  // By code point, as the service sorts.
  await expect.poll(async () => (await names(page))[0]).toBe("<b>Lead scoring</b>");

  await page.getByRole("combobox", { name: "Status" }).selectOption("retired");
  await expect(rows(page)).toHaveCount(3);
  await expect(page).toHaveURL(/status=retired/);
  await search(page).fill("Vendor");
  await expect(rows(page)).toHaveCount(1);
  await page.reload();
  await expect(rows(page)).toHaveCount(1);
  await expect(search(page)).toHaveValue("Vendor");
  void made;
});

test("retire pressed twice retires once, and no button moves", async ({ page, site, service }) => {
  const made = await service.create({ name: "Ada" });
  await site.open(`/agents/${made.id}`);
  const button = page.getByRole("button", { name: "Retire" });
  const places = (): Promise<unknown> =>
    page.locator(".agent-actions button").evaluateAll((all) => all.map((one) => JSON.stringify(one.getBoundingClientRect())));
  await button.waitFor();
  const before = await places();
  let posts = 0;
  page.on("request", (request) => {
    if (request.method() === "POST") posts++;
  });
  await button.dblclick();
  await expect(messages(page)).toContainText("Ada was retired.");
  await expect(button).toHaveAttribute("aria-disabled", "true");
  await expect(button).toBeFocused();
  await expect(button).toHaveAccessibleDescription("It is retired already.");
  expect(posts).toBe(1);
  await expect.poll(places).toEqual(before);
  await messages(page).getByRole("button", { name: "Reinstate" }).click();
  await expect(messages(page)).toContainText("Ada was reinstated.");
  // The message that offered it is gone.
  await expect(messages(page)).not.toContainText("was retired");
});

test("the menu of a row: actions rest with their reason; keys do the same", async ({ page, site, service }) => {
  await sample(service);
  await site.open("/agents");
  await page.getByRole("button", { name: "Actions for Contract summariser" }).click();
  const menu = page.getByRole("menu", { name: "Actions for Contract summariser" });
  await expect(menu.getByRole("menuitem", { name: "Edit" })).toBeFocused();
  await expect(menu.getByRole("menuitem", { name: "Reinstate" })).toHaveText(/^Reinstate\s*not retired$/);
  await expect(menu.getByRole("menuitem", { name: "Delete" })).toHaveText(/^Delete\s*has instances$/);
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "Actions for Contract summariser" })).toBeFocused();
  await page.getByRole("link", { name: "Contract summariser" }).focus();
  await page.keyboard.press("r");
  await expect(messages(page)).toContainText("Contract summariser was retired.");
  await page.keyboard.press("i");
  await expect(messages(page)).toContainText("Contract summariser was reinstated.");
  await page.keyboard.press("j");
  await expect(page.getByRole("link", { name: "Receipts" })).toBeFocused();
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Shortcuts" })).toBeVisible();
  await page.getByRole("checkbox", { name: "Single-key shortcuts" }).uncheck();
  await page.keyboard.press("Escape");
  await page.keyboard.press("n");
  await expect(page.getByRole("heading", { name: "Agents" })).toBeVisible();
});

test("what cannot be seen in a name is shown; a delete asks, and hands the focus on", async ({ page, site, service }) => {
  const hostile = [
    "<img src=x onerror=alert(1)>",
    "\u202egpj.exe",
    "zero\u200bwidth",
    "  ".trim() + "a  b",
    "وكيل الدعم الفني",
    "👩‍👩‍👧‍👦 family",
    "\u3164\u2060",
    "한".repeat(255),
  ];
  for (const name of hostile) await service.create({ name });
  await site.open("/agents?sort=inserted_at");
  await expect(rows(page)).toHaveCount(hostile.length);
  const shown = await rows(page)
    .getByRole("link")
    .evaluateAll((links) => links.map((link) => [...link.querySelectorAll("[aria-hidden]")].map((one) => one.textContent).join(",")));
  expect(shown).toEqual(["", "RLO", "ZWSP", "␣,␣", "", "", "U+3164,WJ", ""]);
  const heights = await rows(page).evaluateAll((all) => [...new Set(all.map((row) => row.getBoundingClientRect().height))]);
  expect(heights).toHaveLength(1);

  await page.getByRole("button", { name: "Actions for [RLO]gpj.exe" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete this agent?" });
  await expect(dialog).toContainText("turns the reading direction: RLO (U+202E)");
  await expect(dialog.getByRole("button", { name: "Keep it" })).toBeFocused();
  await dialog.getByRole("button", { name: "Delete agent" }).click();
  await expect(rows(page)).toHaveCount(hostile.length - 1);
  await expect(page.getByRole("link", { name: /^zero/ })).toBeFocused();
  await expect(messages(page)).toContainText("was deleted.");

  await page.getByRole("link", { name: /^zero/ }).click();
  await expect(page).toHaveTitle("zero[ZWSP]width: Agent · Agent Registrar");
  await page.getByRole("button", { name: "Delete" }).click();
  await dialog.getByRole("button", { name: "Delete agent" }).click();
  await expect(rows(page)).toHaveCount(hostile.length - 2);
  await expect(messages(page)).toContainText("width was deleted.");
});

test("somebody else changes an agent: the row is put right", async ({ page, site, service }) => {
  const made = await service.create({ name: "Ada" });
  await site.open("/agents");
  await expect(rows(page)).toHaveCount(1);
  await service.call("POST", `/api/v1/agent/${made.id}/retire`, {});
  await page.getByRole("button", { name: "Actions for Ada" }).click();
  await page.getByRole("menuitem", { name: "Retire", exact: true }).click();
  await expect(messages(page)).toContainText("Ada was not retired");
  await expect(messages(page)).toContainText("It is retired already (409). Its row was updated.");
  await expect(rows(page)).toContainText("retired");
});

test("a slow service: grey rows, then a bar; a dead one: rows stay, greyed, and actions rest", async ({ page, site, service }) => {
  await service.create({ name: "Ada" });
  const release = await holdBack(page, "**/api/v1/agent?*");
  await site.open("/agents");
  await expect(page.getByText("Still waiting for the service")).toBeVisible();
  release();
  await expect(rows(page)).toHaveCount(1);
  await expect(page.getByText("Still waiting for the service")).toHaveCount(0);
  service.stop();
  await page.getByRole("button", { name: "Refresh" }).click();
  await expect(page.getByRole("link", { name: /Connection: Unreachable/ })).toBeVisible();
  await expect(page.getByRole("group", { name: "The list could not be updated" })).toContainText("Actions are off.");
  await expect(rows(page)).toHaveCount(1);
  await page.getByRole("button", { name: "Actions for Ada" }).click();
  await expect(page.getByRole("menuitem", { name: /^Retire/ })).toHaveAttribute("aria-disabled", "true");
});
