// The HTTP table on every store at once: equal answers to the byte.
import { options } from "../http/driver.ts";
import { runTable } from "../http/run.ts";
import { Comparison } from "./compare.ts";
import { type Clock, startPlaces } from "./places.ts";

/** It sends 10,001 spans, which the native server, compiled without optimisation, takes long for. */
const LONG = "over 10,000 instances or spans, orders that are not maintained are refused, and the message names the others";

runTable({
  name: "memory, rusqlite, node:sqlite and Durable Objects, compared",
  omits: process.env["CONFORMANCE"] === "full" ? [] : [LONG],
  async start() {
    const clock: Clock = { now: Date.now() };
    const places = await startPlaces(options, clock);
    const comparison = new Comparison(places, clock, options.operatorToken);
    return {
      async fetch(target, init) {
        clock.now = Math.max(Date.now(), clock.now + 1);
        return comparison.send(target, init);
      },
      stop: async () => void (await Promise.all(places.map((place) => place.stop()))),
    };
  },
});
