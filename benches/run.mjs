// npm run bench [-- part…] [--quick] [--write]
//
// All parts, or with --quick all but `native` and `bindings`, unless some are named.
//
// Installs the peers on first use, runs the parts one after another, prints Markdown, and with --write puts
// each part's section into docs/benchmarks.md, which nobody edits by hand.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ready } from "./lib/ready.mjs";

const PARTS = ["validate", "bindings", "bytes", "http", "durable", "start", "growth", "linear", "registrars", "native", "profile"];
const at = (path) => fileURLToPath(new URL(path, import.meta.url));

const asked = process.argv.slice(2);
const unknown = asked.filter((word) => !PARTS.includes(word) && word !== "--quick" && word !== "--write");
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(" ")}\nUsage: npm run bench -- [${PARTS.join("] [")}] [--quick] [--write]`);
  process.exit(2);
}
const quick = asked.includes("--quick");
const named = PARTS.filter((part) => asked.includes(part));
// These two compile for a minute or more before they measure.
const usual = quick ? PARTS.filter((part) => part !== "native" && part !== "bindings") : PARTS;
const parts = named.length > 0 ? named : usual;

ready();

const { describe } = await import("./lib/machine.mjs");
const { merged } = await import("./lib/document.mjs");

let document = existsSync(at("../docs/benchmarks.md")) ? readFileSync(at("../docs/benchmarks.md"), "utf8") : "";
for (const name of parts) {
  const started = Date.now();
  const progress = (text) => process.stderr.isTTY && process.stderr.write(`\r\u001b[K${name}: ${text}`);
  const { title, peers, run } = await import(`./parts/${name}.mjs`);
  const body = await run({ quick, progress });
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
  const seconds = Math.round((Date.now() - started) / 1000);
  const section = `## ${title}\n\n${body}\n\n<sub>${await describe({ quick, seconds, peers })}</sub>`;
  console.log(`${section}\n`);
  document = merged(document, PARTS, name, section);
}
if (asked.includes("--write")) {
  writeFileSync(at("../docs/benchmarks.md"), document);
  console.error("Written: docs/benchmarks.md");
}
process.exit(0);
