import { allow, anAgent, anInstance, error, type Row, type Step } from "../row.ts";

/** Operations that upstream documents or a published client calls. `{id}` is an id. */
const leftOut = [
  "GET /api/v1/admin_user",
  "GET /api/v1/admin_user/{id}",
  "GET /api/v1/admin_user_invite",
  "POST /api/v1/admin_user_invite",
  "GET /api/v1/admin_user_invite/{id}",
  "POST /api/v1/admin_user_invite/{id}/revoke",
  "GET /api/v1/agent_deployment",
  "POST /api/v1/agent_deployment",
  "GET /api/v1/agent_deployment/{id}",
  "PUT /api/v1/agent_deployment/{id}",
  "DELETE /api/v1/agent_deployment/{id}",
  "GET /api/v1/alerts",
  "GET /api/v1/alerts/count",
  "GET /api/v1/risk_profile",
  "POST /api/v1/risk_profile",
  "GET /api/v1/risk_profile/{id}",
  "PUT /api/v1/risk_profile/{id}",
  "DELETE /api/v1/risk_profile/{id}",
  "POST /api/v1/agent_spans/create_test_spans",
  "PUT /api/v1/agent_instance/{id}",
  "GET /api/v1/agent_instance/{id}/agent_context",
  "POST /api/v1/agent_instance/{id}/record_quality",
  "POST /api/v1/agent_instance/{id}/terminate",
  "POST /api/v1/agent_instance/{id}/update",
];

const sent = (operation: string, id = "$new") => operation.replace("{id}", id);
const says = (operation: string): Pick<Step, "status" | "answer" | "contains"> => ({
  status: 404,
  answer: error("not_implemented"),
  contains: operation,
});

/** Section 5: operations that this build leaves out. */
export const leftOutOperations: readonly Row[] = [
  {
    name: "an operation that is left out says so, and names itself",
    mark: "ours",
    steps: leftOut.flatMap((operation): Step[] => {
      const bodiless = operation.startsWith("GET");
      return [
        { send: sent(operation), ...says(operation) },
        { send: sent(operation), as: "environment", ...says(operation) },
        ...(bodiless ? [] : [{ send: sent(operation), body: { details: {}, idempotency_key: "$key" }, ...says(operation) }]),
      ];
    }),
  },
  {
    name: "an operation that is left out says so for any id and any body",
    mark: "ours",
    steps: [
      anAgent(),
      anInstance(),
      {
        send: "POST /api/v1/agent_instance/$instance/terminate",
        body: { reason: "x" },
        ...says("POST /api/v1/agent_instance/{id}/terminate"),
      },
      { send: "POST /api/v1/agent_instance/x/terminate", text: "{", ...says("POST /api/v1/agent_instance/{id}/terminate") },
      {
        send: "PUT /api/v1/agent_instance/$agent",
        text: "x",
        headers: { "content-type": "text/plain" },
        ...says("PUT /api/v1/agent_instance/{id}"),
      },
      { send: "POST /api/v1/risk_profile", text: "{}", headers: { "content-encoding": "gzip" }, ...says("POST /api/v1/risk_profile") },
      { send: "GET /api/v1/agent_instance/$instance", status: 200 },
    ],
  },
  {
    name: "without a token, or with a wrong one, the answer is 401",
    mark: "ours",
    steps: leftOut.flatMap((operation): Step[] => [
      { send: sent(operation), as: "none", status: 401, answer: error("not_authenticated") },
      { send: sent(operation), as: "none", headers: { authorization: "Bearer x" }, status: 401, answer: error("bad_authtoken") },
    ]),
  },
  {
    name: "a path with a slash at its end, or with parameters, is left out all the same",
    mark: "client",
    steps: [
      { send: "GET /api/v1/agent_deployment/", ...says("GET /api/v1/agent_deployment") },
      { send: "GET /api/v1/agent_deployment/?agent_id=$new", ...says("GET /api/v1/agent_deployment") },
      { send: "POST /api/v1/agent_deployment/", body: {}, ...says("POST /api/v1/agent_deployment") },
      { send: "GET /api/v1/risk_profile?account_id=$account&pagination[page_size]=100", ...says("GET /api/v1/risk_profile") },
      ...leftOut.map((operation): Step => ({ send: `${sent(operation)}/`, ...says(operation) })),
    ],
  },
  {
    name: "every path below a resource that is left out is left out, and the answer repeats nothing of it",
    mark: "ours",
    steps: [
      { send: "GET /api/v1/risk_profile/a/b/c", ...says("GET /api/v1/risk_profile/{id}/{id}/{id}") },
      { send: "POST /api/v1/alerts/secret-word", ...says("POST /api/v1/alerts/{id}"), without: "secret-word" },
    ],
  },
  {
    name: "HEAD as GET",
    mark: "ours",
    needs: ["head"],
    steps: ["alerts/count", "risk_profile", "agent_instance/$new/agent_context"].map((path) => ({
      send: `HEAD /api/v1/${path}`,
      status: 404,
      answer: null,
    })),
  },
  {
    name: "a method that such a path never takes is answered with 405",
    mark: "ours",
    steps: [
      ["PATCH /api/v1/risk_profile/$new", "GET", "HEAD", "POST", "PUT", "DELETE"],
      ["PATCH /api/v1/alerts", "GET", "HEAD", "POST", "PUT", "DELETE"],
      ["GET /api/v1/agent_instance/$new/terminate", "POST"],
      ["DELETE /api/v1/agent_instance/$new/record_quality", "POST"],
      ["POST /api/v1/agent_instance/$new/agent_context", "GET", "HEAD"],
      ["DELETE /api/v1/agent_instance/$new", "GET", "HEAD"],
      ["GET /api/v1/agent_spans/create_test_spans", "POST"],
    ].map(([send = "", ...methods]) => ({
      send,
      status: 405,
      answerHeaders: { allow: allow(...methods) },
      answer: error("bad_request"),
    })),
  },
  {
    name: "a page of an allowed origin may send the request and read the answer",
    mark: "ours",
    needs: ["preflight"],
    steps: [
      {
        send: "OPTIONS /api/v1/agent_instance/$new/terminate",
        as: "none",
        headers: { origin: "$origin", "access-control-request-method": "POST" },
        status: 204,
        answerHeaders: { "access-control-allow-methods": /\bPOST\b/ },
        answer: null,
      },
      {
        send: "OPTIONS /api/v1/agent_instance/$new",
        as: "none",
        headers: { origin: "$origin", "access-control-request-method": "PUT" },
        status: 204,
        answerHeaders: { allow: allow("GET", "HEAD"), "access-control-allow-methods": /\bPUT\b/ },
        answer: null,
      },
      {
        send: "POST /api/v1/risk_profile",
        headers: { origin: "$origin" },
        ...says("POST /api/v1/risk_profile"),
        answerHeaders: { "access-control-allow-origin": "$origin" },
      },
    ],
  },
  {
    name: "a path that only begins like one of them is not found",
    mark: "ours",
    steps: ["GET /api/v1/alert", "GET /api/v1/agent_deployments/$new", "POST /api/v1/agent_instance/$new/terminated"].map((send) => ({
      send,
      status: 404,
      answer: error("not_found"),
    })),
  },
];
