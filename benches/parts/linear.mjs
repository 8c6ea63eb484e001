// How the time of a request grows with its size: the exponent of the line through the logarithms of sizes and times.

import { createRegistrar } from "agent-registrar/service";
import { duration, table } from "../lib/table.mjs";

export const title = "Linear";
export const peers = [];

const TOKEN = "bench-token";
const encoder = new TextEncoder();
const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
/** Relative sizes, from a sixteenth of the largest input on. */
const SCALES = [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1];
const MIB = 1024 * 1024;

/** For each input: a function from a scale to the requests, whose bytes it gives as well. */
function inputs(environment) {
  const body = (text, path = "agent") => [{ method: "POST", target: `/api/v1/${path}`, body: encoder.encode(text) }];
  const details = (members) => JSON.stringify({ details: { environment_id: environment, ...members } });
  const items = (count, item) =>
    JSON.stringify({
      items: Array.from({ length: count }, (_, index) => ({
        ...item,
        idempotency_key: `key-${String(index).padStart(8, "0")}-${Math.random()}`,
      })),
    });
  return {
    "many keys": (scale) => {
      const members = Object.fromEntries(Array.from({ length: 60_000 * scale }, (_, index) => [`key${(index * 7919) % 100_003}`, 0]));
      return body(details({ name: "x", ...members }));
    },
    "keys with a long common beginning": (scale) => {
      const members = Object.fromEntries(Array.from({ length: 900 * scale }, (_, index) => ["k".repeat(1_000) + index, 0]));
      return body(details({ name: "x", ...members }));
    },
    "deep nesting": (scale) =>
      body(details({ name: "x", deep: Array(Math.floor(15_000 * scale)).fill(JSON.parse("[".repeat(28) + "]".repeat(28))) })),
    "one long text": (scale) => body(details({ name: "x", long: "\u{1f980}".repeat(240_000 * scale) })),
    "a name of white space": (scale) => body(details({ name: "\u2003".repeat(300_000 * scale) })),
    escapes: (scale) => body(`{"details":{"name":"x","long":"${"\\ud83e\\udd80".repeat(80_000 * scale)}"}}`),
    "a long query": (scale) => [{ method: "GET", target: `/api/v1/agent?${"include_x=1&".repeat(60_000 * scale)}`, body: null }],
    "percent-encoding": (scale) => [{ method: "GET", target: `/api/v1/agent?a=${"%f0%9f%a6%80".repeat(60_000 * scale)}`, body: null }],
    "invalid items": (scale) => body(JSON.stringify({ items: Array(Math.floor(1_000 * scale)).fill(0) }), "bulk"),
    "items that create": (scale) =>
      body(items(1_000 * scale, { _type: "agents/create", details: { name: "x", environment_id: environment } }), "bulk"),
    "items that list": (scale) => body(items(1_000 * scale, { _type: "agents/list", pagination: { page_size: 1 } }), "bulk"),
    "items behind many members": (scale) =>
      body(
        `{${'"a":0,'.length > 0 ? Array.from({ length: 40_000 * scale }, (_, index) => `"m${index}":0,`).join("") : ""}${items(1_000 * scale, { _type: "agents/list", pagination: { page_size: 1 } }).slice(1)}`,
        "bulk",
      ),
  };
}

function best(rounds, work) {
  let shortest = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    work();
    shortest = Math.min(shortest, performance.now() - start);
  }
  return shortest;
}

/** The slope of the line through the logarithms, by least squares. */
export function exponent(points) {
  const logs = points.map(([size, time]) => [Math.log(size), Math.log(time)]);
  const mean = (place) => logs.reduce((sum, point) => sum + point[place], 0) / logs.length;
  const [x, y] = [mean(0), mean(1)];
  const over = logs.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0);
  return over / logs.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
}

export async function run({ quick, progress }) {
  const rounds = quick ? 5 : 15;
  const registrar = createRegistrar({ tokens: [{ token: TOKEN }] });
  const environment = registrar.defaults.environment_id;
  const create = encoder.encode(JSON.stringify({ details: { name: "x", environment_id: environment } }));
  for (let count = 0; count < 1_000; count += 1) registrar.handle("POST", "/api/v1/agent", headers, create);
  const rows = [];
  for (const [name, make] of Object.entries(inputs(environment))) {
    progress(name);
    const points = SCALES.map((scale) => {
      const requests = make(scale);
      const size = requests.reduce((sum, { target, body }) => sum + target.length + (body?.length ?? 0), 0);
      if (size > 2 * MIB) throw new Error(`${name}: ${size} bytes`);
      return [size, best(rounds, () => requests.forEach(({ method, target, body }) => registrar.handle(method, target, headers, body)))];
    });
    const [size, time] = points.at(-1);
    rows.push([name, `${Math.round(size / 1024)} KiB`, duration(time * 1e6), exponent(points).toFixed(2)]);
  }
  progress("tokens");
  const tokens = SCALES.map((scale) => {
    const count = 100_000 * scale;
    const list = Array.from({ length: count }, (_, index) => ({ token: `token-${index}` }));
    return [count, best(quick ? 1 : 3, () => createRegistrar({ tokens: list }).defaults)];
  });
  rows.push(["setting up tokens", "100,000", duration(tokens.at(-1)[1] * 1e6), exponent(tokens).toFixed(2)]);
  const head = ["input", "largest", "its time", "exponent"];
  return `The time of one request by its size, at five sizes from a sixteenth on: 1 is linear. In memory on Node.\n\n${table(head, rows)}`;
}
