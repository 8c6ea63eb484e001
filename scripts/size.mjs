// What each entry costs a download, and whether that is within its budget.
import { readFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { at, fail, Failure, isMain, root, say } from "./lib.mjs";

/** 1 KB is 1,000 bytes. */
const KB = 1000;

// The aim for the service is 60 KB; until then its budget is what it has come down to, so that it does not grow again.
/** Programs as a user's bundler would make them for a browser; `wasm` is fetched beside. */
const downloads = [
  { name: "validator, one function", program: 'export { validateCreateAgent } from "agent-registrar";', wasm: "validator", budget: 6 * KB },
  { name: "validator, everything", program: 'export * from "agent-registrar";', wasm: "validator", budget: 8.2 * KB },
  { name: "service", program: 'export * from "agent-registrar/service";', wasm: "service", budget: 133 * KB },
];

async function bundled(program) {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: root },
    absWorkingDir: root,
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2022",
    platform: "browser",
    conditions: ["browser"],
    legalComments: "none",
    logLevel: "warning",
  });
  return outputFiles[0].contents;
}

const sizes = (bytes) => ({
  raw: bytes.length,
  gzip: gzipSync(bytes, { level: 9 }).length,
  brotli: brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }).length,
});

/** The sizes of the wasm, of the JavaScript and of both, which travel as two files, for each download. */
export async function measure() {
  const measured = [];
  for (const { program, wasm, ...download } of downloads) {
    const parts = { wasm: sizes(readFileSync(at("dist", `${wasm}.wasm`))), js: sizes(await bundled(program)) };
    const both = Object.fromEntries(Object.keys(parts.wasm).map((key) => [key, parts.wasm[key] + parts.js[key]]));
    measured.push({ ...download, parts: { ...parts, both } });
  }
  return measured;
}

async function main() {
  const measured = await measure();
  const cell = (bytes) => bytes.toLocaleString("en").padStart(9);
  say(`${"bytes".padEnd(32)} ${["raw", "gzip", "brotli"].map((title) => title.padStart(9)).join(" ")}   budget (gzip)`);
  for (const { name, parts, budget } of measured) {
    for (const [part, { raw, gzip, brotli }] of Object.entries(parts)) {
      const limit = part === "both" && budget !== undefined ? `   ${budget.toLocaleString("en")}` : "";
      say(`${`${name}: ${part}`.padEnd(32)} ${[raw, gzip, brotli].map(cell).join(" ")}${limit}`);
    }
  }
  const over = measured.filter(({ parts, budget }) => budget !== undefined && parts.both.gzip > budget);
  if (over.length > 0) {
    throw new Failure(over.map(({ name, parts, budget }) => `${name} is over its budget: ${parts.both.gzip} > ${budget} bytes of gzip`).join("\n"));
  }
}

if (isMain(import.meta)) await main().catch(fail);
