// The console in Chromium: how soon it is painted, and how soon its form can be used, without a cache.
import { chromium } from "@playwright/test";
import { serve } from "agent-registrar/node";
import { chrome } from "../../scripts/setup.mjs";
import { summary } from "../lib/measure.mjs";
import { number, table } from "../lib/table.mjs";

export const title = "The console";
export const peers = [];

const SLOW = { cpu: 4, bitsPerSecond: 1_600_000, latency: 150 };

/**
 * In the page, before its own scripts: types into the form at the first frame that has it, as a person does, and notes when. Playwright's
 * own waiting asks the page at intervals of up to half a second.
 */
function typeAtOnce() {
  const times = {};
  window.formTimes = times;
  const type = (label, text) => {
    const control = [...document.querySelectorAll("label")].find(({ textContent }) => textContent === label)?.control;
    if (control === undefined || control === null || !control.checkVisibility()) return undefined;
    control.focus();
    document.execCommand("insertText", false, text);
    return control;
  };
  const look = () => {
    if (times.usable === undefined) {
      const name = type("Name", " ");
      if (name !== undefined && name.value === " " && type("Description", "B")?.value === "B") times.usable = performance.now();
    } else if (document.querySelector("input[aria-invalid=true]") !== null) times.verdict = performance.now();
    if (times.verdict === undefined) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/** Milliseconds until the first paint, until two fields took a text, and until the page says what is wrong with the first, in a new profile. */
async function load(browser, url, slow) {
  const context = await browser.newContext({ serviceWorkers: "block" });
  const page = await context.newPage();
  await page.addInitScript(typeAtOnce);
  if (slow !== undefined) {
    const session = await context.newCDPSession(page);
    const throughput = slow.bitsPerSecond / 8;
    await session.send("Network.enable");
    await session.send("Network.emulateNetworkConditions", {
      ...{ offline: false, latency: slow.latency, downloadThroughput: throughput, uploadThroughput: throughput },
    });
    await session.send("Emulation.setCPUThrottlingRate", { rate: slow.cpu });
  }
  await page.goto(`${url}/#/agents/new`, { waitUntil: "commit" });
  await page.waitForFunction(() => window.formTimes.verdict !== undefined);
  await page.getByRole("link", { name: /Connection: Answering/ }).waitFor();
  const typed = await page.evaluate(() => ["agent-name", "agent-description"].map((id) => document.getElementById(id).value));
  if (typed.join() !== " ,B") throw new Error(`the form lost what was typed: it has ${JSON.stringify(typed)}`);
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  const times = await page.evaluate(() => window.formTimes);
  await context.close();
  return { ...times, paint };
}

export async function run({ quick, progress }) {
  const server = await serve({ port: 0, page: true });
  const browser = await chromium.launch({ executablePath: chrome(), args: ["--no-sandbox", "--disable-gpu", "--disable-quic"] });
  try {
    const rounds = quick ? 3 : 11;
    const samples = { fast: [], slow: [] };
    for (let round = 0; round <= rounds; round++) {
      progress(`round ${round} of ${rounds}`);
      for (const name of ["fast", "slow"]) {
        const sample = await load(browser, server.url, name === "slow" ? SLOW : undefined);
        // The first round warms up.
        if (round > 0) samples[name].push(sample);
      }
    }
    const median = (name, what) => summary(samples[name].map((sample) => sample[what])).median;
    const target = (value, limit) => (value < limit ? "met" : "missed");
    const rows = [
      ["first paint", median("fast", "paint"), 500],
      ["form usable", median("fast", "usable"), 800],
      ["verdict shown", median("fast", "verdict")],
      ["form usable, processor four times slower, 1.6 Mbit/s", median("slow", "usable"), 1_800],
      ["verdict shown, the same", median("slow", "verdict")],
    ];
    return [
      "`#/agents/new` of `agent-registrar serve` in Chromium over loopback, each time in a new profile, without a Service Worker: nothing is cached. “Usable”: two fields took a text, which they still have when the page has connected. “Verdict”: the page says what is wrong with the first.",
      table(
        ["", "median", "target", ""],
        rows.map(([what, value, limit]) => [
          what,
          `${number(value)} ms`,
          ...(limit === undefined ? ["", ""] : [`< ${limit} ms`, target(value, limit)]),
        ]),
      ),
    ].join("\n\n");
  } finally {
    await browser.close();
    await server.close();
  }
}
