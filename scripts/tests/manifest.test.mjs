// Cargo.toml: the crates that the project is to be built on.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { at, filesUnder } from "../lib.mjs";

/** The dependencies in one table of a manifest. */
function dependencies(manifest, table) {
  const [, lines] = new RegExp(`^\\[${table}\\]\\n((?:(?!\\[).*\\n)*)`, "m").exec(readFileSync(at(manifest), "utf8"));
  return new Set([...lines.matchAll(/^([\w-]+)(?:\.workspace)? =/gm)].map(([, name]) => name));
}

/** The Rust code under a folder, without its tests and comments. */
function code(folder) {
  const texts = filesUnder([at(folder)]).filter((path) => path.endsWith(".rs") && !/tests?(ing)?\.rs$/.test(path));
  return texts
    .map((path) =>
      readFileSync(path, "utf8")
        .split("#[cfg(test)]")[0]
        .replace(/^\s*\/\/.*$/gm, ""),
    )
    .join("\n");
}

test("the workspace names the seven crates, and the library and the bindings take them from there", () => {
  const named = dependencies("Cargo.toml", "workspace.dependencies");
  assert.deepEqual([...named].sort(), ["js-sys", "serde", "serde-wasm-bindgen", "thiserror", "ulid", "wasm-bindgen", "wasm-bindgen-test"]);
  const used = { src: dependencies("Cargo.toml", "dependencies"), "wasm/src": dependencies("wasm/Cargo.toml", "dependencies") };
  for (const crate of [...named].filter((name) => name !== "wasm-bindgen-test")) {
    const users = Object.keys(used).filter((folder) => used[folder].has(crate));
    assert.notDeepEqual(users, [], `${crate} is a dependency of nothing`);
    for (const folder of users)
      assert.match(code(folder), new RegExp(`\\b${crate.replaceAll("-", "_")}::`), `${folder} does not use ${crate}`);
  }
  assert.ok(dependencies("wasm/Cargo.toml", "dev-dependencies").has("wasm-bindgen-test"));
  const tests = filesUnder([at("wasm", "tests")]).map((path) => readFileSync(path, "utf8"));
  assert.ok(tests.every((text) => text.includes("use wasm_bindgen_test::")));
});
