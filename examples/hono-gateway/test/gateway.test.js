// The gateway against the whole API on this machine.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { serve } from "agent-registrar/node";
import app from "../src/index.js";

const PATH = "/api/v1/agent";
let api;
let env;

before(async () => {
  api = await serve({ port: 0, tokens: [{ token: "upstream-token" }] });
  env = { API_URL: api.url, API_TOKEN: "upstream-token" };
});
after(() => api.close());
beforeEach(() => api.registrar.reset());

async function ask(path, { body, ...init } = {}) {
  const headers = body === undefined ? {} : { "content-type": "application/json" };
  const text = typeof body === "object" ? JSON.stringify(body) : body;
  const response = await app.request(path, { headers, ...init, ...(text === undefined ? {} : { body: text }) }, env);
  return [response.status, await response.json()];
}

const create = (details) => ask(PATH, { method: "POST", body: { details } });
const agents = async () => (await ask(PATH))[1].pagination.item_count;

test("a valid body reaches the API, and its answer comes back", async () => {
  const [status, { details }] = await create({ name: " Ada ", environment_id: api.defaults.environment_id });
  assert.deepEqual([status, details.name, details.status], [200, "Ada", "pending"]);
  assert.deepEqual((await ask(`${PATH}/${details.id}`))[1].details, details);
});

test("an invalid body gets the API's own 422, and no request reaches the API", async () => {
  // The first request that reaches the API would fail.
  api.registrar.faults.add({ status: 500 });
  const [status, answer] = await create({ name: "", environment_id: "nowhere" });
  assert.deepEqual(
    [status, answer.code, Object.keys(answer.errors)],
    [422, "validation_errors", ["details.name", "details.environment_id"]],
  );
  assert.equal((await ask(PATH, { method: "POST", body: "{" }))[0], 400);
  assert.equal(api.registrar.faults.pending().length, 1);
  api.registrar.faults.clear();
  assert.equal(await agents(), 0);
});

test("the API refuses an id that is taken, and the gateway passes the refusal on", async () => {
  const [, { details }] = await create({ name: "Ada", environment_id: api.defaults.environment_id });
  assert.equal((await create({ name: "Bob", environment_id: details.environment_id, id: details.id }))[0], 422);
  assert.equal((await ask(`${PATH}/${details.id}`, { method: "PUT", body: { details: { name: " " } } }))[0], 422);
  assert.equal((await ask(`${PATH}/${details.id}`, { method: "PUT", body: { details: { name: "Eve" } } }))[1].details.name, "Eve");
});

test("an API that cannot be reached is a 502", async () => {
  const response = await app.request(PATH, {}, { ...env, API_URL: "http://127.0.0.1:1" });
  assert.equal(response.status, 502);
});
