import { agent, anAgent, anInstance, details, error, instance, invalid, list, page, type Row, type Step } from "../row.ts";

const register = "POST /api/v1/agent_instance/register";
const start = "POST /api/v1/agent_instance/$instance/start";
const finish = "POST /api/v1/agent_instance/$instance/finish";
const fetch = "GET /api/v1/agent_instance/$instance";
const counted = (counts: Record<string, number>): Step => ({
  send: "GET /api/v1/agent/$agent",
  status: 200,
  answer: details(agent({ id: "$agent", status: "active", actions: "update retire", counts })),
});

/** Section 4: register, start, finish, instances. */
export const instances: readonly Row[] = [
  {
    name: "register returns a pending instance",
    mark: "doc",
    steps: [
      anAgent(),
      {
        send: register,
        body: { agent_id: "$agent" },
        status: 200,
        answer: details(instance()),
        save: { instance: "details.id" },
      },
      { send: fetch, status: 200, sameAs: 1 },
      counted({ pending: 1 }),
    ],
  },
  {
    name: "start and finish update the counts of the agent",
    mark: "doc",
    steps: [
      anAgent(),
      anInstance(),
      {
        send: start,
        body: {},
        status: 200,
        answer: details(instance({ id: "$instance", status: "active", started_at: "$TIMESTAMP" })),
      },
      counted({ active: 1 }),
      {
        send: finish,
        body: {},
        status: 200,
        answer: details(instance({ id: "$instance", status: "complete", started_at: "$TIMESTAMP", finished_at: "$TIMESTAMP" })),
      },
      { send: fetch, status: 200, sameAs: 4 },
      counted({ complete: 1 }),
    ],
  },
  {
    name: "start and finish need no body",
    mark: "client",
    steps: [
      anAgent(),
      anInstance(),
      { send: start, status: 200 },
      { send: finish, headers: { "content-type": "application/json" }, status: 200 },
      counted({ complete: 1 }),
    ],
  },
  {
    name: "an active instance can fail",
    mark: "doc",
    steps: [
      anAgent(),
      anInstance(),
      { send: start, status: 200 },
      { send: finish, body: { status: "failed" }, status: 200 },
      counted({ failed: 1 }),
    ],
  },
  {
    name: "a pending instance can be cancelled",
    mark: "doc",
    steps: [
      anAgent(),
      anInstance(),
      {
        send: finish,
        body: { status: "cancelled" },
        status: 200,
        answer: details(instance({ id: "$instance", status: "cancelled", finished_at: "$TIMESTAMP" })),
      },
      counted({ cancelled: 1 }),
    ],
  },
  {
    name: "any other change of status is not available, and changes nothing",
    mark: "doc",
    steps: [
      anAgent(),
      anInstance(),
      { send: finish, body: {}, status: 409, answer: error("invalid_action") },
      { send: finish, body: { status: "complete" }, status: 409, answer: error("invalid_action") },
      { send: finish, body: { status: "failed" }, status: 409, answer: error("invalid_action") },
      { send: fetch, status: 200, sameAs: 1 },
      { send: start, status: 200 },
      { send: start, status: 409, answer: error("invalid_action") },
      { send: finish, body: { status: "cancelled" }, status: 409, answer: error("invalid_action") },
      { send: finish, body: {}, status: 200 },
      { send: start, status: 409, answer: error("invalid_action") },
      { send: finish, body: {}, status: 409, answer: error("invalid_action") },
      { send: finish, body: { status: "cancelled" }, status: 409, answer: error("invalid_action") },
      { send: fetch, status: 200, sameAs: 9 },
      counted({ complete: 1 }),
    ],
  },
  {
    name: "the counts cover all instances of the agent",
    mark: "doc",
    steps: [
      anAgent(),
      anInstance({}, "one"),
      anInstance({}, "two"),
      anInstance({}, "three"),
      anInstance({}, "four"),
      { send: "POST /api/v1/agent_instance/$one/start", status: 200 },
      { send: "POST /api/v1/agent_instance/$two/start", status: 200 },
      { send: "POST /api/v1/agent_instance/$two/finish", body: { status: "failed" }, status: 200 },
      { send: "POST /api/v1/agent_instance/$three/finish", body: { status: "cancelled" }, status: 200 },
      {
        send: "GET /api/v1/agent/$agent",
        status: 200,
        answer: {
          status: "success",
          details: {
            instance_counts: { total: 4, pending: 1, active: 1, complete: 0, failed: 1, cancelled: 1, finished: 2 },
            "...": true,
          },
        },
      },
    ],
  },
  {
    name: "timestamps of callers may have any offset and up to nanoseconds, and are stored in UTC",
    mark: "doc",
    steps: [
      anAgent(),
      anInstance(),
      {
        send: start,
        body: { timestamp: "2026-05-07T12:00:00.123456789+02:00" },
        status: 200,
        answer: details(instance({ id: "$instance", status: "active", started_at: "2026-05-07T10:00:00.123456Z" })),
      },
      {
        send: finish,
        body: { timestamp: "2026-05-07T05:30:00-05:00", status: "complete" },
        status: 200,
        answer: details(
          instance({
            id: "$instance",
            status: "complete",
            started_at: "2026-05-07T10:00:00.123456Z",
            finished_at: "2026-05-07T10:30:00.000000Z",
          }),
        ),
      },
    ],
  },
  {
    name: "what is no timestamp",
    mark: "doc",
    steps: [
      anAgent(),
      anInstance(),
      ...[
        "",
        "yesterday",
        "2026-05-07",
        "2026-05-07T10:00:00",
        "2026-02-30T10:00:00Z",
        "2026-05-07T25:00:00Z",
        "20260507T100000Z",
        "2026-05-07T10:00:00.1234567890Z",
        1778148000000,
        true,
        {},
      ].map((timestamp): Step => ({ send: start, body: { timestamp }, status: 422, answer: invalid("timestamp") })),
      { send: fetch, status: 200, sameAs: 1 },
      { send: start, body: { timestamp: null }, status: 200 },
    ],
  },
  {
    name: "a status that is not final is refused",
    mark: "doc",
    steps: [
      anAgent(),
      anInstance(),
      { send: start, status: 200 },
      ...["", "done", "Complete", "active", "pending", 1, []].map(
        (status): Step => ({
          send: finish,
          body: { status },
          status: 422,
          answer: invalid("status"),
        }),
      ),
      {
        send: finish,
        body: { status: "x", timestamp: "x", idempotency_key: "" },
        status: 422,
        answer: invalid("status", "timestamp", "idempotency_key"),
      },
      { send: finish, body: { status: null }, status: 200 },
    ],
  },
  {
    name: "register creates a version with a new identifier, which becomes the current one",
    mark: "client",
    steps: [
      anAgent(),
      {
        send: register,
        body: { agent_id: "$agent", agent_version: { external_identifier: "1.0", name: "First" } },
        status: 200,
        save: { version: "details.agent_version_id" },
      },
      {
        send: "GET /api/v1/agent/$agent",
        status: 200,
        answer: details(
          agent({
            id: "$agent",
            status: "active",
            actions: "update retire",
            current_version_id: "$version",
            counts: { pending: 1 },
          }),
        ),
      },
      {
        send: "GET /api/v1/agent_version/$version",
        status: 200,
        answer: {
          status: "success",
          details: { id: "$version", agent_id: "$agent", external_identifier: "1.0", name: "First", "...": true },
        },
      },
      {
        send: register,
        body: { agent_id: "$agent", agent_version: { external_identifier: "1.0" } },
        status: 200,
        answer: details(instance({ agent_version_id: "$version" })),
      },
    ],
  },
  {
    name: "a version need not become the current one",
    mark: "client",
    steps: [
      anAgent(),
      {
        send: register,
        body: { agent_id: "$agent", agent_version: { external_identifier: "1.0" } },
        status: 200,
        save: { first: "details.agent_version_id" },
      },
      {
        send: register,
        body: { agent_id: "$agent", agent_version: { external_identifier: "2.0" }, update_current_version: false },
        status: 200,
        answer: details(instance({ agent_version_id: "$PFID" })),
      },
      {
        send: "GET /api/v1/agent/$agent",
        status: 200,
        answer: { status: "success", details: { current_version_id: "$first", "...": true } },
      },
      {
        send: register,
        body: { agent_id: "$agent", agent_version: { external_identifier: "2.0" }, update_current_version: true },
        status: 200,
        save: { second: "details.agent_version_id" },
      },
      {
        send: "GET /api/v1/agent/$agent",
        status: 200,
        answer: { status: "success", details: { current_version_id: "$second", "...": true } },
      },
    ],
  },
  {
    name: "register creates a schema version, under either name of its schemas",
    mark: "client",
    steps: [
      anAgent(),
      {
        send: register,
        body: {
          agent_id: "$agent",
          agent_schema_version: { external_identifier: "s1", span_schemas: { "agent:llm": { type: "object" } } },
        },
        status: 200,
      },
      {
        send: "GET /api/v1/agent/$agent",
        status: 200,
        answer: { status: "success", details: { current_schema_version_id: "$PFID", "...": true } },
        save: { schema: "details.current_schema_version_id" },
      },
      {
        send: "GET /api/v1/agent_schema_version/$schema",
        status: 200,
        answer: {
          status: "success",
          details: { id: "$schema", agent_id: "$agent", external_identifier: "s1", "...": true },
        },
      },
      {
        send: register,
        body: {
          agent_id: "$agent",
          agent_schema_version: {
            external_identifier: "s2",
            span_type_schemas: [{ name: "agent:llm", params_schema: {} }],
          },
        },
        status: 200,
      },
    ],
  },
  {
    name: "a caller may choose the instance's id",
    mark: "client",
    steps: [
      anAgent(),
      {
        send: register,
        body: { agent_id: "$agent", id: "$new" },
        status: 200,
        answer: details(instance({ id: "$new" })),
      },
      { send: register, body: { agent_id: "$agent", id: "$new" }, status: 422, answer: invalid("id") },
      { send: register, body: { agent_id: "$agent", id: "$foreign" }, status: 422, answer: invalid("id") },
      { send: register, body: { agent_id: "$agent", id: "x" }, status: 422, answer: invalid("id") },
      counted({ pending: 1 }),
    ],
  },
  {
    name: "a retired agent accepts no new instance, and its present ones continue",
    mark: "ours",
    steps: [
      anAgent(),
      anInstance(),
      { send: "POST /api/v1/agent/$agent/retire", status: 200 },
      { send: register, body: { agent_id: "$agent" }, status: 409, answer: error("invalid_action") },
      { send: start, status: 200 },
      { send: finish, status: 200 },
      {
        send: "GET /api/v1/agent/$agent",
        status: 200,
        answer: details(agent({ id: "$agent", status: "retired", actions: "reinstate", counts: { complete: 1 } })),
      },
    ],
  },
  {
    name: "all issues of a registration are reported at once",
    mark: "doc",
    steps: [
      anAgent(),
      { send: register, body: {}, status: 422, answer: invalid("agent_id") },
      { send: register, body: { details: { agent_id: "$agent" } }, status: 422, answer: invalid("agent_id") },
      { send: register, body: { agent_id: "x" }, status: 422, answer: invalid("agent_id") },
      {
        send: register,
        body: { agent_id: "$agent", agent_version: "1.0" },
        status: 422,
        answer: invalid("agent_version"),
      },
      {
        send: register,
        body: { agent_id: "$agent", agent_version: {} },
        status: 422,
        answer: invalid("agent_version.external_identifier"),
      },
      {
        send: register,
        body: { agent_id: "$agent", agent_schema_version: [] },
        status: 422,
        answer: invalid("agent_schema_version"),
      },
      {
        send: register,
        body: { agent_id: "$agent", update_current_version: "yes" },
        status: 422,
        answer: invalid("update_current_version"),
      },
      { send: register, text: "", status: 400, answer: error("bad_request") },
      {
        send: register,
        body: {
          agent_id: 1,
          agent_version: 1,
          agent_schema_version: 1,
          id: 1,
          update_current_version: 1,
          idempotency_key: 1,
        },
        status: 422,
        answer: invalid("agent_id", "agent_version", "agent_schema_version", "id", "update_current_version", "idempotency_key"),
      },
      { send: "GET /api/v1/agent/$agent", status: 200, sameAs: 0 },
    ],
  },
  {
    name: "an instance of an agent that does not exist is refused",
    mark: "ours",
    steps: [
      { send: register, body: { agent_id: "$new" }, status: 422, answer: invalid("agent_id") },
      { send: register, body: { agent_id: "$foreign" }, status: 422, answer: invalid("agent_id") },
      anAgent(),
      { send: register, as: "other", body: { agent_id: "$agent" }, status: 422, answer: invalid("agent_id") },
      { send: register, body: { agent_id: "$environment" }, status: 422, answer: error("unexpected_ref_type") },
    ],
  },
  {
    name: "instances that do not exist are not found",
    mark: "doc",
    steps: ["$new", "1"].flatMap((id): Step[] => [
      { send: `GET /api/v1/agent_instance/${id}`, status: 404, answer: error("not_found") },
      { send: `POST /api/v1/agent_instance/${id}/start`, status: 404, answer: error("not_found") },
      { send: `POST /api/v1/agent_instance/${id}/finish`, status: 404, answer: error("not_found") },
    ]),
  },
  {
    name: "an agent's id is refused as an instance's",
    mark: "doc",
    steps: [anAgent(), { send: "GET /api/v1/agent_instance/$agent", status: 422, answer: error("unexpected_ref_type") }],
  },
  {
    name: "the list has the agent's instances",
    mark: "doc",
    steps: [
      anAgent(),
      { send: "GET /api/v1/agent_instance?agent_id=$agent", status: 200, answer: list([], page(0)) },
      anInstance({}, "one"),
      anInstance({}, "two"),
      {
        send: "GET /api/v1/agent_instance?agent_id=$agent",
        status: 200,
        answer: list(
          [
            { type: "agent_instance", id: "$one", agent_id: "$agent", status: "pending", "...": true },
            { type: "agent_instance", id: "$two", agent_id: "$agent", status: "pending", "...": true },
          ],
          page(2),
        ),
      },
      {
        send: "GET /api/v1/agent_instance?agent_id=$agent&pagination[page_size]=1&pagination[offset]=1&sorting=-id",
        status: 200,
        answer: list([{ id: "$one", "...": true }], page(2, 1, 1), { field: "id", direction: "desc" }),
      },
      { send: "GET /api/v1/agent_instance?agent_id=$new", status: 200, answer: list([], page(0)) },
      { send: "GET /api/v1/agent_instance?agent_id=x", status: 422, answer: invalid("agent_id") },
      { send: "GET /api/v1/agent_instance", status: 422, answer: invalid("agent_id") },
      {
        send: "GET /api/v1/agent_instance?agent_id=$agent&pagination[page_size]=101",
        status: 422,
        answer: invalid("pagination.page_size"),
      },
    ],
  },
  {
    name: "register, start and finish are carried out once per key",
    mark: "client",
    steps: [
      anAgent(),
      {
        send: register,
        body: { agent_id: "$agent", idempotency_key: "$key" },
        status: 200,
        save: { instance: "details.id" },
      },
      {
        send: register,
        body: { agent_id: "$agent", idempotency_key: "$key" },
        status: 200,
        answerHeaders: { "idempotency-replayed": "true" },
        sameAs: 1,
      },
      { send: start, body: { idempotency_key: "$key2" }, status: 200 },
      {
        send: start,
        body: { idempotency_key: "$key2" },
        status: 200,
        answerHeaders: { "idempotency-replayed": "true" },
        sameAs: 3,
      },
      { send: finish, body: { idempotency_key: "$key3" }, status: 200 },
      {
        send: finish,
        body: { idempotency_key: "$key3" },
        status: 200,
        answerHeaders: { "idempotency-replayed": "true" },
        sameAs: 5,
      },
      counted({ complete: 1 }),
    ],
  },
];
