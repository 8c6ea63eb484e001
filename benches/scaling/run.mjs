// npm run scaling [-- --quick] [--write]
//
// Measures what requests cost in a Durable Object, simulates deployments from that and from Cloudflare's published limits, prints
// Markdown, and with --write puts it into docs/scaling.md, between its markers.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe } from "../lib/machine.mjs";
import { ready } from "../lib/ready.mjs";
import { duration, number, table } from "../lib/table.mjs";
import { deployment, LIMITS, meanCost, queue, requestsOfRun, RUN, secondsToFull } from "./simulate.mjs";

const DOCUMENT = fileURLToPath(new URL("../../docs/scaling.md", import.meta.url));
const [OPEN, CLOSE] = ["<!-- simulated -->", "<!-- /simulated -->"];
const quick = process.argv.includes("--quick");

const GRID = [
  { accounts: 10, rate: 100 },
  { accounts: 100, rate: 1_000 },
  { accounts: 1_000, rate: 1_000 },
  { accounts: 10_000, rate: 10_000 },
  { accounts: 100_000, rate: 10_000 },
  { accounts: 1_000_000, rate: 100_000 },
];
const SHARES = [0.1, 0.25, 0.5, 0.75, 0.9, 1];

const seconds = (value) => duration(value * 1e9);
const bytes = (value) => (value >= 1e6 ? `${number(value / 1e6)} MB` : `${number(value / 1e3)} KB`);
const whole = (value) => Math.round(value).toLocaleString("en-US");
const days = (value) => (value < 172_800 ? `${number(value / 3_600)} hours` : `${number(value / 86_400)} days`);

function measuredTable({ costs, agentBytes, recordBytes, keyBytes, objectBytes }) {
  const names = { nothing: "a message that does nothing", front: "the front worker, for any of them", create: "create an agent" };
  const rows = Object.entries(costs).map(([kind, cost]) => [names[kind] ?? kind, seconds(cost), kind in RUN ? String(RUN[kind]) : ""]);
  return [
    table(["request", "processor time", "in a run"], rows),
    `A run is ${number(requestsOfRun)} requests of ${seconds(meanCost(costs))} on average. Its records take ${bytes(recordBytes)} of the database, its idempotency keys
${bytes(keyBytes)} for 24 hours. An agent takes ${bytes(agentBytes)}. A live object takes ${bytes(objectBytes)} of memory.`,
  ].join("\n\n");
}

function objectTable(measured) {
  const rows = SHARES.map((share) => {
    const rate = LIMITS.rate * share;
    const { median, p99 } = queue(measured.costs, rate);
    return [`${whole(rate)}/s`, `${number(rate / requestsOfRun)}/s`, seconds(median), seconds(p99), days(secondsToFull(rate, measured))];
  });
  return table(["requests to one object", "runs", "median", "p99", "until 10 GB are full"], rows);
}

function deploymentTable(measured) {
  const rows = GRID.map((one) => {
    const { accounts, rate, busiest, live, over, wait, full, isolates, cores } = deployment(one, measured);
    return [
      whole(accounts),
      `${whole(rate)}/s`,
      `${number(busiest)}/s`,
      wait === undefined ? "grows without end" : seconds(wait),
      String(over),
      days(full),
      whole(live),
      whole(isolates),
      number(cores),
    ];
  });
  return table(
    [
      "accounts",
      "requests",
      "the busiest",
      "its p99",
      "over the limit",
      "the busiest is full after",
      "live objects",
      "isolates",
      "processors",
    ],
    rows,
  );
}

ready();
// It imports peers.
const { measure } = await import("./measure.mjs");
const started = Date.now();
const progress = (text) => process.stderr.isTTY && process.stderr.write(`\r\u001b[K${text}`);
const measured = await measure({ quick, progress });
if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
const section = [
  "### Measured",
  measuredTable(measured),
  "### One object",
  objectTable(measured),
  "### Deployments",
  deploymentTable(measured),
  `<sub>${await describe({ quick, seconds: Math.round((Date.now() - started) / 1000), peers: [] })}</sub>`,
].join("\n\n");
console.log(section);
if (process.argv.includes("--write")) {
  const document = readFileSync(DOCUMENT, "utf8");
  const [before, rest] = document.split(OPEN);
  const after = rest.split(CLOSE)[1];
  writeFileSync(DOCUMENT, `${before}${OPEN}\n${section}\n${CLOSE}${after}`);
  console.error("Written: docs/scaling.md");
}
process.exit(0);
