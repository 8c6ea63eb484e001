// Tests of the test runner: it continues after failures, and its summary is right.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { requirements } from "../setup.mjs";
import { chosen, stages } from "../stages.mjs";
import { installer, lastLines, runStages, summary } from "../test.mjs";

const pass = [process.execPath, "-e", ""];
/** Takes 200 ms of processor time. */
const busy = [process.execPath, "-e", "while (process.cpuUsage().user < 200_000);"];
const break_ = [process.execPath, "-e", "process.exit(3)"];
const outcomes = (results) => Object.fromEntries(results.map(({ name, outcome }) => [name, outcome]));

test("every stage's needs and predecessors exist, and predecessors come first", () => {
  stages.forEach(({ name, needs = [], after = [] }, index) => {
    for (const need of needs) assert.ok(need in requirements, `${name} needs ${need}`);
    for (const earlier of after)
      assert.ok(
        stages.slice(0, index).some((one) => one.name === earlier),
        `${name} comes after ${earlier}`,
      );
  });
  assert.equal(new Set(stages.map(({ name }) => name)).size, stages.length);
});

test("a named stage brings the stages before it, in the table's order", () => {
  const table = [{ name: "a" }, { name: "b", after: ["a"] }, { name: "c" }, { name: "d", after: ["b"] }];
  assert.deepEqual(
    chosen(["d"], table).map(({ name }) => name),
    ["a", "b", "d"],
  );
  assert.deepEqual(chosen([], table), table);
  assert.throws(() => chosen(["e"], table), /no stage e; the stages are: a, b, c, d/);
});

test("a stage for full runs runs in these or when named, and replaces the stage that it covers", () => {
  const table = [{ name: "a" }, { name: "quick", coveredBy: "all" }, { name: "all", full: true, after: ["a"] }];
  const names = (...args) => chosen(...args).map(({ name }) => name);
  assert.deepEqual(names([], table), ["a", "quick"]);
  assert.deepEqual(names([], table, { full: true }), ["a", "all"]);
  assert.deepEqual(names(["all"], table), ["a", "all"]);
});

test("a failing stage stops only those that come after it", async () => {
  const results = await runStages(
    [
      { name: "good", what: "", commands: [pass, pass] },
      { name: "bad", what: "", commands: [break_, pass] },
      { name: "later", what: "", after: ["bad"], commands: [pass] },
      { name: "even-later", what: "", after: ["later"], commands: [pass] },
      { name: "empty", what: "", commands: () => [] },
      { name: "absent", what: "", commands: [["/nonexistent/program"]] },
      {
        name: "thrown",
        what: "",
        commands: () => {
          throw new Error("no folder");
        },
      },
      { name: "unmet", what: "", needs: ["x"], commands: [pass] },
      { name: "impossible", what: "", skip: () => "no snake", needs: ["x"], commands: [break_] },
      { name: "possible", what: "", skip: () => null, commands: [pass] },
      {
        name: "last",
        what: "",
        commands: [{ run: [process.execPath, "-e", "process.exit(process.env.A === 'b' ? 0 : 1)"], env: { A: "b" } }],
      },
    ],
    {
      provide: async () => {
        throw new Error("x could not be installed");
      },
    },
  );
  assert.deepEqual(outcomes(results), {
    good: "passed",
    bad: "failed",
    later: "skipped",
    "even-later": "skipped",
    empty: "skipped",
    absent: "failed",
    thrown: "failed",
    unmet: "failed",
    impossible: "skipped",
    possible: "passed",
    last: "passed",
  });
  assert.match(summary(results), /\nskipped +impossible .* SKIPPED: no snake\n/);
  assert.match(summary(results), /\n3 passed, 4 failed, 4 skipped$/);
});

