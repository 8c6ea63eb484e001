// Measures the page: the JavaScript and CSS of the first view, and of all views.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { at } from "./lib.mjs";

const KB = 1000;

/** The views that an address can open first, and the modules that each loads at once. Budgets are bytes after gzip. */
const FIRST = [
  { name: "page, list of agents first", modules: ["agents/view.tsx"], budget: 60 * KB },
  { name: "page, form first", modules: ["create/view.tsx", "create/validator.ts"], budget: 60 * KB },
];
const ALL_BUDGET = 110 * KB;
const VALIDATOR = "create/validator.ts";
const SERVICE_BUDGET = 14.3 * KB;

/** Builds the page in memory, as `npm run build` does. */
async function bundle() {
  const { build } = await import("vite");
  const { output } = await build({ root: at("www"), configFile: at("www", "vite.config.ts"), logLevel: "error", build: { write: false } });
  return new Map(output.map((file) => [file.fileName, file]));
}

const contents = (file) => Buffer.from(file.type === "chunk" ? file.code : file.source);
const isCounted = ({ fileName }) => /^assets\/.*\.(js|css)$/.test(fileName);

/** A chunk, what it imports, and their CSS. Chunks that are only imported on demand are not among them. */
function closure(files, start, found = new Set()) {
  if (found.has(start)) return found;
  found.add(start);
  const file = files.get(start);
  if (file?.type !== "chunk") return found;
  for (const css of file.viteMetadata?.importedCss ?? []) found.add(css);
  for (const imported of file.imports) closure(files, imported, found);
  return found;
}

const weigh = (files, names) => {
  let [raw, gzip] = [0, 0];
  for (const name of names) {
    const file = files.get(name);
    if (file === undefined || !isCounted(file)) continue;
    raw += contents(file).length;
    gzip += gzipSync(contents(file), { level: 9 }).length;
  }
  return { raw, gzip };
};

/** Rows of `npm run size`: name, bytes, bytes after gzip without wasm, and the budget of the latter. */
export async function pageSizes() {
  const files = await bundle();
  const chunks = [...files.values()].filter(({ type }) => type === "chunk");
  const chunkOf = (module) => chunks.find(({ moduleIds }) => moduleIds.some((id) => id.endsWith(`www/src/${module}`)));
  const entry = chunks.find(({ isEntry, facadeModuleId }) => isEntry && facadeModuleId?.endsWith("index.html"));
  const validator = gzipSync(readFileSync(at("dist", "validator.wasm")), { level: 9 }).length;
  // The validator's script holds its wasm, which is counted in rows of its own.
  const withoutWasm = ({ raw, gzip }) => ({ raw, gzip: gzip - validator });
  const rows = FIRST.map(({ name, modules, budget }) => {
    const names = closure(files, entry.fileName);
    for (const module of modules) closure(files, chunkOf(module).fileName, names);
    const weight = weigh(files, names);
    return { name, budget, ...(modules.includes(VALIDATOR) ? withoutWasm(weight) : weight) };
  });
  const service = new Set(
    chunks.filter(({ moduleIds }) => moduleIds.some((id) => id.endsWith("/in-page/service.ts"))).map(({ fileName }) => fileName),
  );
  const views = [...files.keys()].filter((name) => !service.has(name));
  return [
    ...rows,
    { name: "page, all views", budget: ALL_BUDGET, ...withoutWasm(weigh(files, views)) },
    { name: "page, script of its service", budget: SERVICE_BUDGET, ...weigh(files, service) },
  ];
}
