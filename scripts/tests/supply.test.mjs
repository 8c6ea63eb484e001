// What the package and the crate take from others: licenses, the bill of materials, exact versions, nothing at run time.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { bom } from "../bom.mjs";
import { at, output } from "../lib.mjs";
import { FILE, licensesText } from "../licenses.mjs";
import { bundledPackages, crates, WASM_FEATURES } from "../parts.mjs";

const manifest = JSON.parse(readFileSync(at("package.json"), "utf8"));
const written = () => JSON.parse(readFileSync(at("dist", "bom.cdx.json"), "utf8"));

/** The crates whose sources a compiled `.wasm` names, as `name version`: panic messages have their places. */
function namedIn(feature) {
  const bytes = readFileSync(at("build", feature, `${feature}_bg.wasm`), "latin1");
  const places = bytes.matchAll(/crates\/([a-z0-9_-]+)-(\d+\.\d+\.\d+)[^/]*\/src\//g);
  return [...new Set([...places].map(([, name, version]) => `${name} ${version}`))].sort();
}

test(`${FILE} is up to date (npm run licenses)`, () => {
  assert.equal(readFileSync(at(FILE), "utf8"), licensesText());
});

test("the crate has the licenses, too", () => {
  const files = output("cargo", ["package", "--list", "--allow-dirty", "--package", "agent-registrar"]).split(/\r?\n/);
  for (const file of [FILE, "LICENSE-APACHE", "LICENSE-MIT"]) assert.ok(files.includes(file), file);
});

test("every crate that a .wasm names is known, and so is every bundled package", () => {
  const text = readFileSync(at(FILE), "utf8");
  const known = crates();
  const named = WASM_FEATURES.flatMap((feature) => {
    const inThis = namedIn(feature);
    const listed = known.filter(({ inWasm }) => inWasm.includes(feature)).map(({ name, version }) => `${name} ${version}`);
    for (const crate of inThis) assert.ok(listed.includes(crate), `${feature}.wasm names ${crate}`);
    return inThis;
  });
  assert.ok(
    named.some((crate) => crate.startsWith("hashbrown ")),
    "the names of crates are found in a .wasm",
  );
  const bundled = bundledPackages();
  assert.ok(bundled.some(({ name }) => name === "jsonc-parser"));
  for (const { name, version } of [...known, ...bundled]) assert.ok(text.includes(`\n${name} ${version} (`), name);
});

test("the bill of materials is valid CycloneDX, complete, and that of this build", async () => {
  assert.deepEqual(written(), bom());
  const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
  assert.equal(await validator.validate(readFileSync(at("dist", "bom.cdx.json"), "utf8")), null);
  assert.notEqual(await validator.validate(JSON.stringify({ ...bom(), components: [{ name: "x" }] })), null);
  const listed = written().components.map(({ name, version }) => `${name} ${version}`);
  const parts = [...crates().filter(({ inWasm }) => inWasm.length > 0), ...bundledPackages()];
  for (const { name, version } of parts) assert.ok(listed.includes(`${name} ${version}`), name);
  for (const { hashes, name } of written().components) assert.ok(name === "rust-std" || hashes[0].content.length >= 64, name);
});

test("the package needs no other package, and runs nothing when it is installed", () => {
  for (const kind of ["dependencies", "optionalDependencies", "peerDependencies", "bundleDependencies", "bundledDependencies"])
    assert.equal(manifest[kind], undefined, kind);
  for (const script of ["preinstall", "install", "postinstall", "prepare", "prepublish"])
    assert.equal(manifest.scripts[script], undefined, script);
});

test("versions are exact: of npm packages in package.json, of all in the lock files", () => {
  for (const [name, version] of Object.entries(manifest.devDependencies)) assert.match(version, /^\d+\.\d+\.\d+$/, name);
  const { packages } = JSON.parse(readFileSync(at("package-lock.json"), "utf8"));
  for (const [path, { version, integrity, link }] of Object.entries(packages)) {
    if (path === "" || link) continue;
    assert.match(version, /^\d+\.\d+\.\d+/, path);
    assert.match(integrity ?? "", /^sha512-/, path);
  }
  for (const block of readFileSync(at("Cargo.lock"), "utf8").split("[[package]]").slice(1)) {
    if (block.includes("\nsource = ")) assert.match(block, /source = "registry\+[^"]*"\nchecksum = "[0-9a-f]{64}"/);
  }
});
