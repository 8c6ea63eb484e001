// Folders for resolvers that don't read package.json's `exports` (TypeScript's `node10`, eslint-plugin-import, Parcel by
// default): for them `agent-registrar/service` is a folder with a package.json that names the entry.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { at } from "./lib.mjs";

const manifest = JSON.parse(readFileSync(at("package.json"), "utf8"));

/** The entries by subpath, without the root's. */
const subpaths = Object.entries(manifest.exports).filter(
  ([name, target]) => name !== "." && typeof target === "object" && !name.endsWith(".wasm"),
);

/** The files that {@link writeStubs} makes. */
export const stubs = subpaths.map(([name]) => at(name, "package.json"));

/** Writes a package.json into a folder of this name for each subpath. */
export function writeStubs() {
  for (const [name, { types, require, default: module }] of subpaths) {
    const folder = at(name);
    const up = (path) => name.slice(2).replace(/[^/]+/g, "..") + path.slice(1);
    mkdirSync(folder, { recursive: true });
    const stub = { private: true, sideEffects: false, main: up(require ?? module), module: up(module), types: up(types.default ?? types) };
    writeFileSync(join(folder, "package.json"), `${JSON.stringify(stub, null, 2)}\n`);
  }
}
