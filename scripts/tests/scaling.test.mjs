// Tests of the simulation behind docs/scaling.md: where a formula is known, it agrees.
import assert from "node:assert/strict";
import { test } from "node:test";
import { deployment, LIMITS, meanCost, queue, requestsOfRun, RUN, secondsToFull, shares } from "../../benches/scaling/simulate.mjs";

const same = Object.fromEntries(["front", ...Object.keys(RUN)].map((kind) => [kind, 0.001]));
const measured = { costs: same, recordBytes: 10_000, keyBytes: 5_000, objectBytes: 1e6 };

test("a queue with one cost waits as M/D/1 does", () => {
  // The median wait at half load: P(wait = 0) is 1 - load, so half of all requests take their cost alone.
  assert.ok(Math.abs(queue(same, 500).median - 0.001) < 1e-4);
  // With nobody else, every request takes its cost.
  assert.ok(Math.abs(queue(same, 0.01).p99 - 0.001) < 1e-9);
  const p99 = [100, 300, 500, 700, 900].map((rate) => queue(same, rate).p99);
  assert.deepEqual(
    [...p99].sort((a, b) => a - b),
    p99,
  );
  assert.deepEqual(queue(same, 500, { seed: 7 }), queue(same, 500, { seed: 7 }));
});

test("shares add up, the k-th has one k-th of the first", () => {
  const all = shares(1_000);
  assert.ok(Math.abs(all.reduce((sum, share) => sum + share, 0) - 1) < 1e-9);
  assert.ok(Math.abs(all[0] / all[9] - 10) < 1e-9);
});

test("the mean cost weighs kinds by their number in a run", () => {
  assert.ok(Math.abs(meanCost(same) - 0.001) < 1e-12);
  assert.ok(Math.abs(meanCost({ ...same, span: 0.002 }) - (0.001 + (0.001 * RUN.span) / requestsOfRun)) < 1e-12);
});

test("keys count for a day, records for good", () => {
  // Full within a day: both grow all the time.
  const fast = (LIMITS.storage / 15_000 / 3_600) * requestsOfRun;
  assert.ok(Math.abs(secondsToFull(fast, measured) - 3_600) < 1e-6);
  // 1 run a second: a day of keys is 0.432 GB, and the rest is filled by records alone.
  assert.ok(Math.abs(secondsToFull(requestsOfRun, measured) - (LIMITS.storage - 86_400 * 5_000) / 10_000) < 1e-6);
});

test("an account beyond what its object serves is counted, and has no waiting time", () => {
  const busy = deployment({ accounts: 2, rate: 3_000 }, measured);
  assert.equal(busy.over, 1);
  assert.equal(busy.wait, undefined);
  const calm = deployment({ accounts: 100, rate: 100 }, measured);
  assert.equal(calm.over, 0);
  assert.ok(calm.live > 80 && calm.live < 100);
  assert.equal(calm.isolates, 1);
});
