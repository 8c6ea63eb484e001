import { agent, anAgent, anInstance, details, error, invalid, type Row } from "../row.ts";

const retire = "POST /api/v1/agent/$agent/retire";
const reinstate = "POST /api/v1/agent/$agent/reinstate";
const retired = details(agent({ id: "$agent", status: "retired", actions: "reinstate delete" }));
const pending = details(agent({ id: "$agent" }));

/** Section 2, lifecycle, and section 3, retire and reinstate. */
export const lifecycle: readonly Row[] = [
  {
    name: "a new agent is pending and can be updated, retired and deleted",
    mark: "ours",
    steps: [anAgent(), { send: "GET /api/v1/agent/$agent", status: 200, answer: pending }],
  },
  {
    name: "a pending agent can be retired and reinstated",
    mark: "doc",
    steps: [
      anAgent(),
      { send: retire, body: {}, status: 200, answer: retired },
      { send: "GET /api/v1/agent/$agent", status: 200, sameAs: 1 },
      { send: reinstate, body: {}, status: 200, answer: pending },
      { send: "GET /api/v1/agent/$agent", status: 200, sameAs: 3 },
    ],
  },
  {
    name: "an agent with instances can be retired and reinstated",
    mark: "ours",
    steps: [
      anAgent(),
      anInstance(),
      {
        send: retire,
        body: {},
        status: 200,
        answer: details(agent({ id: "$agent", status: "retired", actions: "reinstate", counts: { pending: 1 } })),
      },
      {
        send: reinstate,
        body: {},
        status: 200,
        answer: details(agent({ id: "$agent", status: "active", actions: "update retire", counts: { pending: 1 } })),
      },
    ],
  },
  {
    name: "the body may be empty or absent, also with a JSON content type",
    mark: "client",
    steps: [
      anAgent(),
      { send: retire, status: 200, answer: retired },
      { send: reinstate, text: "", status: 200, answer: pending },
      { send: retire, headers: { "content-type": "application/json" }, status: 200, answer: retired },
      { send: reinstate, text: "", headers: { "content-type": null }, status: 200, answer: pending },
      { send: retire, body: { idempotency_key: null }, status: 200, answer: retired },
      { send: reinstate, body: { idempotency_key: "$key" }, status: 200, answer: pending },
      { send: retire, body: { reason: "no longer used" }, status: 200, answer: retired },
    ],
  },
  {
    name: "a body must be valid if there is one",
    mark: "doc",
    steps: [
      anAgent(),
      { send: retire, text: "{", status: 400, answer: error("bad_request") },
      { send: retire, text: "null", status: 400, answer: error("bad_request") },
      { send: retire, body: { idempotency_key: 1 }, status: 422, answer: invalid("idempotency_key") },
      { send: retire, body: { idempotency_key: "" }, status: 422, answer: invalid("idempotency_key") },
      { send: "GET /api/v1/agent/$agent", status: 200, sameAs: 0 },
    ],
  },
  {
    name: "an action that is not available answers 409 and changes nothing",
    mark: "ours",
    steps: [
      anAgent(),
      { send: reinstate, body: {}, status: 409, answer: error("invalid_action") },
      { send: "GET /api/v1/agent/$agent", status: 200, sameAs: 0 },
      { send: retire, body: {}, status: 200 },
      { send: retire, body: {}, status: 409, answer: error("invalid_action") },
      { send: "GET /api/v1/agent/$agent", status: 200, sameAs: 3 },
    ],
  },
  {
    name: "an action on an agent that does not exist is not found",
    mark: "doc",
    steps: [
      { send: "POST /api/v1/agent/$new/retire", status: 404, answer: error("not_found") },
      { send: "POST /api/v1/agent/$new/reinstate", status: 404, answer: error("not_found") },
      { send: "POST /api/v1/agent/1/retire", status: 404, answer: error("not_found") },
      anAgent(),
      { send: retire, as: "other", status: 404, answer: error("not_found") },
      { send: reinstate, as: "other", status: 404, answer: error("not_found") },
      { send: "POST /api/v1/agent/$environment/retire", status: 422, answer: error("unexpected_ref_type") },
    ],
  },
  {
    name: "the first instance makes an agent active",
    mark: "ours",
    steps: [
      anAgent(),
      anInstance(),
      {
        send: "GET /api/v1/agent/$agent",
        status: 200,
        answer: details(agent({ id: "$agent", status: "active", actions: "update retire", counts: { pending: 1 } })),
      },
    ],
  },
];
