import { anAgent, anInstance, aSpan, details, error, instance, invalid, list, page, span, type Json, type Row, type Step } from "../row.ts";

const send = "POST /api/v1/agent_spans";
const finish = "POST /api/v1/agent_spans/$span/finish";
const open: readonly Step[] = [anAgent(), anInstance()];
const body = (fields: { [key: string]: Json } = {}): Json => ({
  details: { agent_instance_id: "$instance", schema_name: "agent:llm", status: "active", payload: {}, ...fields },
});
const listed = "GET /api/v1/agent_spans?agent_instance_id=$instance";

/** Section 4: spans. */
export const spans: readonly Row[] = [
  {
    name: "create returns the span",
    mark: "doc",
    steps: [...open, { send, body: body(), status: 200, answer: details(span()) }],
  },
  {
    name: "a span with everything",
    mark: "doc",
    steps: [
      ...open,
      aSpan({}, "parent"),
      {
        send,
        body: body({
          id: "$new",
          parent_span_id: "$parent",
          status: "complete",
          payload: { prompt: "hi", n: [1, 2.5, null, true, {}] },
          result_payload: { text: "hello" },
          started_at: "2026-05-07T12:00:00+02:00",
          finished_at: "2026-05-07T10:00:01.5Z",
        }),
        status: 200,
        answer: details(
          span({
            id: "$new",
            parent_span_id: "$parent",
            status: "complete",
            payload: { prompt: "hi", n: [1, 2.5, null, true, {}] },
            result_payload: { text: "hello" },
            started_at: "2026-05-07T10:00:00.000000Z",
            finished_at: "2026-05-07T10:00:01.500000Z",
          }),
        ),
      },
    ],
  },
  {
    name: "an instance accepts spans before its start arrives and after it",
    mark: "client",
    steps: [...open, aSpan(), { send: "POST /api/v1/agent_instance/$instance/start", status: 200 }, aSpan()],
  },
  {
    name: "a finished instance accepts no new span",
    mark: "client",
    steps: [
      ...open,
      { send: "POST /api/v1/agent_instance/$instance/finish", body: { status: "cancelled" }, status: 200 },
      { send, body: body(), status: 409, answer: error("invalid_action") },
    ],
  },
  {
    name: "the instance counts its spans",
    mark: "doc",
    steps: [
      ...open,
      aSpan(),
      aSpan({}, "second"),
      {
        send: "GET /api/v1/agent_instance/$instance",
        status: 200,
        answer: details(instance({ id: "$instance", counts: { active: 2 } })),
      },
      { send: finish, body: { status: "failed" }, status: 200 },
      {
        send: "GET /api/v1/agent_instance/$instance",
        status: 200,
        answer: details(instance({ id: "$instance", counts: { active: 1, failed: 1 } })),
      },
    ],
  },
  {
    name: "finish ends a span, as complete by default",
    mark: "doc",
    steps: [
      ...open,
      aSpan(),
      {
        send: finish,
        body: {},
        status: 200,
        answer: details(span({ id: "$span", status: "complete", finished_at: "$TIMESTAMP" })),
      },
    ],
  },
  {
    name: "finish takes a status, a timestamp and a result",
    mark: "doc",
    steps: [
      ...open,
      aSpan(),
      {
        send: finish,
        body: { status: "failed", timestamp: "2026-05-07T12:00:00+02:00", result_payload: { error: "x" } },
        status: 200,
        answer: details(
          span({
            id: "$span",
            status: "failed",
            finished_at: "2026-05-07T10:00:00.000000Z",
            result_payload: { error: "x" },
          }),
        ),
      },
    ],
  },
  {
    name: "a finished span cannot be finished again",
    mark: "doc",
    steps: [
      ...open,
      aSpan(),
      { send: finish, status: 200 },
      { send: finish, status: 409, answer: error("invalid_action") },
      { send: finish, body: { status: "failed" }, status: 409, answer: error("invalid_action") },
      aSpan({ status: "complete" }, "span"),
      { send: finish, body: {}, status: 409, answer: error("invalid_action") },
    ],
  },
  {
    name: "all issues of a span are reported at once",
    mark: "doc",
    steps: [
      ...open,
      { send, body: {}, status: 422, answer: invalid("details") },
      {
        send,
        body: { details: {} },
        status: 422,
        answer: {
          status: "error",
          code: "validation_errors",
          message: "$TEXT",
          errors: { "details.agent_instance_id": ["$TEXT"], "details.schema_name": ["$TEXT"], "...": true },
        },
      },
      { send, body: body({ agent_instance_id: "x" }), status: 422, answer: invalid("details.agent_instance_id") },
      { send, body: body({ schema_name: "" }), status: 422, answer: invalid("details.schema_name") },
      { send, body: body({ schema_name: 1 }), status: 422, answer: invalid("details.schema_name") },
      { send, body: body({ status: "done" }), status: 422, answer: invalid("details.status") },
      { send, body: body({ id: "$foreign" }), status: 422, answer: invalid("details.id") },
      { send, body: body({ parent_span_id: "x" }), status: 422, answer: invalid("details.parent_span_id") },
      { send, body: body({ started_at: "yesterday" }), status: 422, answer: invalid("details.started_at") },
      { send, body: body({ finished_at: 1 }), status: 422, answer: invalid("details.finished_at") },
      { send, body: body({ idempotency_key: "" }), status: 422, answer: invalid("details.idempotency_key") },
      { send: listed, status: 200, answer: list([], page(0)) },
    ],
  },
  {
    name: "a span of an instance that does not exist is refused",
    mark: "ours",
    steps: [
      { send, body: body({ agent_instance_id: "$new" }), status: 422, answer: invalid("details.agent_instance_id") },
      ...open,
      { send, as: "other", body: body(), status: 422, answer: invalid("details.agent_instance_id") },
      { send, body: body({ agent_instance_id: "$agent" }), status: 422, answer: error("unexpected_ref_type") },
    ],
  },
  {
    name: "a parent must be a span of the same instance",
    mark: "ours",
    steps: [
      ...open,
      aSpan({}, "parent"),
      anInstance(),
      { send, body: body({ parent_span_id: "$parent" }), status: 422, answer: invalid("details.parent_span_id") },
      { send, body: body({ parent_span_id: "$new" }), status: 422, answer: invalid("details.parent_span_id") },
      { send, body: body({ parent_span_id: "$agent" }), status: 422, answer: error("unexpected_ref_type") },
      aSpan({}, "parent"),
      {
        send,
        body: body({ parent_span_id: "$parent" }),
        status: 200,
        answer: details(span({ parent_span_id: "$parent" })),
      },
    ],
  },
  {
    name: "an id that is already in use is refused",
    mark: "client",
    steps: [...open, aSpan({ id: "$new" }), { send, body: body({ id: "$new" }), status: 422, answer: invalid("details.id") }],
  },
  {
    name: "spans that do not exist are not found",
    mark: "doc",
    steps: ["$new", "1"].map((id) => ({
      send: `POST /api/v1/agent_spans/${id}/finish`,
      body: {},
      status: 404,
      answer: error("not_found"),
    })),
  },
  {
    name: "a list has the spans of an instance, or those of a range of time",
    mark: "doc",
    steps: [
      ...open,
      aSpan({ started_at: "2026-05-07T10:00:00Z" }, "one"),
      aSpan({ started_at: "2026-05-07T11:00:00Z" }, "two"),
      aSpan({ started_at: "2026-05-07T12:00:00Z" }, "three"),
      {
        send: listed,
        status: 200,
        answer: list(
          [
            { id: "$one", "...": true },
            { id: "$two", "...": true },
            { id: "$three", "...": true },
          ],
          page(3),
        ),
      },
      {
        send: `${listed}&start_time=2026-05-07T10:30:00Z`,
        status: 200,
        answer: list(
          [
            { id: "$two", "...": true },
            { id: "$three", "...": true },
          ],
          page(2),
        ),
      },
      {
        send: `${listed}&end_time=2026-05-07T11:30:00Z`,
        status: 200,
        answer: list(
          [
            { id: "$one", "...": true },
            { id: "$two", "...": true },
          ],
          page(2),
        ),
      },
      {
        send: `${listed}&start_time=2026-05-07T12:30:00%2B02:00&end_time=2026-05-07T13:30:00%2B02:00`,
        status: 200,
        answer: list([{ id: "$two", "...": true }], page(1)),
      },
      { send: `${listed}&start_time=yesterday`, status: 422, answer: invalid("start_time") },
      { send: `${listed}&end_time=2026`, status: 422, answer: invalid("end_time") },
      { send: "GET /api/v1/agent_spans?agent_instance_id=$new", status: 200, answer: list([], page(0)) },
      { send: "GET /api/v1/agent_spans?agent_instance_id=x", status: 422, answer: invalid("agent_instance_id") },
      { send: "GET /api/v1/agent_spans", status: 422, answer: invalid("agent_instance_id") },
    ],
  },
  {
    name: "create and finish are carried out once per key; the key of create may be in details",
    mark: "client",
    steps: [
      ...open,
      { send, body: body({ idempotency_key: "$key" }), status: 200, save: { span: "details.id" } },
      {
        send,
        body: body({ idempotency_key: "$key" }),
        status: 200,
        answerHeaders: { "idempotency-replayed": "true" },
        sameAs: 2,
      },
      { send: finish, body: { idempotency_key: "$key2" }, status: 200 },
      {
        send: finish,
        body: { idempotency_key: "$key2" },
        status: 200,
        answerHeaders: { "idempotency-replayed": "true" },
        sameAs: 4,
      },
      { send: listed, status: 200, answer: list("$ANY", page(1)) },
    ],
  },
];
