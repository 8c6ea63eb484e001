// The software of others that is in the package and in the crate: which, from where, under which license.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { at, Failure, output } from "./lib.mjs";

/** Files with a license, or with notices that must travel along. */
const LICENSE_FILE = /^(licen[cs]e|copying|unlicense|notice)([-._].*)?$/i;

/** The features of the crate that bring code of others, but for those of its own build. */
const CRATE_FEATURES = "service,serde,json,http,sqlite";
/** The features of wasm/ that the package ships: one compilation each. */
export const WASM_FEATURES = ["validator", "agent", "service", "service-sql"];

/** The lines `name version` of the crates that these arguments of `cargo tree` select, procedural macros left out. */
function tree(...args) {
  const selection = ["--locked", "--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"];
  const text = output("cargo", ["tree", ...selection, ...args]);
  if (text === null) throw new Failure(`cargo tree ${args.join(" ")} failed`);
  const lines = text.split("\n").map((line) => /^(\S+) v(\S+)/.exec(line));
  return new Set(lines.filter((match) => match !== null).map(([, name, version]) => `${name} ${version}`));
}

/** What cargo knows of each crate, by `name version`. */
function metadata() {
  const all = new Map();
  const host = /^host: (.*)$/m.exec(output("rustc", ["-vV"]) ?? "")?.[1];
  for (const target of [host, "wasm32-unknown-unknown"]) {
    const text = output("cargo", ["metadata", "--locked", "--format-version", "1", "--all-features", "--filter-platform", target]);
    if (text === null) throw new Failure(`cargo metadata for ${target} failed`);
    const { packages, resolve } = JSON.parse(text);
    const byId = new Map(packages.map((one) => [one.id, one]));
    for (const node of resolve.nodes) {
      const { name, version, license, manifest_path, repository, source } = byId.get(node.id);
      const uses = node.dependencies.map((id) => byId.get(id)).map((one) => `${one.name} ${one.version}`);
      const before = all.get(`${name} ${version}`)?.uses ?? [];
      all.set(`${name} ${version}`, {
        ...{ name, version, license, repository, isOurs: source === null },
        folder: dirname(manifest_path),
        uses: [...new Set([...before, ...uses])].sort(),
      });
    }
  }
  return all;
}

/**
 * The crates of others that are compiled into the WebAssembly files or into programs with the crate, in the order of their names: `{name, version,
 * license, repository, folder, uses, inWasm}`. `inWasm` has the features of wasm/ that bring it.
 */
export function crates() {
  found ??= findCrates();
  return found;
}

let found;

function findCrates() {
  const known = metadata();
  const target = ["--target", "wasm32-unknown-unknown"];
  const inWasm = WASM_FEATURES.map((feature) => [feature, tree("--package", "agent-registrar-wasm", ...target, "--features", feature)]);
  const names = new Set([
    ...inWasm.flatMap(([, all]) => [...all]),
    ...tree("--package", "agent-registrar", "--features", CRATE_FEATURES),
    ...tree("--package", "agent-registrar", ...target, "--features", "service,serde,json,http,sql"),
  ]);
  const all = [...names].sort().map((name) => {
    const crate = known.get(name);
    if (crate === undefined) throw new Failure(`cargo metadata has no ${name}`);
    return { ...crate, inWasm: inWasm.filter(([, all]) => all.has(name)).map(([feature]) => feature) };
  });
  return all.filter(({ isOurs }) => !isOurs);
}

/** The npm packages whose code is bundled into the JavaScript of dist/, by its source maps: `{name, version, license, folder, integrity}`. */
export function bundledPackages() {
  const names = new Set();
  for (const file of readdirSync(at("dist"), { recursive: true })) {
    if (!file.endsWith(".map")) continue;
    for (const source of JSON.parse(readFileSync(at("dist", file), "utf8")).sources) {
      const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source) ?? [];
      if (name !== undefined) names.add(name);
    }
  }
  const lock = JSON.parse(readFileSync(at("package-lock.json"), "utf8")).packages;
  return [...names].sort().map((name) => {
    const { version, license, integrity } = lock[`node_modules/${name}`];
    return { name, version, license, integrity, folder: at("node_modules", name) };
  });
}

/** The text of one license file, without white space at line ends. */
const read = (folder, name) =>
  readFileSync(join(folder, name), "utf8")
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .join("\n")
    .replace(/^\n+|\n+$/g, "");

/**
 * The texts that must travel with a part: those of the MIT license if it may be chosen, else all; notices always. A part without a
 * license file is an error, so that nobody ships it unseen.
 */
export function licenseTexts({ name, license, folder }) {
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => LICENSE_FILE.test(file)) : [];
  const notices = files.filter((file) => /^notice/i.test(file));
  const licenses = files.filter((file) => !/^notice/i.test(file));
  if (licenses.length === 0) throw new Failure(`${name} (${license}) has no license file in ${folder}`);
  const mayBeMit = /(^|[\s(/])MIT($|[\s)/])/.test(license) && / OR |\//.test(license) && !license.includes(" AND ");
  const mit = licenses.filter((file) => /mit/i.test(file));
  const chosen = mayBeMit && mit.length > 0 ? mit : licenses;
  return [...chosen, ...notices].sort().map((file) => read(folder, file));
}
