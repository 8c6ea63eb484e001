// The page in Firefox, by WebDriver BiDi: Playwright drives only a Firefox of its own. What is the same in all browsers is tested in tests/e2e.
import puppeteer, { type Browser, type ElementHandle, type KeyInput, type Page } from "puppeteer-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { serve, servePage } from "../e2e/sample.mjs";

let browser: Browser;
let page: Page;
/** Errors and warnings of the console, reports of the policy among them. */
let wrong: string[] = [];
/** Ends the servers of a test. */
let stops: (() => void)[] = [];

beforeAll(async () => {
  const executablePath = process.env["FIREFOX"];
  if (executablePath === undefined) throw new Error("set FIREFOX to the path of Firefox");
  browser = await puppeteer.launch({ browser: "firefox", executablePath, headless: true });
}, 120_000);

afterAll(() => browser?.close());

beforeEach(async () => {
  wrong = [];
  page = await browser.newPage();
  await page.setViewport({ width: 1280, height: 800 });
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => {
    if (["error", "warn"].includes(message.type())) wrong.push(message.text());
  });
});

afterEach(async () => {
  await page.close();
  for (const stop of stops) stop();
  stops = [];
  expect(wrong).toEqual([]);
});

/** Waits for an element by its role and its accessible name. */
async function find(role: string, name: string): Promise<ElementHandle> {
  const found = await page.waitForSelector(`::-p-aria([role="${role}"][name="${name}"])`, { visible: true });
  if (found === null) throw new Error(`no ${role} ${name}`);
  return found as ElementHandle;
}

const click = async (role: string, name: string): Promise<void> => (await find(role, name)).click();

/** Waits until the page has a text. */
const shows = (text: string): Promise<unknown> =>
  page.waitForFunction((wanted) => document.body.innerText.includes(wanted), { timeout: 30_000 }, text);

async function press(...keys: readonly KeyInput[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

/** The accessible name of what has the focus, or its text. */
const focused = (): Promise<string> =>
  page.evaluate(() => {
    const active = document.activeElement as HTMLInputElement | null;
    return active?.labels?.[0]?.textContent ?? active?.getAttribute("aria-label") ?? active?.textContent ?? "";
  });

/** Moves the focus forward until it is at a control. */
async function tabTo(name: string): Promise<void> {
  for (let i = 0; i < 30 && (await focused()) !== name; i++) await press("Tab");
  expect(await focused()).toBe(name);
}

/** Waits until an action rests, or is there. */
const rests = (name: string, isResting: boolean): Promise<unknown> =>
  page.waitForFunction(
    (word, wanted) =>
      [...document.querySelectorAll(".agent-actions button")].some(
        (button) => button.textContent === word && (button.getAttribute("aria-disabled") === "true") === wanted,
      ),
    {},
    name,
    isResting,
  );

/** Runs an instance of the agent that is shown, retires the agent, and reinstates it. */
async function runRetireReinstate(): Promise<void> {
  await click("button", "Register instance");
  await shows("An instance is one run of the agent.");
  await press("Enter");
  await click("button", "Start");
  await shows("running");
  await click("button", "Finish");
  await shows("It ended as");
  await click("button", "Finish instance");
  await shows("1 complete");
  await click("button", "Retire");
  await rests("Retire", true);
  await click("button", "Reinstate");
  await rests("Reinstate", true);
  await rests("Retire", false);
}

test("with a server, by the keyboard: a problem is fixed, an agent is created, run, retired and reinstated, and a reload keeps the view", async () => {
  const service = await serve();
  stops.push(service.stop);
  await page.goto(`${service.url}#/agents/new`);
  await shows("Answering");
  await tabTo("Name");
  await page.keyboard.type("  ");
  await press("Enter");
  await shows("Fix 1 problem to create the agent");
  // From the summary to the field.
  await press("Tab", "Enter");
  expect(await focused()).toBe("Name");
  await page.keyboard.type("Ada");
  await press("Enter");
  await shows("Ada was created.");
  expect(await focused()).toBe("Name");
  await tabTo("Open");
  await press("Enter");
  await find("heading", "Ada");
  await runRetireReinstate();
  const address = page.url();
  await page.reload();
  await find("heading", "Ada");
  expect(page.url()).toBe(address);
  await shows("1 complete");
});

// Again, because Firefox itself moves the focus while it goes to the fragment.
test("a text typed before the scripts are there stays, with the focus", { retry: 2 }, async () => {
  const service = await serve();
  stops.push(service.stop);
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.setRequestInterception(true);
  page.on("request", async (request) => {
    if (/\/assets\/.*\.js$/.test(request.url())) await released;
    await request.continue();
  });
  await page.goto(`${service.url}#/agents/new`, { waitUntil: "domcontentloaded" });
  // Puppeteer waits for elements of a page that has loaded. Firefox takes the focus away once, when it goes to the address's fragment.
  const focusName = (): Promise<boolean> =>
    page.evaluate(async () => {
      const field = document.getElementById("agent-name");
      const hadFocus = document.activeElement === field;
      field?.focus();
      await new Promise((resolve) => setTimeout(resolve, 500));
      return hadFocus && document.activeElement === field;
    });
  await expect.poll(focusName, { timeout: 10_000 }).toBe(true);
  await page.keyboard.type("Ada Lovelace");
  await press("ArrowLeft", "ArrowLeft");
  release();
  await page.waitForSelector("html[data-ready]");
  await page.keyboard.type("y");
  await shows("Answering");
  expect(await focused()).toBe("Name");
  expect(await (await find("textbox", "Name")).evaluate((field) => (field as HTMLInputElement).value)).toBe("Ada Lovelayce");
});

test("from a static folder, in the page: a Service Worker takes over; an agent lives its life, and survives a reload without the host", async () => {
  const host = await servePage();
  stops.push(host.stop);
  await page.goto(host.url);
  await shows("12 agents are examples.");
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await press("n");
  await find("textbox", "Name");
  await page.waitForFunction(() => (document.activeElement as HTMLElement | null)?.tagName === "H1");
  await tabTo("Name");
  await page.keyboard.type("Mine");
  await press("Enter");
  await shows("Mine was created.");
  await click("button", "Open");
  await find("heading", "Mine");
  await runRetireReinstate();
  host.stop();
  await page.reload();
  await find("heading", "Mine");
  await shows("1 complete");
});
