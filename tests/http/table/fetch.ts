import { agent, anAgent, details, error, invalid, type Row } from "../row.ts";

/** Section 3, fetch. */
export const fetching: readonly Row[] = [
  {
    name: "fetch returns the answer of create, byte for byte",
    mark: "doc",
    steps: [anAgent({ description: "d" }), { send: "GET /api/v1/agent/$agent", status: 200, sameAs: 0 }],
  },
  {
    name: "later clients fetch with show and a query",
    mark: "client",
    steps: [anAgent(), { send: "GET /api/v1/agent/show?agent_id=$agent", status: 200, sameAs: 0 }],
  },
  {
    name: "show without an id is refused and names the parameter",
    mark: "ours",
    steps: [
      { send: "GET /api/v1/agent/show", status: 422, answer: invalid("agent_id") },
      { send: "GET /api/v1/agent/show?agent_id=", status: 422, answer: invalid("agent_id") },
      { send: "GET /api/v1/agent/show?agent_id=1", status: 422, answer: invalid("agent_id") },
    ],
  },
  {
    name: "an agent that does not exist is not found",
    mark: "doc",
    steps: [
      { send: "GET /api/v1/agent/$new", status: 404, answer: error("not_found") },
      { send: "GET /api/v1/agent/show?agent_id=$new", status: 404, answer: error("not_found") },
      { send: "GET /api/v1/agent/$foreign", status: 404, answer: error("not_found") },
    ],
  },
  {
    name: "an agent of another account is not found",
    mark: "doc",
    steps: [
      anAgent(),
      { send: "GET /api/v1/agent/$agent", as: "other", status: 404, answer: error("not_found") },
      { send: "GET /api/v1/agent/show?agent_id=$agent", as: "other", status: 404, answer: error("not_found") },
    ],
  },
  {
    name: "an id of another kind of object is refused as such",
    mark: "doc",
    steps: [{ send: "GET /api/v1/agent/$environment", status: 422, answer: error("unexpected_ref_type") }],
  },
  {
    name: "an id of another kind of object in another account counts as one that does not exist",
    mark: "ours",
    steps: [{ send: "GET /api/v1/agent/$environment", as: "other", status: 404, answer: error("not_found") }],
  },
  {
    name: "an id that is not a PFID is not found",
    mark: "ours",
    steps: ["1", "SHOW", "013XRZP12G3NQK8NZXVQ7JM2ARSFG5H1", "null", "..%2Fagent", "%00", "%F0%9F%98%80"].map((id) => ({
      send: `GET /api/v1/agent/${id}`,
      status: 404,
      answer: error("not_found"),
    })),
  },
  {
    name: "HEAD is answered like GET, without the body",
    mark: "ours",
    needs: ["head"],
    steps: [
      anAgent(),
      {
        send: "HEAD /api/v1/agent/$agent",
        status: 200,
        answerHeaders: { "content-type": "application/json" },
        answer: null,
      },
      {
        send: "HEAD /api/v1/agent/$new",
        status: 404,
        answerHeaders: { "content-type": "application/json" },
        answer: null,
      },
      { send: "HEAD /api/v1/agent", status: 200, answer: null },
      { send: "HEAD /api/v1/agent", as: "none", status: 401, answer: null },
    ],
  },
  {
    name: "unknown parameters are ignored",
    mark: "ours",
    steps: [anAgent(), { send: "GET /api/v1/agent/$agent?x=1&x=2&%zz=%&=&&", status: 200, answer: details(agent({ id: "$agent" })) }],
  },
];
