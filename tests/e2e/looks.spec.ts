import { expect, expectGoodLooks, expectNoSidewaysScrolling, type Page, startLooks, test, windowKinds } from "./fixtures.js";
import { isFull } from "../shared/full.ts";
import { sample } from "./sample.mjs";

type Made = Awaited<ReturnType<typeof sample>>;

/** The states of the views, each as the way to it. */
const STATES: Readonly<Record<string, (page: Page, open: (path: string) => Promise<void>, made: Made) => Promise<void>>> = {
  list: async (page, open) => {
    await open("/agents");
    await page.getByRole("link", { name: "Invoice reader" }).waitFor();
  },
  "row menu": async (page) => {
    await page.getByRole("button", { name: "Actions for Warranty claims" }).click();
    await page.getByRole("menu").waitFor();
  },
  "question before a delete": async (page) => {
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("dialog").waitFor();
  },
  shortcuts: async (page) => {
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Shortcuts" }).waitFor();
  },
  "nothing matches": async (page, open) => {
    await page.keyboard.press("Escape");
    await open("/agents?q=nobody");
    await page.getByRole("button", { name: "Clear filters" }).waitFor();
  },
  "create with problems": async (page, open) => {
    await open("/agents/new");
    await page.getByRole("textbox", { name: "ID", exact: true }).fill("013XRZP12G3NQK8NX0Y2VFKG4S3JP2QR");
    await page.getByRole("textbox", { name: "Description" }).fill("Word ".repeat(2_100));
    await page.getByRole("button", { name: "Create agent" }).click();
    await page.getByRole("group", { name: /problem/ }).waitFor();
  },
  "create as JSON": async (page, open) => {
    await open("/agents/new?mode=json");
    await page.getByRole("textbox", { name: "Body as JSON" }).fill('{"details": {"name": 1, "owner": "x"}}');
    await page.getByRole("region", { name: "Ignored keys" }).waitFor();
  },
  agent: async (page, open, made) => {
    await open(`/agents/${made.agent}`);
    await page.getByRole("region", { name: "Instances" }).getByRole("link").first().waitFor();
  },
  "instance with a span": async (page, open, made) => {
    await open(`/agents/${made.agent}/instances/${made.instance}?span=${made.span}`);
    await page.getByRole("region", { name: "Result" }).waitFor();
  },
  edit: async (page, open, made) => {
    await open(`/agents/${made.agent}?edit=1`);
    await page.getByRole("form", { name: "Edit the agent" }).waitFor();
  },
  "finish form": async (page, open, made) => {
    await open(`/agents/${made.agent}`);
    await page.getByRole("button", { name: "Register instance" }).click();
    await page.getByRole("dialog").waitFor();
  },
  schemas: async (page, open, made) => {
    await page.keyboard.press("Escape");
    await open(`/agents/${made.agent}/schemas`);
    await page.getByRole("list", { name: "Schemas" }).waitFor();
  },
  traffic: async (page, open) => {
    await open("/traffic?rate=2&minutes=1");
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByRole("table").first().waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
  },
  "no such page": async (page, open) => {
    await open("/nowhere");
    await page.getByRole("heading", { name: "There is no such page" }).waitFor();
  },
};

for (const kind of windowKinds("desktop")) {
  test(`axe finds nothing wrong, and nothing sticks out, in any state (${kind})`, async ({ page, site, service }) => {
    test.setTimeout(600_000);
    const made = await sample(service);
    await startLooks(page, kind);
    await site.open("/agents");
    const open = async (path: string): Promise<void> => {
      await page.evaluate((hash) => {
        location.hash = hash;
      }, path);
    };
    for (const [index, [state, go]] of Object.entries(STATES).entries()) {
      await go(page, open, made);
      await expectGoodLooks(page, kind, state, index);
    }
  });
}

