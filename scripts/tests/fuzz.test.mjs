// What `npm run fuzz` understands: its options, and the lines of libFuzzer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { figures, options, secondsOf, targets } from "../fuzz.mjs";
import { at, output } from "../lib.mjs";

test("options: some targets, a time, a number of inputs", () => {
  assert.deepEqual(options([]), { names: targets(), seconds: 600, runs: -1, input: undefined, list: false });
  const some = options(["json", "--for", "30m", "pfid", "--runs", "1_000"]);
  assert.deepEqual([some.names, some.seconds, some.runs], [["json", "pfid"], 1800, 1000]);
  assert.deepEqual(["90", "90s", "10m", "2h"].map(secondsOf), [90, 90, 600, 7200]);
  for (const wrong of [["nothing"], ["--for"], ["--for", "soon"], ["--runs", "many"], ["--input", "x"]])
    assert.throws(() => options(wrong));
});

test("figures: inputs, coverage, memory and findings", () => {
  const lines = [
    "INFO: Loaded 1 modules   (45155 inline 8-bit counters): 45155 [0x1, 0x2), ",
    "#3\tINITED cov: 100 ft: 120 corp: 2/10b exec/s: 0 rss: 40Mb",
    "#1024\tpulse  cov: 150 ft: 200 corp: 20/1Kb lim: 14 exec/s: 512 rss: 60Mb",
    "#2048\tDONE   cov: 151 ft: 201 corp: 21/1Kb lim: 14 exec/s: 512 rss: 55Mb",
    "Done 2048 runs in 4 second(s)",
    "stat::number_of_executed_units: 2048",
    "stat::peak_rss_mb:              61",
  ];
  assert.deepEqual(figures(lines), { inputs: 2048, edges: 151, kept: 21, memory: [40, 61, 55], finding: undefined });
  const broken = [...lines.slice(0, 3), "artifact_prefix='x/'; Test unit written to x/crash-1"];
  assert.deepEqual(figures(broken), { inputs: 1024, edges: 150, kept: 20, memory: [40, 60, 60], finding: "x/crash-1" });
});

test("coverage: of this workspace's crates for the target, and comparisons of the library's alone", {
  skip: process.platform === "win32",
}, () => {
  const flags = (...args) => output(at("scripts", "fuzz-rustc.sh"), ["echo", ...args]);
  assert.equal(flags("--crate-name", "build_script_build"), "--crate-name build_script_build");
  const [library, targets] = ["agent_registrar", "agent_registrar_fuzz"].map((name) => flags("--crate-name", name, "--target", "x"));
  for (const one of [library, targets]) assert.match(one, /^--crate-name \w+ --target x .*-Cpasses=sancov-module .*pc-table/);
  assert.match(library, /trace-compares/);
  assert.doesNotMatch(targets, /trace-compares/);
});
