// Prints the download size of each entry, and fails if one exceeds its budget, or if README.md says another size.
//
//   node scripts/size.mjs            measures and compares
//   node scripts/size.mjs --write    writes the table in README.md
import { readFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { at, fail, Failure, isMain, root, say } from "./lib.mjs";
import { section, writeSection } from "./readme.mjs";
import { pageSizes } from "./size-page.mjs";

/** 1 KB is 1,000 bytes. */
const KB = 1000;

/** A page that only validates; its download includes the bytes of the wasm. */
const validate = 'export { validateCreateAgent } from "agent-registrar";';

/**
 * Programs as a user's bundler builds them for a browser, and files. Budgets are bytes after gzip; `shown` is the row of the
 * table in README.md.
 */
const downloads = [
  {
    name: "validateCreateAgent, esbuild",
    shown: "`validateCreateAgent`, built by esbuild",
    contents: () => byEsbuild(validate),
    budget: 6.5 * KB,
  },
  { name: "validateCreateAgent, Vite", shown: "`validateCreateAgent`, built by Vite", contents: () => byVite(validate), budget: 6.5 * KB },
  {
    name: "validator, everything",
    shown: "all of `agent-registrar`",
    contents: () => byEsbuild('export * from "agent-registrar";'),
    budget: 14 * KB,
  },
  {
    name: "createAgentFormSchema",
    shown: "`createAgentFormSchema`",
    contents: () => byEsbuild('export { createAgentFormSchema } from "agent-registrar";'),
    budget: 8.2 * KB,
  },
  {
    name: "service, script with bytes",
    shown: "`agent-registrar/service`, the whole API in a page",
    contents: () => byEsbuild('export * from "agent-registrar/service";'),
    budget: 219 * KB,
  },
  { name: "service, script alone", contents: () => byEsbuild('export * from "agent-registrar/service/slim";'), budget: 11 * KB },
  { name: "service.wasm", contents: () => readFileSync(at("dist", "service.wasm")), budget: 184 * KB },
  { name: "service-sql.wasm", contents: () => readFileSync(at("dist", "service-sql.wasm")), budget: 210 * KB },
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

const inKB = (bytes) => `${(bytes / KB).toFixed(1)} KB`;

/** The table in README.md. */
function table(rows) {
  const lines = rows.map(({ shown, gzip, brotli }) => `| ${shown} | ${inKB(gzip)} | ${inKB(brotli)} |`);
  return ["| a page that imports | gzip | brotli |", "| --- | ---: | ---: |", ...lines].join("\n");
}

/** Rows of README.md whose figure is off by more than 0.1 KB and 2 %: compilers of other versions differ by less. */
function stale(rows) {
  const lines = section(readFileSync(at("README.md"), "utf8"), "sizes").split("\n");
  return rows.filter((row) => {
    const [, ...figures] =
      lines
        .find((line) => line.startsWith(`| ${row.shown} |`))
        ?.split("|")
        .slice(1, -1) ?? [];
    const near = (figure, bytes) => Math.abs(Number.parseFloat(figure) * KB - bytes) <= Math.max(0.1 * KB, 0.02 * bytes);
    return !(near(figures[0], row.gzip) && near(figures[1], row.brotli));
  });
}

async function main() {
  const cell = (bytes) => bytes.toLocaleString("en").padStart(9);
  say(`${"bytes".padEnd(32)} ${["raw", "gzip", "brotli"].map((title) => title.padStart(9)).join(" ")}   budget (gzip)`);
  const over = [];
  const rows = [];
  for (const { name, shown, contents, budget } of downloads) {
    const { raw, gzip, brotli } = sizes(await contents());
    say(`${name.padEnd(32)} ${[raw, gzip, brotli].map(cell).join(" ")}   ${budget.toLocaleString("en")}`);
    if (shown !== undefined) rows.push({ shown, gzip, brotli });
    if (gzip > budget) over.push(`${name} is over its budget: ${gzip} > ${budget} bytes of gzip`);
  }
  for (const { name, raw, gzip, budget } of await pageSizes()) {
    say(`${name.padEnd(32)} ${[raw, gzip].map(cell).join(" ")} ${"".padStart(9)}   ${budget.toLocaleString("en")}`);
    if (gzip > budget) over.push(`${name} is over its budget: ${gzip} > ${budget} bytes of gzip`);
  }
  if (process.argv.includes("--write")) writeSection("sizes", table(rows));
  for (const { shown } of stale(rows)) over.push(`README.md tells an old size of ${shown}: run \`npm run size -- --write\``);
  if (over.length > 0) throw new Failure(over.join("\n"));
}

if (isMain(import.meta)) await main().catch(fail);
