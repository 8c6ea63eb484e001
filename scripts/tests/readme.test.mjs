// The generated parts of README.md, but for the sizes, which the stage `size` compares.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { at } from "../lib.mjs";
import { section, whereItRuns, withSection } from "../readme.mjs";

const read = (...path) => readFileSync(at(...path), "utf8");

test("README.md says where the package runs as docs/environments.md does", () => {
  const wanted = whereItRuns(read("docs", "environments.md"));
  assert.equal(section(read("README.md"), "where"), wanted, "out of date: run `node scripts/readme.mjs`");
});

test("an environment that fails is named, and one that no row knows is shown", () => {
  const rows = [
    "| `vite-8-dev` | Vite 8, dev server | 8.3.8 | nothing | **fails** |",
    "| `vite-8-build` | Vite 8, build | 8.3.8 | nothing | works |",
    "| `snowpack-build` | Snowpack, build | 3.8.8 | nothing | works |",
  ];
  assert.equal(
    whereItRuns(rows.join("\n")),
    "| in | tried with |\n| --- | --- |\n| bundlers | Vite 8 (but not vite-8-dev) |\n| others | Snowpack 3 |",
  );
});

test("a section is replaced as a whole, and a missing one is an error", () => {
  assert.equal(withSection("a\n<!-- x -->\nold\n$&\n<!-- /x -->\nb", "x", "$&new"), "a\n<!-- x -->\n$&new\n<!-- /x -->\nb");
  assert.throws(() => section("a", "x"), /no section/);
});