test("a stage beside others ends in their order, and those that come after it wait for it", async () => {
  const wait = [process.execPath, "-e", "setTimeout(() => process.exit(3), 300)"];
  const results = await runStages([
    { name: "slow", what: "", beside: true, commands: [wait] },
    { name: "quick", what: "", commands: [pass] },
    { name: "later", what: "", after: ["slow"], commands: [pass] },
    { name: "last", what: "", beside: true, commands: [wait] },
  ]);
  assert.deepEqual(
    results.map(({ name, outcome }) => [name, outcome]),
    Object.entries({ slow: "failed", quick: "passed", later: "skipped", last: "failed" }),
  );
});

test("of the stages beside others, one runs at a time", async () => {
  const folder = mkdtempSync(join(tmpdir(), "stages-"));
  // Fails if the other one is there.
  const alone = `const fs = require("fs"), file = ${JSON.stringify(join(folder, "here"))};
    fs.writeFileSync(file, "", { flag: "wx" }); setTimeout(() => fs.rmSync(file), 200)`;
  const stage = (name) => ({ name, what: "", beside: true, commands: [[process.execPath, "-e", alone]] });
  const results = await runStages([stage("one"), stage("two"), { name: "other", what: "", commands: [pass] }]);
  assert.deepEqual(outcomes(results), { one: "passed", two: "passed", other: "passed" });
  rmSync(folder, { recursive: true });
});

test("processor time is that of a stage's own commands", { skip: process.platform !== "linux" }, async () => {
  // One after another: commands that end together may be counted for either stage.
  const [first, idle] = await runStages([
    { name: "busy", what: "", commands: [busy, busy] },
    { name: "idle", what: "", commands: [["true"]] },
  ]);
  assert.ok(first.spent >= 400, `${first.spent}`);
  assert.ok(idle.spent < 200, `${idle.spent}`);
});

test("no processor time of stages beside each other is lost", { skip: process.platform !== "linux" }, async () => {
  const results = await runStages([
    { name: "beside", what: "", beside: true, commands: [busy, busy] },
    { name: "other", what: "", commands: [busy] },
  ]);
  const sum = results.reduce((total, { spent }) => total + spent, 0);
  assert.ok(sum >= 600, `${sum}`);
});

test("long installations begin at once, in their order; each is done once, and fails the stage that needs it", async () => {
  const began = [];
  const install = async (name) => {
    began.push(name);
    if (name === "bad") throw new Error("no bad");
  };
  const table = [
    { name: "first", what: "", needs: ["a"], commands: [pass] },
    { name: "second", what: "", needs: ["c", "b"], commands: [pass] },
    { name: "third", what: "", needs: ["bad"], commands: [pass] },
  ];
  const provide = installer(table, { install, rows: [["a", "b"], ["bad"], ["other"]] });
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([...began].sort(), ["a", "b", "bad"]);
  assert.ok(began.indexOf("a") < began.indexOf("b"));
  assert.deepEqual(outcomes(await runStages(table, { provide })), { first: "passed", second: "passed", third: "failed" });
  assert.deepEqual(began.slice(3), ["c"]);
});

test("the last lines of failed stages are printed again, beside others or not; not where the commands have the terminal", async () => {
  const talks = (code) => [
    process.execPath,
    "-e",
    `for (let i = 1; i <= 100; i++) console.log("line " + i + " of ${code}"); process.exit(${code})`,
  ];
  const table = [
    { name: "good", what: "", commands: [talks(0)] },
    { name: "bad", what: "", commands: [talks(1)] },
    { name: "bad-beside", what: "", beside: true, commands: [talks(2)] },
  ];
  const text = lastLines(await runStages(table, { terminal: false }));
  assert.match(
    text,
    /^\n── bad failed; its last lines:\nline 41 of 1\n[^]*\nline 100 of 1\n\n── bad-beside failed; its last lines:\nline 41 of 2\n/,
  );
  assert.doesNotMatch(text, /of 0|line 40 /);
  const onTerminal = lastLines(await runStages(table, { terminal: true }));
  assert.match(onTerminal, /^\n── bad-beside failed/);
});

test("the last line of the summary mentions skipped stages only if there are any", () => {
  assert.match(summary([{ name: "a", outcome: "passed", took: 1, spent: 1 }]), /\n1 passed, 0 failed$/);
});
