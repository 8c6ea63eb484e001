import { anAgent, details, error, invalid, list, page, type Json, type Row, type Step } from "../row.ts";

/** Both kinds of version answer alike. */
const of = (kind: "agent_version" | "agent_schema_version", title: string): readonly Row[] => {
  const send = `POST /api/v1/${kind}`;
  const version = (fields: { [key: string]: Json } = {}): Json => ({
    type: kind,
    id: "$PFID",
    agent_id: "$agent",
    external_identifier: "1.0",
    ...fields,
    "...": true,
  });
  const body = (fields: { [key: string]: Json } = {}): Json => ({
    details: { agent_id: "$agent", external_identifier: "1.0", ...fields },
  });
  return [
    {
      name: `create and fetch a ${title}`,
      mark: "doc",
      steps: [
        anAgent(),
        { send, body: body(), status: 200, answer: details(version()), save: { version: "details.id" } },
        { send: `GET /api/v1/${kind}/$version`, status: 200, sameAs: 1 },
      ],
    },
    {
      name: `making a ${title} does not make it the current one`,
      mark: "ours",
      steps: [anAgent(), { send, body: body(), status: 200 }, { send: "GET /api/v1/agent/$agent", status: 200, sameAs: 0 }],
    },
    {
      name: `the list of an agent's ${title}s`,
      mark: "doc",
      steps: [
        anAgent(),
        { send, body: body(), status: 200, save: { one: "details.id" } },
        { send, body: body({ external_identifier: "2.0" }), status: 200, save: { two: "details.id" } },
        {
          send: `GET /api/v1/${kind}?agent_id=$agent`,
          status: 200,
          answer: list([version({ id: "$one" }), version({ id: "$two", external_identifier: "2.0" })], page(2)),
        },
        { send: `GET /api/v1/${kind}?agent_id=$new`, status: 200, answer: list([], page(0)) },
        { send: `GET /api/v1/${kind}?agent_id=x`, status: 422, answer: invalid("agent_id") },
      ],
    },
    {
      name: `what is wrong with a ${title} is reported at once`,
      mark: "doc",
      steps: [
        anAgent(),
        { send, body: {}, status: 422, answer: invalid("details") },
        {
          send,
          body: { details: {} },
          status: 422,
          answer: invalid("details.agent_id", "details.external_identifier"),
        },
        {
          send,
          body: body({ agent_id: 1, external_identifier: 1 }),
          status: 422,
          answer: invalid("details.agent_id", "details.external_identifier"),
        },
        { send, body: body({ external_identifier: "" }), status: 422, answer: invalid("details.external_identifier") },
        { send, body: body({ agent_id: "$new" }), status: 422, answer: invalid("details.agent_id") },
        { send, body: body({ agent_id: "$environment" }), status: 422, answer: error("unexpected_ref_type") },
        { send, as: "other", body: body(), status: 422, answer: invalid("details.agent_id") },
      ],
    },
    {
      name: `a ${title} that is not there`,
      mark: "doc",
      steps: [
        ...["$new", "1"].map(
          (id): Step => ({
            send: `GET /api/v1/${kind}/${id}`,
            status: 404,
            answer: error("not_found"),
          }),
        ),
        anAgent(),
        { send, body: body(), status: 200, save: { version: "details.id" } },
        { send: `GET /api/v1/${kind}/$version`, as: "other", status: 404, answer: error("not_found") },
        { send: `GET /api/v1/${kind}/$agent`, status: 422, answer: error("unexpected_ref_type") },
      ],
    },
    {
      name: `a ${title} is made once per key`,
      mark: "client",
      steps: [
        anAgent(),
        {
          send,
          body: { details: { agent_id: "$agent", external_identifier: "1.0" }, idempotency_key: "$key" },
          status: 200,
        },
        {
          send,
          body: { details: { agent_id: "$agent", external_identifier: "1.0" }, idempotency_key: "$key" },
          status: 200,
          answerHeaders: { "idempotency-replayed": "true" },
          sameAs: 1,
        },
      ],
    },
  ];
};

/** Section 4: versions and schema versions. */
export const versions: readonly Row[] = [...of("agent_version", "version"), ...of("agent_schema_version", "schema version")];
