// Generated requests, valid and invalid, to every store at once: equal answers to the byte.
import { expect, test } from "vitest";
import { ACCOUNT, options as generatedOptions, Requests } from "../compare/generate.mjs";
import type { Init } from "../http/driver.ts";
import { Comparison } from "./compare.ts";
import { type Clock, type PlaceOptions, startPlaces } from "./places.ts";

const OPERATOR = "operator";
const IS_FULL = process.env["CONFORMANCE"] === "full";
const [COUNT, SEED] = [IS_FULL ? 5_000 : 600, Number(process.env["SEED"] ?? 3)];

/** The accounts of the generator, whose second has an environment of this id: generated, it would differ in Durable Objects. */
function placeOptions(clock: Clock): PlaceOptions {
  const { accounts = [], tokens = [], cors = [] } = generatedOptions(new Uint8Array(32), () => clock.now);
  const [first, second] = accounts as PlaceOptions["accounts"] & { 0: { id: string }; 1: { id: string } };
  const named = [first, { ...second, environments: [{ id: `${second.id.slice(0, 31)}1`, name: "Elsewhere" }] }];
  const owned = tokens.map((token) => ({ account_id: ACCOUNT, ...token }));
  return { accounts: named as PlaceOptions["accounts"], tokens: owned, cors, operatorToken: OPERATOR };
}

test(`${COUNT} generated requests of seed ${SEED}`, { timeout: 600_000 }, async () => {
  const clock: Clock = { now: Date.UTC(2026, 4, 7, 10) };
  const places = await startPlaces(placeOptions(clock), clock);
  try {
    const comparison = new Comparison(places, clock, OPERATOR);
    const requests = new Requests(SEED);
    const statuses = new Set<number>();
    for (let index = 0; index < COUNT; index++) {
      clock.now += requests.step();
      const { method, target, headers, body } = requests.next();
      const sent = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
      // Outside the API, `serve` has the page's files. Then nothing that HTTP cannot carry.
      if (!target.startsWith("/api/")) continue;
      if (/[^\x21-\x7e]/.test(target) || ((method === "GET" || method === "HEAD") && body !== null)) continue;
      const init: Init = { method, headers: sent, ...(body === null ? {} : { body: new Uint8Array(body) }) };
      const answer = await comparison.send(target, init);
      statuses.add(answer.status);
      const text = await answer.text();
      if (text.startsWith("{")) requests.learn(target, JSON.parse(text));
    }
    expect([...statuses]).toEqual(expect.arrayContaining([200, 404, 409, 422]));
  } finally {
    for (const place of places) await place.stop();
  }
});
