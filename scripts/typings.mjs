// The published typings: TypeScript's output, once for modules and once for CommonJS.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { at, filesUnder, must } from "./lib.mjs";

/** The entries, below dist/types. */
const entries = [
  "validator/index",
  "validator/slim",
  "service/index",
  "service/slim",
  "node/index",
  "cloudflare/index",
  "cloudflare/durable/index",
  "service-worker/index",
  "sqlite/index",
];

const SPECIFIER = /(from |import\()"(\.[^"]*)\.js"/g;

/** These files and all files that they import. */
function reachedFrom(names) {
  const reached = new Set();
  const visit = (path) => {
    if (reached.has(path)) return;
    reached.add(path);
    for (const [, , specifier] of readFileSync(path, "utf8").matchAll(SPECIFIER)) visit(join(dirname(path), `${specifier}.d.ts`));
  };
  for (const name of names) visit(at("dist", "types", `${name}.d.ts`));
  return reached;
}

/** Makes dist/types. */
export async function typings() {
  rmSync(at("dist", "types"), { recursive: true, force: true });
  await must(process.execPath, [at("node_modules", "typescript", "bin", "tsc"), "-p", "tsconfig.build.json"]);
  const published = reachedFrom([...entries, "wasm/file"]);
  for (const path of filesUnder([at("dist", "types")])) {
    if (!published.has(path)) rmSync(path);
  }
  // TypeScript treats a `.d.ts` of this package as a module's, which CommonJS may not import.
  for (const path of reachedFrom(entries)) {
    const text = readFileSync(path, "utf8").replaceAll(SPECIFIER, '$1"$2.cjs"');
    writeFileSync(path.replace(/\.d\.ts$/, ".d.cts"), text);
  }
}
