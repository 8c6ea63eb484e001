// What each entry costs a download, and whether that is within its budget.
import { readFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { at, fail, Failure, isMain, root, say } from "./lib.mjs";

/** 1 KB is 1,000 bytes. */
const KB = 1000;

// The aim for the service is 60 KB; until then its budget is what it has come down to, so that it does not grow again.
/** Programs as a user's bundler would make them for a browser. */
const downloads = [
  { name: "validateCreateAgent", program: 'export { validateCreateAgent } from "agent-registrar";', budget: 5 * KB },
  { name: "validator, everything", program: 'export * from "agent-registrar";', budget: 8.9 * KB },
  { name: "service", program: 'export * from "agent-registrar/service";', budget: 102 * KB },
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

/** The sizes of all these, each of which travels as a file. */
const sum = (files) => Object.fromEntries(["raw", "gzip", "brotli"].map((key) => [key, files.reduce((all, file) => all + file[key], 0)]));

/** The sizes of the wasm that it fetches, of the JavaScript and of both, for each download. */
export async function measure() {
  const measured = [];
  for (const { program, ...download } of downloads) {
    const script = await bundled(program);
    const fetched = new Set(new TextDecoder().decode(script).match(/\w+\.wasm(?=",import\.meta\.url)/g));
    const wasm = sum([...fetched].map((file) => sizes(readFileSync(at("dist", file)))));
    const js = sizes(script);
    measured.push({ ...download, parts: { wasm, js, both: sum([wasm, js]) } });
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
