// @prefactor/core, as it is published, against the registrar: what it does when the network fails and when time passes.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { createConfig, createCore, SpanType, withSpan } from "@prefactor/core";
import { serve } from "agent-registrar/node";

const DAY = 24 * 60 * 60 * 1000;
const START = Date.UTC(2026, 4, 7);

let server;
let time = START;
let agent;

before(async () => {
  server = await serve({ port: 0, now: () => time });
});
after(() => server.close());

beforeEach(async () => {
  time = START;
  server.registrar.reset();
  const details = { name: "Weather", environment_id: server.defaults.environment_id };
  agent = (await ask("/api/v1/agent", { method: "POST", body: JSON.stringify({ details }) })).details;
});

/** A request by hand. */
async function ask(path, init) {
  const headers = { authorization: `Bearer ${server.defaults.token}`, "content-type": "application/json" };
  return (await fetch(server.url + path, { headers, ...init })).json();
}

/** The code under test: one run of the agent, with a span in a span. */
async function run() {
  const { agentManager, tracer, shutdown } = createCore(
    createConfig({
      httpConfig: {
        apiUrl: server.url,
        apiToken: server.defaults.token,
        agentId: agent.id,
        agentIdentifier: "v1.0.0",
        agentSchema: { external_identifier: "schema-1", span_schemas: { agent: { type: "object" }, tool: { type: "object" } } },
        initialRetryDelay: 5,
        maxRetryDelay: 20,
      },
    }),
  );
  agentManager.startInstance();
  await withSpan(tracer, { name: "answer", spanType: SpanType.AGENT, inputs: { question: "Berlin?" } }, () =>
    withSpan(tracer, { name: "forecast", spanType: SpanType.TOOL, inputs: { city: "Berlin" } }, () => ({ sun: 6.5 })),
  );
  agentManager.finishInstance();
  await shutdown();
}

const fetched = async () => (await ask(`/api/v1/agent/${agent.id}`)).details;

test("it sends a request again after a 503", async () => {
  server.registrar.faults.add({ match: { path: "/api/v1/agent_instance/register" }, status: 503, times: 2 });
  await run();
  assert.deepEqual(server.registrar.faults.pending(), [], "both faults were met");
  assert.equal((await fetched()).instance_counts.complete, 1);
});

test("it ends a span once, also where the answer was lost", async () => {
  server.registrar.faults.add({ match: { path: "/api/v1/agent_spans/*/finish" }, drop: "after" });
  await run();
  assert.deepEqual(server.registrar.faults.pending(), []);
  const { summaries } = await ask(`/api/v1/agent_instance?agent_id=${agent.id}`);
  assert.deepEqual(
    summaries.map(({ status, span_counts }) => [status, span_counts.total, span_counts.complete]),
    [["complete", 2, 2]],
  );
});

test("an agent is dormant after 30 days without a run", async () => {
  await run();
  assert.equal((await fetched()).status, "active");
  time += 30 * DAY;
  assert.equal((await fetched()).status, "dormant");
});
