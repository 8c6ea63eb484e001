import { allow, anAgent, error, invalid, type Row, type Step } from "../row.ts";

const nothing = (send: string): Step => ({ send, status: 404, answer: error("not_found") });
const refused = (send: string, ...methods: string[]): Step => ({
  send,
  status: 405,
  answerHeaders: { allow: allow(...methods) },
  answer: error("bad_request"),
});

/** Sections 5 and 6: paths, methods, heads. */
export const routes: readonly Row[] = [
  {
    name: "no such route",
    mark: "doc",
    steps: [
      "GET /api/v1/",
      "GET /api/v1/nothing",
      "POST /api/v1/agents",
      "GET /api/v1/agent/",
      "GET /api/v1/agent/$environment/retire/now",
      "POST /api/v1/agent/$environment/destroy",
      "GET /api/v1/agent%2Fshow",
    ].map(nothing),
  },
  {
    name: "no such route elsewhere on the host",
    mark: "doc",
    needs: ["whole-host"],
    steps: ["GET /api", "GET /api/v1", "GET /api/v2/agent", "GET /API/V1/AGENT", "GET /base/api/v1/agent", `GET /${"a/".repeat(1000)}`].map(
      nothing,
    ),
  },
  {
    name: "paths that a URL parser would tidy are no routes",
    mark: "ours",
    needs: ["bare-path"],
    steps: [
      "GET //api/v1/agent",
      "GET /api//v1/agent",
      "GET /api/v1//agent",
      "GET /api/v1/./agent",
      "GET /api/v1/x/../agent",
      "GET /api/v1/agent/%zz",
    ].map(nothing),
  },
  {
    name: "a method that a path does not take, with the ones that it takes",
    mark: "ours",
    steps: [
      refused("DELETE /api/v1/agent", "GET", "HEAD", "POST"),
      refused("PUT /api/v1/agent", "GET", "HEAD", "POST"),
      refused("PATCH /api/v1/agent", "GET", "HEAD", "POST"),
      refused("POST /api/v1/agent/$new", "GET", "HEAD", "PUT", "DELETE"),
      refused("PATCH /api/v1/agent/$new", "GET", "HEAD", "PUT", "DELETE"),
      refused("GET /api/v1/agent/$new/retire", "POST"),
      refused("DELETE /api/v1/agent/$new/reinstate", "POST"),
      refused("GET /api/v1/agent_instance/register", "POST"),
      refused("DELETE /api/v1/agent_instance", "GET", "HEAD"),
      refused("GET /api/v1/agent_instance/$new/start", "POST"),
      refused("PUT /api/v1/agent_spans", "GET", "HEAD", "POST"),
      refused("GET /api/v1/agent_spans/$new/finish", "POST"),
      refused("DELETE /api/v1/agent_version", "GET", "HEAD", "POST"),
      refused("DELETE /api/v1/agent_schema_version", "GET", "HEAD", "POST"),
      refused("PUT /api/v1/environment", "GET", "HEAD", "POST"),
      refused("POST /api/v1/environment/$new", "GET", "HEAD", "PUT", "DELETE"),
      refused("PUT /api/v1/account", "GET", "HEAD", "POST"),
      refused("DELETE /api/v1/account/$new", "GET", "HEAD", "PUT"),
      refused("GET /api/v1/pfid/generate", "POST"),
      refused("POST /api/v1/ping", "GET", "HEAD"),
      refused("GET /api/v1/bulk", "POST"),
    ],
  },
  {
    name: "agent_instance/register is a word, not an id, and reads no GET",
    mark: "ours",
    steps: [refused("GET /api/v1/agent_instance/register", "POST"), refused("DELETE /api/v1/agent_instance/register", "POST")],
  },
  {
    name: "agent/show is a word, not an id, and changes nothing",
    mark: "ours",
    steps: [refused("PUT /api/v1/agent/show", "GET", "HEAD"), refused("DELETE /api/v1/agent/show", "GET", "HEAD")],
  },
  {
    name: "the description of the API takes no token",
    mark: "ours",
    steps: [
      {
        send: "GET /api/v1/openapi",
        as: "none",
        status: 200,
        bare: true,
        answerHeaders: { "content-type": "application/json" },
        answer: { openapi: "3.1.0", info: "$ANY", paths: "$ANY", "...": true },
      },
      { send: "GET /api/v1/openapi", headers: { authorization: "Bearer x" }, as: "none", status: 200, bare: true },
    ],
  },
  {
    name: "methods that nobody knows",
    mark: "ours",
    needs: ["odd-method"],
    steps: [refused("PROPFIND /api/v1/agent", "GET", "HEAD", "POST")],
  },
  {
    name: "HEAD of an unknown route",
    mark: "ours",
    needs: ["head"],
    steps: [{ send: "HEAD /api/v1/nothing", status: 404, answer: null }],
  },
  {
    name: "every answer says JSON, a request id, and that it is not to be stored",
    mark: "doc",
    steps: [
      {
        send: "GET /api/v1/agent",
        status: 200,
        answerHeaders: {
          "content-type": "application/json",
          "cache-control": "no-store",
          "x-request-id": /^\S{8,128}$/,
        },
      },
      {
        send: "GET /api/v1/agent/$new",
        status: 404,
        answerHeaders: {
          "content-type": "application/json",
          "cache-control": "no-store",
          "x-request-id": /^\S{8,128}$/,
        },
      },
    ],
  },
  {
    name: "whatever a client accepts, it gets JSON",
    mark: "ours",
    steps: ["*/*", "text/html", "application/json;q=0", "application/xml, */*;q=0.1", "nonsense"].flatMap((accept): Step[] => [
      {
        send: "GET /api/v1/agent?pagination[page_size]=1",
        headers: { accept },
        status: 200,
        answerHeaders: { "content-type": "application/json" },
      },
      { send: "GET /api/v1/agent/$new", headers: { accept }, status: 404, answer: error("not_found") },
    ]),
  },
  {
    name: "errors are RFC 9457 problem details for those who ask for them",
    mark: "ours",
    steps: [
      {
        send: "GET /api/v1/agent/$new",
        headers: { accept: "application/problem+json" },
        status: 404,
        answerHeaders: { "content-type": "application/problem+json" },
        answer: { type: "about:blank", title: "Not Found", status: 404, detail: "$TEXT", code: "not_found" },
      },
      {
        send: "POST /api/v1/agent",
        body: { details: { name: "" }, idempotency_key: 1 },
        headers: { accept: "application/json, application/problem+json" },
        status: 422,
        answerHeaders: { "content-type": "application/problem+json" },
        answer: {
          type: "about:blank",
          title: "Unprocessable Content",
          status: 422,
          detail: "$TEXT",
          code: "validation_errors",
          errors: [
            { pointer: "#/details/name", detail: "$TEXT", code: "invalid_value", reason: "blank" },
            { pointer: "#/details/environment_id", detail: "$TEXT", code: "required_value", reason: "missing" },
            { pointer: "#/idempotency_key", detail: "$TEXT", code: "invalid_value", reason: "wrong_type" },
          ],
        },
      },
      {
        send: "GET /api/v1/agent?pagination[page_size]=1",
        headers: { accept: "application/problem+json" },
        status: 200,
        answerHeaders: { "content-type": "application/json" },
      },
    ],
  },
  {
    name: "a body where none is needed may be absent, even with a type",
    mark: "client",
    steps: [
      anAgent(),
      { send: "POST /api/v1/agent/$agent/retire", headers: { "content-type": "application/json" }, status: 200 },
      { send: "POST /api/v1/agent/$agent/reinstate", headers: { "content-type": "text/plain" }, status: 200 },
      { send: "DELETE /api/v1/agent/$agent", headers: { "content-type": "application/json" }, status: 200 },
    ],
  },
  {
    name: "a body where none is needed is read where there is one",
    mark: "ours",
    steps: [
      anAgent(),
      ...["POST /api/v1/agent/$agent/retire", "DELETE /api/v1/agent/$agent"].flatMap((send): Step[] => [
        { send, text: "not JSON", status: 400, answer: error("bad_request") },
        { send, text: "{}", headers: { "content-type": "text/plain" }, status: 415, answer: error("bad_request") },
        { send, text: '{"idempotency_key":1}', status: 422, answer: invalid("idempotency_key") },
      ]),
      { send: "GET /api/v1/agent/$agent", status: 200, sameAs: 0 },
    ],
  },
  {
    name: "a fragment of a very long path and a very long query",
    mark: "ours",
    steps: [
      nothing(`GET /api/v1/agent/${"a".repeat(2000)}`),
      { send: `GET /api/v1/agent?pagination[page_size]=1&x=${"y".repeat(4000)}`, status: 200 },
    ],
  },
];
