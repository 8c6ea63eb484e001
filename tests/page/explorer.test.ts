// The explorer's model of the operations, made from the document that the service gives.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  bodyOf,
  type Document,
  keyOf,
  type Operation,
  operationOf,
  operationsOf,
  targetOf,
  valuesOf,
} from "../../www/src/explorer/model.ts";

const document = JSON.parse(readFileSync(new URL("../../docs/openapi.json", import.meta.url), "utf8")) as Document;
const operations = operationsOf(document);
const named = (id: string): Operation => operations.find((operation) => operation.id === id) as Operation;

test("every operation of the document is there once, in a group", () => {
  const all = Object.values(document.paths).flatMap((item) =>
    Object.entries(item).flatMap(([method, { operationId }]) => (method === "parameters" ? [] : [operationId])),
  );
  expect(operations.map(({ id }) => id).sort()).toEqual(all.sort());
  // Groups stay together.
  const groups = operations.map(({ group }) => group);
  expect(groups.filter((group, index) => group !== groups[index - 1])).toEqual([...new Set(groups)]);
});

test("every input has a kind that can be filled in", () => {
  for (const { inputs } of operations) {
    for (const { kind, choices } of inputs) expect(kind === "choice" ? choices.length : 1).toBeGreaterThan(0);
    expect(new Set(inputs.map(keyOf)).size).toBe(inputs.length);
  }
});

describe("a create", () => {
  const create = named("agents_create");

  test("has flat fields, those that are needed marked", () => {
    expect(create.inputs.map(({ path, isRequired }) => [path, isRequired])).toEqual([
      ["details.name", true],
      ["details.environment_id", false],
      ["details.description", false],
      ["details.id", false],
      ["idempotency_key", false],
    ]);
  });

  test("its fields become a body and come back; what is empty is left out", () => {
    const values = { "body:details.name": "42", "body:details.description": "", "body:idempotency_key": "k" };
    const body = bodyOf(create, values);
    expect(body).toEqual({ details: { name: "42" }, idempotency_key: "k" });
    expect(valuesOf(create, body)).toEqual({ "body:details.name": "42", "body:idempotency_key": "k" });
  });
});

test("values have their types in the body", () => {
  const register = named("agent_instances_register");
  const values = { "body:agent_version.external_identifier": "v1", "body:update_current_version": "false", "body:agent_id": "x" };
  expect(bodyOf(register, values)).toEqual({ agent_id: "x", agent_version: { external_identifier: "v1" }, update_current_version: false });
  expect(bodyOf(named("pfids_generate"), { "body:count": "3" })).toEqual({ count: 3 });
  expect(bodyOf(named("agent_spans_create"), { "body:details.payload": '{"a":[1]}' })).toEqual({ details: { payload: { a: [1] } } });
  expect(() => bodyOf(named("agent_spans_create"), { "body:details.payload": "{" })).toThrow(SyntaxError);
});

test("path and query are written, and read back from a sent request", () => {
  const list = named("agents_list");
  const values = { "query:pagination[page_size]": "5", "query:sorting": "-id" };
  expect(targetOf(list, values)).toBe("/api/v1/agent?pagination[page_size]=5&sorting=-id");
  expect(operationOf(operations, "GET", targetOf(list, values))).toMatchObject({ operation: { id: "agents_list" }, values });
  expect(targetOf(named("agents_fetch"), { "path:id": "a/b" })).toBe("/api/v1/agent/a%2Fb");
  for (const operation of operations) {
    const path = operation.path.replace(/\{\w+\}/g, "01m8a6vv3g3nqk8ns4jkh5fb4n943tgv");
    expect(operationOf(operations, operation.method, path)?.operation.id).toBe(operation.id);
  }
});

test("a body that is no JSON is written as text, with its media type", () => {
  const other = operations.filter(({ mediaType }) => mediaType !== "application/json");
  for (const { hasBody, inputs } of other) expect([hasBody, inputs.some(({ place }) => place === "body")]).toEqual([true, false]);
  const document = {
    paths: { "/x": { post: { operationId: "x", requestBody: { content: { "application/x-ndjson": { schema: {} } } } } } },
  };
  expect(operationsOf(document)).toMatchObject([{ id: "x", mediaType: "application/x-ndjson", hasBody: true, inputs: [] }]);
});
