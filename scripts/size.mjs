// Prints the download size of each entry, and fails if one exceeds its budget.
import { readFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { at, fail, Failure, isMain, root, say } from "./lib.mjs";

/** 1 KB is 1,000 bytes. */
const KB = 1000;

/** A page that only validates; its download includes the bytes of the wasm. */
const validate = 'export { validateCreateAgent } from "agent-registrar";';

/** Programs as a user's bundler builds them for a browser, and files. Budgets are bytes after gzip. */
const downloads = [
  { name: "validateCreateAgent, esbuild", contents: () => byEsbuild(validate), budget: 6.5 * KB },
  { name: "validateCreateAgent, Vite", contents: () => byVite(validate), budget: 6.5 * KB },
  { name: "validator, everything", contents: () => byEsbuild('export * from "agent-registrar";'), budget: 13.5 * KB },
  {
    name: "createAgentFormSchema",
    contents: () => byEsbuild('export { createAgentFormSchema } from "agent-registrar";'),
    budget: 8.2 * KB,
  },
  { name: "service, script with bytes", contents: () => byEsbuild('export * from "agent-registrar/service";'), budget: 144 * KB },
  { name: "service, script alone", contents: () => byEsbuild('export * from "agent-registrar/service/slim";'), budget: 10 * KB },
  { name: "service.wasm", contents: () => readFileSync(at("dist", "service.wasm")), budget: 120 * KB },
];

async function byEsbuild(program) {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: root },
    absWorkingDir: root,
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    legalComments: "none",
    logLevel: "warning",
  });
  return outputFiles[0].contents;
}

async function byVite(program) {
  const { build } = await import("vite");
  const entry = "virtual:program";
  const { output } = await build({
    root,
    configFile: false,
    publicDir: false,
    logLevel: "warn",
    plugins: [
      {
        name: "program",
        resolveId: (id) => (id === entry ? at(entry) : undefined),
        load: (id) => (id === at(entry) ? program : undefined),
      },
    ],
    build: { write: false, rollupOptions: { input: entry, preserveEntrySignatures: "strict" } },
  });
  if (output.length !== 1) throw new Failure(`Vite built ${output.length} files instead of one`);
  return Buffer.from(output[0].code);
}

const sizes = (bytes) => ({
  raw: bytes.length,
  gzip: gzipSync(bytes, { level: 9 }).length,
  brotli: brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }).length,
});

async function main() {
  const cell = (bytes) => bytes.toLocaleString("en").padStart(9);
  say(`${"bytes".padEnd(32)} ${["raw", "gzip", "brotli"].map((title) => title.padStart(9)).join(" ")}   budget (gzip)`);
  const over = [];
  for (const { name, contents, budget } of downloads) {
    const { raw, gzip, brotli } = sizes(await contents());
    say(`${name.padEnd(32)} ${[raw, gzip, brotli].map(cell).join(" ")}   ${budget.toLocaleString("en")}`);
    if (gzip > budget) over.push(`${name} is over its budget: ${gzip} > ${budget} bytes of gzip`);
  }
  if (over.length > 0) throw new Failure(over.join("\n"));
}

if (isMain(import.meta)) await main().catch(fail);
