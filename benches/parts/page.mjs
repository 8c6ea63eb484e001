// The console in Chromium: how soon it is painted, and how soon its form can be used, without a cache.
import { chromium } from "@playwright/test";
import { serve } from "agent-registrar/node";
import { chrome } from "../../scripts/setup.mjs";
import { summary } from "../lib/measure.mjs";
import { number, table } from "../lib/table.mjs";

export const title = "The console";
export const peers = [];

const SLOW = { cpu: 4, bitsPerSecond: 1_600_000, latency: 150 };

/** Milliseconds until the first paint, and until the field of the name takes text, in a new profile. */
async function load(browser, url, slow) {
  const context = await browser.newContext({ serviceWorkers: "block" });
  const page = await context.newPage();
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
  await page.getByRole("textbox", { name: "Name" }).fill("A");
  const usable = await page.evaluate(() => performance.now());
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  await context.close();
  return { usable, paint };
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
      ["form usable, processor four times slower, 1.6 Mbit/s", median("slow", "usable"), 1_800],
    ];
    return [
      "`#/agents/new` of `agent-registrar serve` in Chromium over loopback, each time in a new profile, without a Service Worker: nothing is cached. “Usable”: the field of the name took a text.",
      table(
        ["", "median", "target", ""],
        rows.map(([what, value, limit]) => [what, `${number(value)} ms`, `< ${limit} ms`, target(value, limit)]),
      ),
    ].join("\n\n");
  } finally {
    await browser.close();
    await server.close();
  }
}
