// Serves all stores, for Schemathesis: `node tests/conformance/run.mjs --serve`. The first line of the output is a JSON object of
// variables of the environment for tests/clients/schemathesis/hooks.py. It ends when its input ends.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Clock, startPlaces } from "./places.ts";

const ACCOUNT = "013xrzp12g3nqk8nyt0q8s8a1vd3p7wk";
const ENVIRONMENT = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
const clock: Clock = { now: Date.parse("2026-05-07T10:00:00Z") };

const [first, ...others] = await startPlaces(
  {
    accounts: [{ id: ACCOUNT, name: "Default", environments: [{ id: ENVIRONMENT, name: "Default" }] }],
    tokens: [{ token: process.env["REGISTRAR_TOKEN"] ?? "t", account_id: ACCOUNT }],
    cors: [],
    operatorToken: process.env["REGISTRAR_OPERATOR_TOKEN"] ?? "o",
  },
  clock,
);

const control = createServer(async (request, response) => {
  const action = request.url === "/keep" ? "keep" : "restore";
  try {
    await Promise.all([first, ...others].map((place) => place[action]()));
    response.end();
  } catch (cause) {
    console.error(action, cause);
    response.writeHead(500).end(String(cause));
  }
});
await new Promise<void>((resolve) => control.listen(0, "127.0.0.1", resolve));
const variables = {
  REGISTRAR_URL: first.url,
  REGISTRAR_OTHERS: JSON.stringify(Object.fromEntries(others.map(({ name, url }) => [name, url]))),
  REGISTRAR_CONTROL: `http://127.0.0.1:${(control.address() as AddressInfo).port}`,
  REGISTRAR_NOW: String(clock.now),
};
process.stdout.write(`${JSON.stringify(variables)}\n`);

process.stdin.resume().once("end", async () => {
  for (const place of [first, ...others]) await place.stop();
  process.exit(0);
});
