// A deployment on Durable Objects, simulated: accounts with unequal load, each a queue that its object serves one by one.

import { random } from "../lib/random.mjs";

/** Published by Cloudflare (developers.cloudflare.com/durable-objects/platform/limits and reference/faq), read in November 2026. */
export const LIMITS = {
  /** Requests a second of one object: a soft limit. */
  rate: 1_000,
  /** Bytes of one object's database. */
  storage: 10e9,
  /** Bytes of memory of one isolate, which several objects of a class may share. */
  memory: 128e6,
  /** Seconds without a request, after which an object leaves the memory. */
  idle: 10,
};

/** How long an idempotency key lives, in seconds (the API's contract). */
const KEY_LIFE = 86_400;

/** The requests of one run of an agent, with ten spans; a person looks at one run in ten. */
export const RUN = { register: 1, start: 1, span: 10, "finish span": 10, finish: 1, fetch: 0.1, list: 0.1 };

export const requestsOfRun = Object.values(RUN).reduce((sum, count) => sum + count, 0);

/** The mean of what a request of a run costs. */
export function meanCost(costs) {
  return Object.entries(RUN).reduce((sum, [kind, count]) => sum + costs[kind] * count, 0) / requestsOfRun;
}

/** The k-th busiest of `accounts` has a share of the load in proportion to 1/k (Zipf's law). */
export function shares(accounts) {
  const weights = Float64Array.from({ length: accounts }, (_, at) => 1 / (at + 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/**
 * How long requests of one object take, in seconds, waiting included: arrivals at random (Poisson) at `rate` a second, of the kinds
 * that a run has, one served after another. `costs` are seconds by kind.
 */
export function queue(costs, rate, { requests = 50_000, seed = 1 } = {}) {
  const { below } = random(seed);
  const uniform = () => (below(2 ** 31) + 1) / (2 ** 31 + 1);
  const kinds = Object.entries(RUN);
  const kind = () => {
    let left = uniform() * requestsOfRun;
    return kinds.find(([, count]) => (left -= count) <= 0)?.[0] ?? kinds[0][0];
  };
  const times = new Float64Array(requests);
  let now = 0;
  let free = 0;
  for (let at = 0; at < requests; at++) {
    now -= Math.log(uniform()) / rate;
    free = Math.max(free, now) + costs[kind()];
    times[at] = free - now;
  }
  times.sort();
  return { median: times[Math.floor(requests * 0.5)], p99: times[Math.floor(requests * 0.99)] };
}

/** Seconds until the database of one object is full, at `rate` requests a second: records stay, keys are removed after a day. */
export function secondsToFull(rate, { recordBytes, keyBytes }) {
  const runs = rate / requestsOfRun;
  const whileKeysGrow = LIMITS.storage / (runs * (recordBytes + keyBytes));
  return whileKeysGrow <= KEY_LIFE ? whileKeysGrow : (LIMITS.storage - runs * keyBytes * KEY_LIFE) / (runs * recordBytes);
}

/** A deployment: `accounts`, and all their requests a second. `measured` is what `measure` gives. */
export function deployment({ accounts, rate }, measured) {
  const { costs, objectBytes } = measured;
  const rates = shares(accounts).map((share) => share * rate);
  const busiest = rates[0];
  const live = rates.reduce((sum, one) => sum + 1 - Math.exp(-one * LIMITS.idle), 0);
  const capacity = Math.min(LIMITS.rate, 1 / meanCost(costs));
  return {
    ...{ accounts, rate, busiest, live },
    over: rates.filter((one) => one > capacity).length,
    wait: busiest > capacity ? undefined : queue(costs, busiest).p99,
    full: secondsToFull(busiest, measured),
    isolates: Math.ceil(live / Math.floor(LIMITS.memory / objectBytes)),
    cores: rate * (costs.front + meanCost(costs)),
  };
}
