import { operations } from "../operations.ts";
import {
  agent,
  anAgent,
  anInstance,
  aSpan,
  details,
  error,
  invalid,
  list,
  page,
  anEnvironment,
  type Json,
  type Row,
  type Step,
} from "../row.ts";

const create = "POST /api/v1/agent";
const body = (name = "Support bot", environment = "$environment"): Json => ({
  details: { name, environment_id: environment },
  idempotency_key: "$key",
});
const replayed = { "idempotency-replayed": "true" };
const fresh = { "idempotency-replayed": null };
const used = error("idempotency_key_already_used");

/** Section 5, the idempotency key. */
export const idempotency: readonly Row[] = [
  {
    name: "a repeated key and body get the first answer again, byte for byte, and the effect happens once",
    mark: "ours",
    steps: [
      anEnvironment(),
      {
        send: create,
        body: body("Support bot", "$place"),
        status: 200,
        answerHeaders: fresh,
        save: { agent: "details.id" },
      },
      { send: create, body: body("Support bot", "$place"), status: 200, answerHeaders: replayed, sameAs: 1 },
      { send: create, body: body("Support bot", "$place"), status: 200, answerHeaders: replayed, sameAs: 1 },
      { send: "GET /api/v1/agent?environment_id=$place", status: 200, answer: list("$ANY", page(1)) },
    ],
  },
  {
    name: "a replay is the first answer even when the agent has changed since",
    mark: "ours",
    steps: [
      { send: create, body: body(), status: 200, save: { agent: "details.id" } },
      { send: "PUT /api/v1/agent/$agent", body: { details: { name: "Help desk" } }, status: 200 },
      { send: create, body: body(), status: 200, answerHeaders: replayed, sameAs: 0 },
      { send: "DELETE /api/v1/agent/$agent", status: 200 },
      { send: create, body: body(), status: 200, answerHeaders: replayed, sameAs: 0 },
      { send: "GET /api/v1/agent/$agent", status: 404, answer: error("not_found") },
    ],
  },
  {
    name: "the same key with another body is refused",
    mark: "doc",
    steps: [
      { send: create, body: body(), status: 200 },
      { send: create, body: body("Help desk"), status: 409, answerHeaders: fresh, answer: used },
      { send: create, body: body(), status: 200, answerHeaders: replayed, sameAs: 0 },
    ],
  },
  {
    name: "bodies that differ only in white space, the order of keys or escapes are equal",
    mark: "ours",
    steps: [
      {
        send: create,
        text: '{"details":{"name":"Support bot","environment_id":"$environment","x":[1,{"y":2,"z":3}]},"idempotency_key":"$key"}',
        status: 200,
      },
      {
        send: create,
        text: '{ "idempotency_key": "$key",\n"details": {"x": [1, {"z": 3, "y": 2}], "environment_id": "$environment", "n\\u0061me": "\\u0053upport bot"} }',
        status: 200,
        answerHeaders: replayed,
        sameAs: 0,
      },
    ],
  },
  {
    name: "bodies that differ in unknown keys are different",
    mark: "ours",
    steps: [
      {
        send: create,
        text: '{"details":{"name":"Support bot","environment_id":"$environment"},"x":1,"idempotency_key":"$key"}',
        status: 200,
      },
      {
        send: create,
        text: '{"details":{"name":"Support bot","environment_id":"$environment"},"x":2,"idempotency_key":"$key"}',
        status: 409,
        answer: used,
      },
    ],
  },
  {
    name: "the same key with another operation is refused",
    mark: "doc",
    steps: [
      { send: create, body: body(), status: 200, save: { agent: "details.id" } },
      { send: "POST /api/v1/agent/$agent/retire", body: { idempotency_key: "$key" }, status: 409, answer: used },
      {
        send: "PUT /api/v1/agent/$agent",
        body: { details: { name: "x" }, idempotency_key: "$key" },
        status: 409,
        answer: used,
      },
      { send: "GET /api/v1/agent/$agent", status: 200, sameAs: 0 },
    ],
  },
  {
    name: "the same key and body on another object is another operation",
    mark: "ours",
    steps: [
      anAgent(),
      anAgent({}, "another"),
      { send: "POST /api/v1/agent/$agent/retire", body: { idempotency_key: "$key" }, status: 200 },
      { send: "POST /api/v1/agent/$another/retire", body: { idempotency_key: "$key" }, status: 409, answer: used },
      { send: "GET /api/v1/agent/$another", status: 200, sameAs: 1 },
    ],
  },
  {
    name: "a request with another key, or without one, creates another agent",
    mark: "doc",
    steps: [
      { send: create, body: body(), status: 200, save: { agent: "details.id" } },
      {
        send: create,
        body: { details: { name: "Support bot", environment_id: "$environment" }, idempotency_key: "$key2" },
        status: 200,
        answerHeaders: fresh,
      },
      {
        send: create,
        body: { details: { name: "Support bot", environment_id: "$environment" } },
        status: 200,
        answerHeaders: fresh,
      },
    ],
  },
  {
    name: "keys differ by case",
    mark: "ours",
    steps: [
      {
        send: create,
        body: { details: { name: "a", environment_id: "$environment" }, idempotency_key: "k-$key" },
        status: 200,
      },
      {
        send: create,
        body: { details: { name: "b", environment_id: "$environment" }, idempotency_key: "K-$key" },
        status: 200,
        answerHeaders: fresh,
      },
    ],
  },
  {
    name: "a refused request does not use up its key",
    mark: "ours",
    steps: [
      { send: create, body: body(""), status: 422, answer: invalid("details.name") },
      { send: create, body: body("Support bot", "$new"), status: 422, answer: invalid("details.environment_id") },
      { send: create, body: body(), status: 200, answerHeaders: fresh, save: { agent: "details.id" } },
      {
        send: "POST /api/v1/agent/$agent/reinstate",
        body: { idempotency_key: "$key2" },
        status: 409,
        answer: error("invalid_action"),
      },
      {
        send: "POST /api/v1/agent/$agent/retire",
        body: { idempotency_key: "$key2" },
        status: 200,
        answerHeaders: fresh,
      },
    ],
  },
  {
    name: "retire, reinstate and update are replayed, not carried out again",
    mark: "client",
    steps: [
      anAgent(),
      { send: "POST /api/v1/agent/$agent/retire", body: { idempotency_key: "$key" }, status: 200 },
      {
        send: "POST /api/v1/agent/$agent/retire",
        body: { idempotency_key: "$key" },
        status: 200,
        answerHeaders: replayed,
        sameAs: 1,
      },
      { send: "POST /api/v1/agent/$agent/reinstate", body: { idempotency_key: "$key2" }, status: 200 },
      {
        send: "POST /api/v1/agent/$agent/retire",
        body: { idempotency_key: "$key" },
        status: 200,
        answerHeaders: replayed,
        sameAs: 1,
      },
      { send: "GET /api/v1/agent/$agent", status: 200, sameAs: 3 },
      {
        send: "PUT /api/v1/agent/$agent",
        body: { details: { name: "x" }, idempotency_key: "$key3" },
        status: 200,
        answer: details(agent({ name: "x" })),
      },
      { send: "PUT /api/v1/agent/$agent", body: { details: { name: "y" } }, status: 200 },
      {
        send: "PUT /api/v1/agent/$agent",
        body: { details: { name: "x" }, idempotency_key: "$key3" },
        status: 200,
        answerHeaders: replayed,
        sameAs: 6,
      },
      { send: "GET /api/v1/agent/$agent", status: 200, sameAs: 7 },
    ],
  },
  {
    name: "a delete is replayed after the object is deleted, and its key is refused for any other request",
    mark: "client",
    steps: [
      anAgent(),
      { send: "DELETE /api/v1/agent/$agent", body: { idempotency_key: "$key" }, status: 200, answerHeaders: fresh, sameAs: 0 },
      { send: "DELETE /api/v1/agent/$agent", body: { idempotency_key: "$key" }, status: 200, answerHeaders: replayed, sameAs: 0 },
      { send: "DELETE /api/v1/agent/$agent", text: ' {"idempotency_key" : "$key"} ', status: 200, answerHeaders: replayed, sameAs: 0 },
      { send: "DELETE /api/v1/agent/$agent", body: { idempotency_key: "$key2" }, status: 404, answer: error("not_found") },
      { send: "DELETE /api/v1/agent/$agent", status: 404, answer: error("not_found") },
      { send: "DELETE /api/v1/agent/$agent", body: { idempotency_key: "$key", more: 1 }, status: 409, answer: used },
      { send: "DELETE /api/v1/agent/$new", body: { idempotency_key: "$key" }, status: 409, answer: used },
      { send: create, body: body(), status: 409, answer: used },
      { send: "GET /api/v1/agent/$agent", status: 404, answer: error("not_found") },
    ],
  },
  {
    name: "an environment's delete is replayed, too",
    mark: "ours",
    steps: [
      anEnvironment(),
      { send: "DELETE /api/v1/environment/$place", body: { idempotency_key: "$key2" }, status: 200, answerHeaders: fresh },
      { send: "DELETE /api/v1/environment/$place", body: { idempotency_key: "$key2" }, status: 200, answerHeaders: replayed, sameAs: 1 },
      { send: "DELETE /api/v1/environment/$place", body: {}, status: 404, answer: error("not_found") },
    ],
  },
  {
    name: "a refused delete does not use up its key",
    mark: "ours",
    steps: [
      { send: "DELETE /api/v1/agent/$new", body: { idempotency_key: "$key" }, status: 404, answer: error("not_found") },
      { send: "DELETE /api/v1/environment/$environment", body: { idempotency_key: "$key" }, as: "environment", status: 403 },
      anAgent(),
      { send: "DELETE /api/v1/agent/$agent", body: { idempotency_key: "$key" }, status: 200, answerHeaders: fresh, sameAs: 2 },
    ],
  },
  {
    name: "every operation that changes something accepts a key, and refuses one that breaks its rule",
    mark: "ours",
    steps: [
      anAgent(),
      anInstance(),
      aSpan(),
      ...operations
        .filter((it) => it.body !== "none" && !it.readsLines)
        .map(({ method, path, as }): Step => {
          const own = path.includes("/agent_instance/") ? "$instance" : path.includes("/agent_spans/") ? "$span" : "$agent";
          const id = path.startsWith("/api/v1/environment/") ? "$environment" : path.startsWith("/api/v1/account/") ? "$account" : own;
          return {
            send: `${method} ${path.replace("$new", id)}`,
            as,
            body: { idempotency_key: "\u00e9" },
            status: 422,
            contains: '"idempotency_key":[',
          };
        }),
    ],
  },
  {
    name: "a request with a chosen id is replayed, too",
    mark: "client",
    steps: [
      {
        send: create,
        body: { details: { id: "$new", name: "a", environment_id: "$environment" }, idempotency_key: "$key" },
        status: 200,
      },
      {
        send: create,
        body: { details: { id: "$new", name: "a", environment_id: "$environment" }, idempotency_key: "$key" },
        status: 200,
        answerHeaders: replayed,
        sameAs: 0,
      },
    ],
  },
  {
    name: "accounts do not share keys",
    mark: "ours",
    steps: [
      { send: create, body: body(), status: 200 },
      {
        send: create,
        as: "other",
        body: body("Support bot", "$otherEnvironment"),
        status: 200,
        answerHeaders: fresh,
        answer: details(agent({ environment_id: "$otherEnvironment" })),
      },
    ],
  },
  {
    name: "a key of another token's scope never reveals an answer that the token may not see",
    mark: "ours",
    steps: [
      anEnvironment(),
      { send: create, body: body("Support bot", "$place"), status: 200 },
      {
        send: create,
        as: "environment",
        body: body("Support bot", "$place"),
        status: 403,
        answer: error("not_permitted"),
      },
    ],
  },
  {
    name: "a key may have 128 printable characters, spaces and quotes included",
    mark: "ours",
    steps: [
      {
        send: create,
        body: {
          details: { name: "a", environment_id: "$environment" },
          idempotency_key: `$key "'\\ ${"~".repeat(86)}`,
        },
        status: 200,
      },
      {
        send: create,
        body: {
          details: { name: "a", environment_id: "$environment" },
          idempotency_key: `$key "'\\ ${"~".repeat(86)}`,
        },
        status: 200,
        answerHeaders: replayed,
        sameAs: 0,
      },
      {
        send: create,
        body: {
          details: { name: "a", environment_id: "$environment" },
          idempotency_key: `$key "'\\ ${"~".repeat(88)}`,
        },
        status: 422,
        answer: invalid("idempotency_key"),
      },
    ],
  },
];
