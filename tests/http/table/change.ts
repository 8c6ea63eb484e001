import { agent, anAgent, anInstance, details, error, invalid, type Json, type Row } from "../row.ts";

const put = "PUT /api/v1/agent/$agent";
const put422 = (fields: { [key: string]: Json }, path: string) => ({
  send: put,
  body: { details: fields },
  status: 422,
  answer: invalid(path),
});

/** Section 3, update and delete. */
export const change: readonly Row[] = [
  {
    name: "update returns the changed agent, and fetch the same",
    mark: "doc",
    steps: [
      anAgent({ description: "d" }),
      {
        send: put,
        body: { details: { name: " Help desk ", description: " e " } },
        status: 200,
        answer: details(agent({ id: "$agent", name: "Help desk", description: " e " })),
      },
      { send: "GET /api/v1/agent/$agent", status: 200, sameAs: 1 },
    ],
  },
  {
    name: "an absent key keeps its value",
    mark: "client",
    steps: [
      anAgent({ description: "d" }),
      {
        send: put,
        body: { details: { name: "Help desk" } },
        status: 200,
        answer: details(agent({ name: "Help desk", description: "d" })),
      },
      {
        send: put,
        body: { details: { description: "e" } },
        status: 200,
        answer: details(agent({ name: "Help desk", description: "e" })),
      },
    ],
  },
  {
    name: "null clears the description",
    mark: "client",
    steps: [anAgent({ description: "d" }), { send: put, body: { details: { description: null } }, status: 200, answer: details(agent()) }],
  },
  {
    name: "an update without any field is accepted",
    mark: "ours",
    steps: [anAgent(), { send: put, body: { details: {} }, status: 200, answer: details(agent({ id: "$agent" })) }],
  },
  {
    name: "name cannot be null",
    mark: "client",
    steps: [anAgent(), put422({ name: null }, "details.name"), put422({ name: " " }, "details.name")],
  },
  {
    name: "all issues of an update are reported, in order",
    mark: "doc",
    steps: [
      anAgent(),
      {
        send: put,
        body: { idempotency_key: 1, details: { current_version_id: "x", description: 1, name: "" } },
        status: 422,
        answer: invalid("details.name", "details.description", "details.current_version_id", "idempotency_key"),
      },
      { send: put, body: {}, status: 422, answer: invalid("details") },
      { send: put, body: { name: "Help desk" }, status: 422, answer: invalid("details") },
      { send: "GET /api/v1/agent/$agent", status: 200, sameAs: 0 },
    ],
  },
  {
    name: "fields that an update cannot change are dropped",
    mark: "client",
    steps: [
      anAgent(),
      {
        send: put,
        body: {
          details: { id: "$new", environment_id: "$new", status: "retired", inserted_at: null, name: "Help desk" },
        },
        status: 200,
        answer: details(agent({ id: "$agent", name: "Help desk" })),
      },
    ],
  },
  {
    name: "the current version is set to one of the agent's and cleared",
    mark: "doc",
    steps: [
      anAgent(),
      {
        send: "POST /api/v1/agent_version",
        body: { details: { agent_id: "$agent", external_identifier: "1.0" } },
        status: 200,
        save: { version: "details.id" },
      },
      {
        send: put,
        body: { details: { current_version_id: "$version" } },
        status: 200,
        answer: details(agent({ id: "$agent", current_version_id: "$version" })),
      },
      {
        send: put,
        body: { details: { name: "Help desk" } },
        status: 200,
        answer: details(agent({ name: "Help desk", current_version_id: "$version" })),
      },
      {
        send: put,
        body: { details: { current_version_id: null } },
        status: 200,
        answer: details(agent({ name: "Help desk" })),
      },
    ],
  },
  {
    name: "a version that is unknown or another agent's cannot be current",
    mark: "ours",
    steps: [
      anAgent({}, "another"),
      {
        send: "POST /api/v1/agent_version",
        body: { details: { agent_id: "$another", external_identifier: "1.0" } },
        status: 200,
        save: { version: "details.id" },
      },
      anAgent(),
      put422({ current_version_id: "$version" }, "details.current_version_id"),
      put422({ current_version_id: "$new" }, "details.current_version_id"),
      put422({ current_version_id: "$foreign" }, "details.current_version_id"),
      {
        send: put,
        body: { details: { current_version_id: "$another" } },
        status: 422,
        answer: error("unexpected_ref_type"),
      },
    ],
  },
  {
    name: "an update of an agent that does not exist is not found",
    mark: "doc",
    steps: [
      { send: "PUT /api/v1/agent/$new", body: { details: { name: "x" } }, status: 404, answer: error("not_found") },
      { send: "PUT /api/v1/agent/1", body: { details: { name: "x" } }, status: 404, answer: error("not_found") },
      anAgent(),
      { send: put, as: "other", body: { details: { name: "x" } }, status: 404, answer: error("not_found") },
    ],
  },
  {
    name: "a retired agent cannot be updated",
    mark: "ours",
    steps: [
      anAgent(),
      { send: "POST /api/v1/agent/$agent/retire", status: 200 },
      { send: put, body: { details: { name: "x" } }, status: 409, answer: error("invalid_action") },
      { send: "GET /api/v1/agent/$agent", status: 200, sameAs: 1 },
    ],
  },
  {
    name: "an update without a body is refused",
    mark: "ours",
    steps: [
      anAgent(),
      { send: put, text: "", status: 400, answer: error("bad_request") },
      { send: put, status: 400, answer: error("bad_request") },
    ],
  },
  {
    name: "delete returns the deleted agent, which does not exist afterwards",
    mark: "doc",
    steps: [
      anAgent(),
      { send: "DELETE /api/v1/agent/$agent", status: 200, sameAs: 0 },
      { send: "GET /api/v1/agent/$agent", status: 404, answer: error("not_found") },
      { send: "DELETE /api/v1/agent/$agent", status: 404, answer: error("not_found") },
      { send: put, body: { details: { name: "x" } }, status: 404, answer: error("not_found") },
      { send: "POST /api/v1/agent/$agent/retire", status: 404, answer: error("not_found") },
    ],
  },
  {
    name: "a retired agent without instances can be deleted",
    mark: "ours",
    steps: [
      anAgent(),
      { send: "POST /api/v1/agent/$agent/retire", status: 200 },
      { send: "DELETE /api/v1/agent/$agent", status: 200, sameAs: 1 },
    ],
  },
  {
    name: "an agent that had an instance cannot be deleted",
    mark: "ours",
    steps: [
      anAgent(),
      anInstance(),
      { send: "DELETE /api/v1/agent/$agent", status: 409, answer: error("invalid_action") },
      {
        send: "GET /api/v1/agent/$agent",
        status: 200,
        answer: details(agent({ id: "$agent", status: "active", actions: "update retire", counts: { pending: 1 } })),
      },
    ],
  },
  {
    name: "a delete of an agent that does not exist is not found",
    mark: "doc",
    steps: [
      { send: "DELETE /api/v1/agent/$new", status: 404, answer: error("not_found") },
      { send: "DELETE /api/v1/agent/1", status: 404, answer: error("not_found") },
      anAgent(),
      { send: "DELETE /api/v1/agent/$agent", as: "other", status: 404, answer: error("not_found") },
      { send: "GET /api/v1/agent/$agent", status: 200, sameAs: 2 },
    ],
  },
];
