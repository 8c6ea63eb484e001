// The packaging tests' own tests: what they would install is pinned, and each can be selected.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { document } from "../../tests/environments/lib/document.mjs";
import { probeFiles, program } from "../../tests/environments/lib/probes.mjs";
import { environmentsOf } from "../../tests/environments/lib/runner.mjs";
import { apps } from "../../tests/environments/list/index.mjs";
import { at } from "../lib.mjs";

const folder = at("tests", "environments", "families");
const families = readdirSync(folder).filter((name) => !name.startsWith("."));
const environments = apps.flatMap(environmentsOf);

test("every environment has a name of its own, and some are quick", () => {
  const names = environments.map(({ name }) => name);
  assert.deepEqual(names, [...new Set(names)]);
  assert.ok(environments.some(({ tags }) => tags.includes("quick")));
});

test("every family is used, and has a lock file that names exact versions and no host", () => {
  const used = new Set(apps.flatMap(({ family, node }) => [family, node]));
  for (const family of families) {
    assert.ok(used.has(family), `nothing uses ${family}`);
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(readFileSync(join(folder, family, "package.json"), "utf8"));
    for (const version of Object.values({ ...dependencies, ...devDependencies, ...optionalDependencies }))
      assert.match(version, /^\d+\.\d+\.\d+$/);
    assert.doesNotMatch(readFileSync(join(folder, family, "package-lock.json"), "utf8"), /"resolved"/);
  }
});

test("a probe in CommonJS requires and exports what the module imports and exports", () => {
  const { "validator.cjs": text } = probeFiles(["validator"], { commonJs: true, extension: "cjs" });
  assert.match(text, /^const \{ .*validateCreateAgent.* \} = require\("agent-registrar"\);$/m);
  assert.match(text, /^module\.exports = \{ judgeValidator \};$/m);
  assert.doesNotMatch(text, /^(import|export) /m);
  assert.match(program(["validator"], "page", { commonJs: true })["main.js"], /require\("\.\/validator\.js"\)/);
});

test("the document says what works, fails and is skipped, and nothing that changes from run to run", () => {
  const [one] = environments;
  const text = document([
    { ...one, name: "a", outcome: "passed", took: 12_345 },
    { ...one, name: "b", outcome: "failed", why: "at /tmp/somewhere", took: 1 },
    { ...one, name: "c", outcome: "skipped", why: "no snake", took: 1 },
  ]);
  assert.match(text, /^\| `a` \| .* \| works \|$/m);
  assert.match(text, /^\| `b` \| .* \| \*\*fails\*\* \|$/m);
  assert.match(text, /^\| `c` \| .* \| skipped: no snake \|$/m);
  assert.match(text, /\n1 work, 1 fail, 1 skipped\.\n$/);
  assert.doesNotMatch(text, /12|\/tmp/);
});