/** Sums layout shifts that no input explains, as CLS does. */
async function watchShifts(page: Page): Promise<() => Promise<number>> {
  await page.addInitScript(() => {
    const sum = { value: 0 };
    Object.assign(window, { shifts: sum });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as unknown as { value: number; hadRecentInput: boolean }[])
        if (!entry.hadRecentInput) sum.value += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  return () => page.evaluate(() => (window as unknown as { shifts: { value: number } }).shifts.value);
}

for (const width of isFull ? [360, 768, 1440] : [360, 1440]) {
  test(`the layout does not shift at ${width} pixels: load, create, retire, filter, a slow answer`, async ({ page, site, service }) => {
    await sample(service);
    await page.setViewportSize({ width, height: 800 });
    const shifts = await watchShifts(page);
    await page.route("**/api/v1/agent?*", async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 400));
      await route.continue().catch(() => undefined);
    });
    await site.open("/agents");
    await page.getByRole("link", { name: "Invoice reader" }).waitFor();
    expect(await shifts(), "load").toBeLessThan(0.05);
    await page.keyboard.press("n");
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("Ada");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByRole("button", { name: "Retire" }).click();
    await page.getByText("was retired.").waitFor();
    await page.getByRole("link", { name: "Agents" }).first().click();
    await page.getByRole("link", { name: "Ada" }).waitFor();
    await page.getByRole("searchbox").fill("Inv");
    await expect(page.getByRole("row").filter({ has: page.getByRole("cell") })).toHaveCount(1);
    expect(await shifts(), "all").toBeLessThan(0.05);
  });
}

test("what can be pressed is large enough, and larger for a finger", async ({ page, site, service }) => {
  const made = await sample(service);
  const small = (least: number): Promise<unknown> =>
    page.locator("main button:visible, main input:visible, main select:visible, nav a:visible, main [role=menuitem]:visible").evaluateAll(
      (all, size) =>
        all
          // The exact time is on a line of text, and a row that is a link holds its copies.
          .filter((element) => !element.closest(".age-box, .json-lines, .check, .id"))
          .map((element) => ({ what: element.getAttribute("aria-label") ?? element.textContent, box: element.getBoundingClientRect() }))
          .filter(({ box }) => box.height < size || box.width < 24)
          .map(({ what, box }) => `${what} ${box.width}x${box.height}`),
      least,
    );
  await page.setViewportSize({ width: 360, height: 740 });
  for (const path of ["/agents", "/agents/new", `/agents/${made.agent}`, `/agents/${made.agent}/instances/${made.instance}`]) {
    await site.open(path);
    await page.locator("main h1").waitFor({ state: "attached" });
    await expect(page.locator("main [aria-busy=true]")).toHaveCount(0);
    await expect.poll(() => small(44), path).toEqual([]);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  // The layout of a wide window replaces elements while they are measured.
  await expect.poll(() => small(24)).toEqual([]);
});

test("text at 200 % and wide spacing cut nothing; zoomed far in, the bars let go", async ({ page, site, service }) => {
  await sample(service);
  await page.setViewportSize({ width: 320, height: 256 });
  await site.open("/agents");
  await page.getByRole("link", { name: "Invoice reader" }).waitFor();
  expect(await page.locator(".side, .places").evaluateAll((all) => all.map((one) => getComputedStyle(one).position))).toEqual([
    "static",
    "static",
  ]);
  await page.setViewportSize({ width: 1280, height: 900 });
  await site.open("/agents/new");
  await page.getByRole("button", { name: "Create agent" }).click();
  // As a reader's own style sheet does; through the object model, because the policy forbids style elements.
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(
      "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } html { font-size: 200% !important }",
    );
    document.adoptedStyleSheets = [sheet];
  });
  const cut = await page
    .locator("main button:visible, main label:visible, main h1, .problem")
    .evaluateAll((all) =>
      all
        .filter((element) => element.scrollWidth > element.clientWidth + 2 && getComputedStyle(element).overflow !== "visible")
        .map((element) => element.textContent),
    );
  expect(cut).toEqual([]);
  await expectNoSidewaysScrolling(page, "200 %");
});
