import {
  agent,
  anAgent,
  anEnvironment,
  anInstance,
  aSpan,
  details,
  error,
  invalid,
  list,
  page,
  type Json,
  type Row,
  type Step,
} from "../row.ts";

/** An agent outside the environment that the other token is for. */
const outside: readonly Step[] = [anEnvironment(), anAgent({ environment_id: "$place" })];
const unseen = { status: 404, as: "environment", answer: error("not_found") } as const;
const refused = { status: 403, as: "environment", answer: error("not_permitted") } as const;
const change = { details: { name: "x" } };

/** Section 6: the objects that a token of an environment's scope sees and changes. */
export const scope: readonly Row[] = [
  {
    name: "a token of an environment's scope sees and changes the objects in it",
    mark: "client",
    steps: [
      { ...anAgent(), as: "environment" },
      { send: "GET /api/v1/agent/$agent", as: "environment", status: 200, answer: details(agent({ id: "$agent" })) },
      { send: "PUT /api/v1/agent/$agent", as: "environment", body: change, status: 200 },
      { send: "POST /api/v1/agent/$agent/retire", as: "environment", status: 200 },
      { send: "POST /api/v1/agent/$agent/reinstate", as: "environment", status: 200 },
      { send: "DELETE /api/v1/agent/$agent", as: "environment", status: 200 },
    ],
  },
  {
    name: "it sees the objects that a token of the account's scope created there, and vice versa",
    mark: "client",
    steps: [
      anAgent(),
      { send: "GET /api/v1/agent/$agent", as: "environment", status: 200, sameAs: 0 },
      { ...anAgent({}, "second"), as: "environment" },
      { send: "GET /api/v1/agent/$second", status: 200, sameAs: 2 },
    ],
  },
  {
    name: "agents of other environments are not found",
    mark: "client",
    steps: [
      ...outside,
      { send: "GET /api/v1/agent/$agent", ...unseen },
      { send: "GET /api/v1/agent/show?agent_id=$agent", ...unseen },
      { send: "PUT /api/v1/agent/$agent", body: change, ...unseen },
      { send: "DELETE /api/v1/agent/$agent", ...unseen },
      { send: "POST /api/v1/agent/$agent/retire", ...unseen },
      { send: "POST /api/v1/agent/$agent/reinstate", ...unseen },
      { send: "GET /api/v1/agent/$agent", status: 200, sameAs: 1 },
    ],
  },
  {
    name: "a create that names another environment is not permitted",
    mark: "client",
    steps: [
      anEnvironment(),
      ...["$place", "$otherEnvironment", "$new"].map(
        (environment_id): Step => ({
          send: "POST /api/v1/agent",
          body: { details: { name: "Support bot", environment_id } as Json },
          ...refused,
        }),
      ),
      { send: "GET /api/v1/agent?environment_id=$place", status: 200, answer: list([], page(0)) },
    ],
  },
  {
    name: "a list has the agents of the token's environment only",
    mark: "client",
    steps: [
      ...outside,
      { send: "GET /api/v1/agent?environment_id=$place", as: "environment", status: 200, answer: list([], page(0)) },
      {
        send: "GET /api/v1/agent?sorting=-inserted_at&pagination[page_size]=100",
        as: "environment",
        status: 200,
        without: "$agent",
      },
      { send: "GET /api/v1/agent?environment_id=$environment", as: "environment", status: 200, without: "$agent" },
    ],
  },
  {
    name: "instances and spans of other environments are not found",
    mark: "client",
    steps: [
      ...outside,
      anInstance(),
      aSpan(),
      { send: "GET /api/v1/agent_instance/$instance", ...unseen },
      { send: "POST /api/v1/agent_instance/$instance/start", ...unseen },
      { send: "POST /api/v1/agent_instance/$instance/finish", ...unseen },
      { send: "POST /api/v1/agent_spans/$span/finish", ...unseen },
      { send: "GET /api/v1/agent_instance?agent_id=$agent", as: "environment", status: 200, answer: list([], page(0)) },
      {
        send: "GET /api/v1/agent_spans?agent_instance_id=$instance",
        as: "environment",
        status: 200,
        answer: list([], page(0)),
      },
    ],
  },
  {
    name: "it cannot add to an agent of another environment, nor see its versions",
    mark: "client",
    steps: [
      ...outside,
      anInstance(),
      ...["agent_version", "agent_schema_version"].flatMap((kind): Step[] => {
        const version = { details: { agent_id: "$agent", external_identifier: "1.0" } };
        return [
          { send: `POST /api/v1/${kind}`, body: version, status: 200, save: { version: "details.id" } },
          {
            send: `POST /api/v1/${kind}`,
            as: "environment",
            body: version,
            status: 422,
            answer: invalid("details.agent_id"),
          },
          { send: `GET /api/v1/${kind}/$version`, ...unseen },
          { send: `GET /api/v1/${kind}?agent_id=$agent`, as: "environment", status: 200, answer: list([], page(0)) },
          { send: `GET /api/v1/${kind}?agent_id=$agent`, status: 200, answer: list("$ANY", page(1)) },
        ];
      }),
      {
        send: "POST /api/v1/agent_instance/register",
        as: "environment",
        body: { agent_id: "$agent" },
        status: 422,
        answer: invalid("agent_id"),
      },
      { ...aSpan(), as: "environment", status: 422, answer: invalid("details.agent_instance_id"), save: {} },
      { send: "GET /api/v1/agent_instance?agent_id=$agent", status: 200, answer: list("$ANY", page(1)) },
      { send: "GET /api/v1/agent_spans?agent_instance_id=$instance", status: 200, answer: list([], page(0)) },
    ],
  },
  {
    name: "it cannot create, see, change or delete other environments",
    mark: "client",
    steps: [
      anEnvironment(),
      { send: "POST /api/v1/environment", body: { details: { account_id: "$account", name: "$key2" } }, ...refused },
      { send: "GET /api/v1/environment/$place", ...unseen },
      { send: "PUT /api/v1/environment/$place", body: change, ...unseen },
      { send: "DELETE /api/v1/environment/$place", ...unseen },
      { send: "GET /api/v1/environment/$environment", as: "environment", status: 200 },
    ],
  },
  {
    name: "it cannot change the account",
    mark: "ours",
    steps: [{ send: "PUT /api/v1/account/$account", body: change, ...refused }],
  },
  {
    name: "a token of either scope may generate ids",
    mark: "ours",
    steps: [{ send: "POST /api/v1/pfid/generate", as: "environment", body: { count: 1 }, status: 200 }],
  },
  {
    name: "a token of another account finds nothing",
    mark: "doc",
    steps: [
      anAgent(),
      anInstance(),
      aSpan(),
      ...[
        "GET /api/v1/agent/$agent",
        "GET /api/v1/agent_instance/$instance",
        "GET /api/v1/environment/$environment",
        "GET /api/v1/account/$account",
        "POST /api/v1/agent_instance/$instance/start",
        "POST /api/v1/agent_instance/$instance/finish",
        "POST /api/v1/agent_spans/$span/finish",
        "DELETE /api/v1/environment/$environment",
      ].map((send): Step => ({ send, as: "other", status: 404, answer: error("not_found") })),
      {
        send: "GET /api/v1/agent?sorting=-inserted_at&pagination[page_size]=100",
        as: "other",
        status: 200,
        without: "$agent",
      },
      ...["GET /api/v1/agent_instance?agent_id=$agent", "GET /api/v1/agent_spans?agent_instance_id=$instance"].flatMap((send): Step[] => [
        { send, as: "other", status: 200, answer: list([], page(0)) },
        { send, status: 200, answer: list("$ANY", page(1)) },
      ]),
    ],
  },
];
