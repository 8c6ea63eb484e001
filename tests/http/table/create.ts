import { NAME_LIMIT } from "../../../js/generated/rules.ts";
import { agent, anAgent, details, error, invalid, type Json, type Row, type Step } from "../row.ts";

const send = "POST /api/v1/agent";
const body = (fields: { [key: string]: Json }, rest: { [key: string]: Json } = {}): Json => ({
  details: { name: "Support bot", environment_id: "$environment", ...fields },
  ...rest,
});
const refused = (fields: { [key: string]: Json }, ...paths: string[]): Step => ({
  send,
  body: body(fields),
  status: 422,
  answer: invalid(...paths),
});

/** Section 2. The corpus (`tests/corpus`) covers the values of each field; these rows cover the answers. */
export const create: readonly Row[] = [
  {
    name: "create returns 200 with the whole agent: every key, in its order",
    mark: "doc",
    steps: [{ send, body: body({}), status: 200, answer: details(agent()) }],
  },
  {
    name: "the name is stored trimmed, the description unchanged",
    mark: "ours",
    steps: [
      {
        send,
        body: body({ name: "\u3000 Support bot\n", description: " Answers\n\ttickets " }),
        status: 200,
        answer: details(agent({ description: " Answers\n\ttickets " })),
      },
    ],
  },
  {
    name: "any text is returned as it was sent",
    mark: "ours",
    steps: [
      {
        send,
        body: body({ name: 'Bot "1" \\ / <b>&amp; 漢字 👩‍👧 \u2028 \ufeff', description: "\uffff\u{10ffff}\r\n" }),
        status: 200,
        answer: details(agent({ name: 'Bot "1" \\ / <b>&amp; 漢字 👩‍👧 \u2028 \ufeff', description: "\uffff\u{10ffff}\r\n" })),
      },
    ],
  },
  {
    name: "a description has at most 10,000 characters, of any number of bytes",
    mark: "ours",
    steps: [
      { send, body: body({ description: "x".repeat(10_000) }), status: 200 },
      {
        send,
        body: body({ description: "🧾".repeat(10_000) }),
        status: 200,
        answer: details(agent({ description: "🧾".repeat(10_000) })),
      },
      refused({ description: "x".repeat(10_001) }, "details.description"),
      refused({ description: "🧾".repeat(10_001) }, "details.description"),
    ],
  },
  {
    name: "control characters are refused in a description, tabs and line breaks kept",
    mark: "ours",
    steps: [
      ...["\u0000", "\u0007", "\u001b", "\u007f", "\u0085"].map((character) =>
        refused({ description: `a${character}b` }, "details.description"),
      ),
      {
        send,
        body: body({ description: "\ta\nb\r\n" }),
        status: 200,
        answer: details(agent({ description: "\ta\nb\r\n" })),
      },
    ],
  },
  {
    name: "an empty description is not null",
    mark: "ours",
    steps: [{ send, body: body({ description: "" }), status: 200, answer: details(agent({ description: "" })) }],
  },
  {
    name: "null counts as absent in optional fields",
    mark: "client",
    steps: [
      {
        send,
        body: body({ description: null, id: null }, { idempotency_key: null }),
        status: 200,
        answer: details(agent()),
      },
    ],
  },
  {
    name: "a caller may choose the id",
    mark: "client",
    steps: [
      { send, body: body({ id: "$new" }), status: 200, answer: details(agent({ id: "$new" })) },
      { send: "GET /api/v1/agent/$new", status: 200, answer: details(agent({ id: "$new" })) },
    ],
  },
  {
    name: "an id that is already in use is refused",
    mark: "client",
    steps: [
      { send, body: body({ id: "$new" }), status: 200 },
      refused({ id: "$new", name: "Another" }, "details.id"),
      { send: "GET /api/v1/agent/$new", status: 200, answer: details(agent({ id: "$new" })) },
    ],
  },
  {
    name: "an id that another kind of object has is refused",
    mark: "ours",
    steps: [refused({ id: "$environment" }, "details.id")],
  },
  {
    name: "an id of another partition is refused",
    mark: "client",
    steps: [refused({ id: "$foreign" }, "details.id")],
  },
  {
    name: "unknown keys are accepted and dropped",
    mark: "client",
    steps: [
      {
        send,
        body: body({ team_id: "t", status: "retired", constructor: {} }, { extra: [1, { a: null }], name: 1 }),
        status: 200,
        answer: details(agent()),
      },
    ],
  },
  {
    name: "without details, only that issue is reported",
    mark: "client",
    steps: [{ send, body: {}, status: 422, answer: invalid("details") }],
  },
  {
    name: "every issue is reported, in the order of the contract's table",
    mark: "doc",
    steps: [
      {
        send,
        body: { idempotency_key: "", details: { id: 1, description: false, environment_id: "production", name: " " } },
        status: 422,
        answer: invalid("details.name", "details.environment_id", "details.description", "details.id", "idempotency_key"),
      },
    ],
  },
  {
    name: "two issues of one field are two messages",
    mark: "ours",
    steps: [
      {
        send,
        body: body({ name: `\u0000${"x".repeat(NAME_LIMIT)}` }),
        status: 422,
        answer: {
          status: "error",
          code: "validation_errors",
          message: "$TEXT",
          errors: { "details.name": ["$TEXT", "$TEXT"] },
        },
      },
    ],
  },
  {
    name: "an environment that does not exist is an issue",
    mark: "doc",
    steps: [refused({ environment_id: "$new" }, "details.environment_id")],
  },
  {
    name: "an environment of another account counts as one that does not exist",
    mark: "doc",
    steps: [refused({ environment_id: "$otherEnvironment" }, "details.environment_id")],
  },
  {
    name: "the id of another kind of object is refused as environment_id",
    mark: "doc",
    steps: [
      anAgent(),
      { send, body: body({ environment_id: "$agent" }), status: 422, answer: error("unexpected_ref_type") },
      { send, body: body({ environment_id: "$account" }), status: 422, answer: error("unexpected_ref_type") },
    ],
  },
  {
    name: "with a token of the account's scope the environment must be named",
    mark: "client",
    steps: [{ send, body: { details: { name: "Support bot" } }, status: 422, answer: invalid("details.environment_id") }],
  },
  {
    name: "with a token of an environment's scope the environment may be left out",
    mark: "ours",
    steps: [
      { send, as: "environment", body: { details: { name: "Support bot" } }, status: 200, answer: details(agent()) },
      {
        send,
        as: "environment",
        body: { details: { name: "Support bot", environment_id: null } },
        status: 200,
        answer: details(agent()),
      },
    ],
  },
  {
    name: "a refused create has no effect",
    mark: "ours",
    steps: [
      { send, body: body({ id: "$new", name: "" }), status: 422, answer: invalid("details.name") },
      { send: "GET /api/v1/agent/$new", status: 404, answer: error("not_found") },
    ],
  },
  {
    name: "no message echoes what was sent",
    mark: "ours",
    steps: [
      {
        send,
        body: body({ name: "<script>\u0007", environment_id: "<script>", id: "<script>" }),
        status: 422,
        answer: invalid("details.name", "details.environment_id", "details.id"),
        without: "<script>",
      },
    ],
  },
];
