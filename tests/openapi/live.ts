// Generated clients, unchanged, make calls to a server: one of @hey-api/openapi-ts, and openapi-fetch with the types of
// openapi-typescript. Each shape that it gets back is the one that the types say, or this does not compile.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import createFetchClient from "openapi-fetch";
import { serve } from "agent-registrar/node";
import { client } from "../../build/openapi/typescript/hey-api/client.gen";
import * as api from "../../build/openapi/typescript/hey-api/sdk.gen";
import type { Agent, ErrorCode } from "../../build/openapi/typescript/hey-api/types.gen";
import type { paths } from "../../build/openapi/typescript/openapi-typescript";

/** The data of an answer that must be a success. */
function data<Data>({ data, error }: { data?: Data; error?: unknown }): Data {
  assert.equal(error, undefined, JSON.stringify(error));
  assert.ok(data !== undefined);
  return data;
}

async function withHeyApi(environment_id: string): Promise<void> {
  const made = data(await api.agentsCreate({ body: { details: { name: " Ada ", environment_id }, idempotency_key: "create-1" } }));
  const agent: Agent = made.details;
  assert.deepEqual([made.status, agent.type, agent.name, agent.status], ["success", "agent", "Ada", "pending"]);
  const path = { id: agent.id };
  assert.deepEqual(data(await api.agentsFetch({ path })).details, agent);
  assert.deepEqual(data(await api.agentsShow({ query: { agent_id: agent.id } })).details, agent);
  assert.equal(data(await api.agentsUpdate({ path, body: { details: { description: "d" } } })).details.description, "d");

  const instance = data(
    await api.agentInstancesRegister({ body: { agent_id: agent.id, agent_version: { external_identifier: "1" } } }),
  ).details;
  data(await api.agentInstancesStart({ path: { id: instance.id } }));
  const details = { agent_instance_id: instance.id, schema_name: "tool", status: "active", payload: { a: [1] } } as const;
  const span = data(await api.agentSpansCreate({ body: { details } })).details;
  data(await api.agentSpansFinish({ path: { id: span.id }, body: { status: "failed", result_payload: {} } }));
  data(await api.agentInstancesFinish({ path: { id: instance.id }, body: { status: "complete" } }));
  const spans = data(
    await api.agentSpansList({ query: { agent_id: agent.id, "sorting[field]": "started_at", "sorting[direction]": "desc" } }),
  );
  assert.deepEqual(
    spans.summaries.map(({ id, status }) => [id, status]),
    [[span.id, "failed"]],
  );
  const list = data(await api.agentsList({ query: { environment_id, include_counts: true, "pagination[page_size]": 1 } }));
  assert.equal(list.summaries[0]?.instance_counts?.complete, 1);
  assert.deepEqual([list.pagination.item_count, list.pagination.next_page_offset, list.sorting.field], [1, null, "id"]);
  assert.equal(data(await api.agentVersionsList({ query: { agent_id: agent.id } })).summaries[0]?.external_identifier, "1");
  assert.equal(data(await api.accountsList()).summaries.length, 1);
  assert.equal(data(await api.pfidsGenerate({ body: { count: 3 } })).pfids.length, 3);
  const item = { _type: "agents/retire", idempotency_key: "retire-01", agent_id: agent.id } as const;
  assert.equal(data(await api.bulk({ body: { items: [item] } })).outputs["retire-01"]?.["status"], "success");

  const other = data(await api.agentsCreate({ body: { details: { name: "Bob", environment_id } } })).details;
  const removal = { path: { id: other.id }, body: { idempotency_key: "delete-1" } };
  assert.deepEqual(data(await api.agentsDelete(removal)), data(await api.agentsDelete(removal)));

  const missing = await api.agentsFetch({ path: { id: other.id } });
  const code: ErrorCode | undefined = missing.error?.code;
  assert.deepEqual([missing.response?.status, code], [404, "not_found"]);
  const refused = await api.agentsCreate({ body: { details: { name: "" } } });
  assert.ok(refused.error !== undefined && "errors" in refused.error);
  assert.deepEqual(Object.keys(refused.error.errors), ["details.name", "details.environment_id"]);
  data(await api.ping());
}

async function withOpenapiFetch(baseUrl: string, token: string): Promise<void> {
  const { GET, POST } = createFetchClient<paths>({ baseUrl, headers: { authorization: `Bearer ${token}` } });
  const list = data(await GET("/api/v1/agent", { params: { query: { sorting: "-name" } } }));
  assert.equal(list.summaries[0]?.name, "Ada");
  const id = list.summaries[0]?.id ?? "";
  const reinstated = await POST("/api/v1/agent/{id}/reinstate", { params: { path: { id } }, body: {} });
  assert.equal(data(reinstated).details.status, "active");
  const again = await POST("/api/v1/agent/{id}/reinstate", { params: { path: { id } } });
  assert.equal(again.error?.code, "invalid_action");
}

const server = await serve({ port: 0 });
try {
  const { defaults } = server.registrar;
  assert.ok(defaults.token !== null);
  client.setConfig({ baseUrl: server.url, auth: defaults.token });
  const document: unknown = data(await api.openapi());
  assert.deepEqual(document, JSON.parse(readFileSync("docs/openapi.json", "utf8")));
  await withHeyApi(defaults.environment_id);
  await withOpenapiFetch(server.url, defaults.token);
} finally {
  await server.close();
}
