import {
  agent,
  anAgent,
  anEnvironment,
  details,
  error,
  instance,
  invalid,
  list,
  page,
  span,
  type Json,
  type Row,
  type Step,
} from "../row.ts";

const send = "POST /api/v1/bulk";
type Item = { [key: string]: Json };
const body = (...items: Json[]): Json => ({ items });
const outputs = (given: { [key: string]: Json }): Json => ({ status: "success", outputs: given });
const create = (key: string, fields: Item = {}): Item => ({
  _type: "agents/create",
  idempotency_key: key,
  details: { name: "Support bot", environment_id: "$environment", ...fields },
});
const refused = (items: Json, ...paths: string[]): Step => ({
  send,
  body: { items },
  status: 422,
  answer: invalid(...paths),
});

/** Section 4: many operations in one request. */
export const bulk: readonly Row[] = [
  {
    name: "each item's output is the operation's own answer, under its key",
    mark: "client",
    steps: [
      {
        send,
        body: body(create("$key"), create("$key2", { name: "Help desk" })),
        status: 200,
        answer: outputs({ $key: details(agent()), $key2: details(agent({ name: "Help desk" })) }),
      },
    ],
  },
  {
    name: "items run in order, and later ones see the changes of earlier ones",
    mark: "client",
    steps: [
      {
        send,
        body: body(
          create("$key", { id: "$new" }),
          { _type: "agents/update", idempotency_key: "$key2", agent_id: "$new", details: { name: "Help desk" } },
          { _type: "agents/show", idempotency_key: "$key3", agent_id: "$new" },
        ),
        status: 200,
        answer: outputs({
          $key: details(agent({ id: "$new" })),
          $key2: details(agent({ id: "$new", name: "Help desk" })),
          $key3: details(agent({ id: "$new", name: "Help desk" })),
        }),
      },
    ],
  },
  {
    name: "the operations on agents run as items",
    mark: "client",
    steps: [
      anEnvironment(),
      anAgent({ environment_id: "$place" }),
      {
        send,
        body: body(
          { _type: "agents/list", idempotency_key: "list-$key", environment_id: "$place" },
          { _type: "agents/retire", idempotency_key: "retire-$key", agent_id: "$agent" },
          { _type: "agents/reinstate", idempotency_key: "reinstate-$key", agent_id: "$agent" },
          { _type: "agents/delete", idempotency_key: "delete-$key", agent_id: "$agent" },
        ),
        status: 200,
        answer: outputs({
          "list-$key": list([{ id: "$agent", "...": true }], page(1)),
          "retire-$key": details(agent({ id: "$agent", environment_id: "$place", status: "retired", actions: "reinstate delete" })),
          "reinstate-$key": details(agent({ id: "$agent", environment_id: "$place" })),
          "delete-$key": details(agent({ id: "$agent", environment_id: "$place" })),
        }),
      },
      { send: "GET /api/v1/agent/$agent", status: 404 },
    ],
  },
  {
    name: "the operations on environments run as items",
    mark: "client",
    steps: [
      {
        send,
        body: body(
          {
            _type: "environments/create",
            idempotency_key: "create-$key",
            details: { account_id: "$account", name: "$key", id: "$new" },
          },
          {
            _type: "environments/update",
            idempotency_key: "update-$key",
            environment_id: "$new",
            details: { name: "$key2" },
          },
          { _type: "environments/show", idempotency_key: "show-$key", environment_id: "$new" },
          { _type: "environments/list", idempotency_key: "list-$key", account_id: "$account" },
        ),
        status: 200,
        answer: outputs({
          "create-$key": details({ id: "$new", name: "$key", "...": true }),
          "update-$key": details({ id: "$new", name: "$key2", "...": true }),
          "show-$key": details({ id: "$new", name: "$key2", "...": true }),
          "list-$key": list("$ANY", "$ANY", "$ANY"),
        }),
      },
    ],
  },
  {
    name: "the operations on instances and spans run as items",
    mark: "client",
    steps: [
      anAgent(),
      {
        send,
        body: body(
          { _type: "agent_instances/register", idempotency_key: "register-$key", agent_id: "$agent", id: "$new" },
          { _type: "agent_instances/start", idempotency_key: "start-$key", agent_instance_id: "$new" },
          {
            _type: "agent_spans/create",
            idempotency_key: "span-$key",
            details: {
              agent_instance_id: "$new",
              schema_name: "agent:llm",
              status: "active",
              payload: {},
              id: "$new2",
            },
          },
          { _type: "agent_spans/finish", idempotency_key: "close-$key", agent_span_id: "$new2" },
          {
            _type: "agent_instances/finish",
            idempotency_key: "finish-$key",
            agent_instance_id: "$new",
            status: "complete",
          },
        ),
        status: 200,
        answer: outputs({
          "register-$key": details(instance({ id: "$new" })),
          "start-$key": details(instance({ id: "$new", status: "active", started_at: "$TIMESTAMP" })),
          "span-$key": details(span({ id: "$new2", agent_instance_id: "$new" })),
          "close-$key": details(span({ id: "$new2", agent_instance_id: "$new", status: "complete", finished_at: "$TIMESTAMP" })),
          "finish-$key": details(
            instance({
              id: "$new",
              status: "complete",
              started_at: "$TIMESTAMP",
              finished_at: "$TIMESTAMP",
              counts: { complete: 1 },
            }),
          ),
        }),
      },
    ],
  },
  {
    name: "a bulk request stops at the first item that fails, and the error of that item is the last output",
    mark: "client",
    steps: [
      anEnvironment(),
      {
        send,
        body: body(
          create("$key", { environment_id: "$place" }),
          create("$key2", { environment_id: "$place", name: "" }),
          create("$key3", { environment_id: "$place" }),
        ),
        status: 200,
        answer: outputs({ $key: details(agent({ environment_id: "$place" })), $key2: invalid("details.name") }),
      },
      { send: "GET /api/v1/agent?environment_id=$place", status: 200, answer: list("$ANY", page(1)) },
    ],
  },
  {
    name: "an item whose object or action is not available ends the request",
    mark: "client",
    steps: [
      {
        send,
        body: body({ _type: "agents/show", idempotency_key: "$key", agent_id: "$new" }),
        status: 200,
        answer: outputs({ $key: error("not_found") }),
      },
      anAgent(),
      {
        send,
        body: body({ _type: "agents/reinstate", idempotency_key: "$key2", agent_id: "$agent" }),
        status: 200,
        answer: outputs({ $key2: error("invalid_action") }),
      },
    ],
  },
  {
    name: "an item's key has the effect that it has in a single request",
    mark: "ours",
    steps: [
      anEnvironment(),
      { send, body: body(create("$key", { environment_id: "$place" })), status: 200 },
      { send, body: body(create("$key", { environment_id: "$place" })), status: 200, sameAs: 1 },
      {
        send,
        body: body(create("$key", { environment_id: "$place", name: "Help desk" })),
        status: 200,
        answer: outputs({ $key: error("idempotency_key_already_used") }),
      },
      { send: "GET /api/v1/agent?environment_id=$place", status: 200, answer: list("$ANY", page(1)) },
    ],
  },
  {
    name: "a bulk request with a key of its own is carried out once per key",
    mark: "client",
    steps: [
      anEnvironment(),
      {
        send,
        body: { items: [create("$key", { environment_id: "$place" })], idempotency_key: "$key2" },
        status: 200,
        answerHeaders: { "idempotency-replayed": null },
      },
      {
        send,
        body: { items: [create("$key", { environment_id: "$place" })], idempotency_key: "$key2" },
        status: 200,
        answerHeaders: { "idempotency-replayed": "true" },
        sameAs: 1,
      },
      {
        send,
        body: { items: [create("$key3", { environment_id: "$place" })], idempotency_key: "$key2" },
        status: 409,
        answer: error("idempotency_key_already_used"),
      },
      { send: "GET /api/v1/agent?environment_id=$place", status: 200, answer: list("$ANY", page(1)) },
    ],
  },
  {
    name: "a request without items is refused",
    mark: "ours",
    steps: [refused([], "items")],
  },
  {
    name: "items must be a list of objects",
    mark: "client",
    steps: [
      { send, body: {}, status: 422, answer: invalid("items") },
      refused(null, "items"),
      refused({}, "items"),
      refused("x", "items"),
      refused([1], "items.0"),
      refused([create("$key"), null], "items.1"),
    ],
  },
  {
    name: "each item needs a key of 8 to 128 characters",
    mark: "client",
    steps: [
      refused([{ ...create("$key"), idempotency_key: null }], "items.0.idempotency_key"),
      refused([create("1234567")], "items.0.idempotency_key"),
      refused([create("k".repeat(129))], "items.0.idempotency_key"),
      refused([{ ...create("$key"), idempotency_key: 12345678 }], "items.0.idempotency_key"),
      refused([create("$key"), create("clé-d'idempotence")], "items.1.idempotency_key"),
    ],
  },
  {
    name: "keys are unique in the request, and nothing runs when they are not",
    mark: "client",
    steps: [
      anEnvironment(),
      refused(
        [create("$key", { environment_id: "$place" }), create("$key2"), create("$key", { environment_id: "$place" })],
        "items.2.idempotency_key",
      ),
      { send: "GET /api/v1/agent?environment_id=$place", status: 200, answer: list([], page(0)) },
    ],
  },
  {
    name: "an unknown type is refused, and nothing runs",
    mark: "ours",
    steps: [
      anEnvironment(),
      refused([create("$key", { environment_id: "$place" }), { _type: "agents/destroy", idempotency_key: "$key2" }], "items.1._type"),
      refused([{ idempotency_key: "$key" }], "items.0._type"),
      refused([{ _type: "pfid/generate", idempotency_key: "$key", count: 1 }], "items.0._type"),
      refused([{ _type: "bulk", idempotency_key: "$key", items: [] }], "items.0._type"),
      refused([{ _type: 1, idempotency_key: "$key" }], "items.0._type"),
      { send: "GET /api/v1/agent?environment_id=$place", status: 200, answer: list([], page(0)) },
    ],
  },
  {
    name: "at most 1,000 items",
    mark: "client",
    steps: [
      {
        send,
        body: {
          items: Array.from({ length: 1000 }, (_, index) => ({
            _type: "agents/show",
            idempotency_key: `$key-${index}`,
            agent_id: "$new",
          })),
        },
        status: 200,
        answer: outputs({ "$key-0": error("not_found") }),
      },
      refused(
        Array.from({ length: 1001 }, (_, index) => ({
          _type: "agents/show",
          idempotency_key: `$key-${index}`,
          agent_id: "$new",
        })),
        "items",
      ),
    ],
  },
  {
    name: "keys that JavaScript objects treat specially are keys like any other",
    mark: "ours",
    steps: [
      {
        send,
        text: '{"items":[{"_type":"agents/show","idempotency_key":"__proto__","agent_id":"$new"}]}',
        status: 200,
      },
      {
        send,
        body: body({ _type: "agents/show", idempotency_key: "constructor", agent_id: "$new" }),
        status: 200,
        answer: outputs({ constructor: error("not_found") }),
      },
    ],
  },
  {
    name: "the token's scope holds for every item",
    mark: "ours",
    steps: [
      anEnvironment(),
      {
        send,
        as: "environment",
        body: body(create("$key", { environment_id: "$place" })),
        status: 200,
        answer: outputs({ $key: error("not_permitted") }),
      },
    ],
  },
];
