import { details, error, invalid, list, page, type Json, type Row, type Step } from "../row.ts";

const own: Json = { type: "account", id: "$account", name: "$TEXT", "...": true };
const generate = "POST /api/v1/pfid/generate";
const pfids = (count: number): Json => Array.from({ length: count }, () => "$PFID");

/** Section 4: the account, ids and ping. */
export const account: readonly Row[] = [
  {
    name: "the list of accounts has the token's one, for a token of its scope",
    mark: "client",
    steps: [
      { send: "GET /api/v1/account", status: 200, answer: list([own], page(1)) },
      { send: "GET /api/v1/account", as: "environment", status: 403, answer: error("not_permitted") },
      { send: "GET /api/v1/account?pagination[offset]=x", as: "environment", status: 403, answer: error("not_permitted") },
      {
        send: "GET /api/v1/account",
        as: "other",
        status: 200,
        answer: list([{ type: "account", id: "$otherAccount", name: "$TEXT", "...": true }], page(1)),
      },
      {
        send: "GET /api/v1/account?pagination[offset]=1&sorting=-name",
        status: 200,
        answer: list([], page(1, 1), { field: "name", direction: "desc" }),
      },
      { send: "GET /api/v1/account?sorting=status", status: 422, answer: invalid("sorting") },
    ],
  },
  {
    name: "fetch the account",
    mark: "doc",
    steps: [{ send: "GET /api/v1/account/$account", status: 200, answer: details(own) }],
  },
  {
    name: "any other account is not found",
    mark: "doc",
    steps: ["$otherAccount", "$new", "1"].flatMap((id): Step[] => [
      { send: `GET /api/v1/account/${id}`, status: 404, answer: error("not_found") },
      { send: `PUT /api/v1/account/${id}`, body: { details: { name: "x" } }, status: 404, answer: error("not_found") },
    ]),
  },
  {
    name: "the account's name can be changed",
    mark: "doc",
    steps: [
      {
        send: "PUT /api/v1/account/$account",
        body: { details: { name: " $key " }, idempotency_key: "$key2" },
        status: 200,
        answer: details({ type: "account", id: "$account", name: "$key", "...": true }),
      },
      {
        send: "GET /api/v1/account/$account",
        status: 200,
        answer: details({ type: "account", id: "$account", name: "$key", "...": true }),
      },
    ],
  },
  {
    name: "a change of the account is done once per key",
    mark: "client",
    steps: [
      {
        send: "PUT /api/v1/account/$account",
        body: { details: { name: "$key" }, idempotency_key: "$key2" },
        status: 200,
        answerHeaders: { "idempotency-replayed": null },
      },
      { send: "PUT /api/v1/account/$account", body: { details: { name: "$key3" } }, status: 200 },
      {
        send: "PUT /api/v1/account/$account",
        body: { details: { name: "$key" }, idempotency_key: "$key2" },
        status: 200,
        answerHeaders: { "idempotency-replayed": "true" },
        sameAs: 0,
      },
      { send: "GET /api/v1/account/$account", status: 200, sameAs: 1 },
    ],
  },
  {
    name: "ids are generated once per key",
    mark: "client",
    steps: [
      { send: generate, body: { count: 2, idempotency_key: "$key" }, status: 200 },
      {
        send: generate,
        body: { count: 2, idempotency_key: "$key" },
        status: 200,
        answerHeaders: { "idempotency-replayed": "true" },
        sameAs: 0,
      },
      { send: generate, body: { count: 3, idempotency_key: "$key" }, status: 409 },
    ],
  },
  {
    name: "an account's name that is blank or a number is refused",
    mark: "ours",
    steps: [
      {
        send: "PUT /api/v1/account/$account",
        body: { details: { name: " " } },
        status: 422,
        answer: invalid("details.name"),
      },
      {
        send: "PUT /api/v1/account/$account",
        body: { details: { name: 1 } },
        status: 422,
        answer: invalid("details.name"),
      },
      { send: "PUT /api/v1/account/$account", body: {}, status: 422, answer: invalid("details") },
    ],
  },
  {
    name: "ids are returned where older and where newer clients read them",
    mark: "client",
    steps: [
      {
        send: generate,
        body: { count: 3 },
        status: 200,
        answer: { status: "success", pfids: pfids(3), account_id: "$account", details: { pfids: pfids(3) } },
        increasing: "pfids",
      },
      {
        send: generate,
        body: { count: 1, account_id: "$account" },
        status: 200,
        answer: { status: "success", pfids: pfids(1), account_id: "$account", details: { pfids: pfids(1) } },
      },
    ],
  },
  {
    name: "a thousand ids can be generated at once, and increase strictly",
    mark: "ours",
    steps: [
      {
        send: generate,
        body: { count: 1000 },
        status: 200,
        increasing: "details.pfids",
        answer: { status: "success", pfids: pfids(1000), "...": true },
      },
    ],
  },
  {
    name: "a generated id can be chosen for an agent",
    mark: "client",
    steps: [
      { send: generate, body: { count: 1 }, status: 200, save: { made: "pfids.0" } },
      {
        send: "POST /api/v1/agent",
        body: { details: { id: "$made", name: "Support bot", environment_id: "$environment" } },
        status: 200,
        answer: details({ id: "$made", "...": true }),
      },
    ],
  },
  {
    name: "count is a whole number from 1 to 1,000",
    mark: "client",
    steps: [0, -1, 1001, 1.5, 1e300, "3", true, [1], null].map((count) => ({
      send: generate,
      body: { count },
      status: 422,
      answer: invalid("count"),
    })),
  },
  {
    name: "count is required",
    mark: "ours",
    steps: [{ send: generate, body: {}, status: 422, answer: invalid("count") }],
  },
  {
    name: "ids of another account cannot be generated",
    mark: "ours",
    steps: [
      { send: generate, body: { count: 1, account_id: "$otherAccount" }, status: 422, answer: invalid("account_id") },
      { send: generate, body: { count: 1, account_id: "x" }, status: 422, answer: invalid("account_id") },
    ],
  },
  {
    name: "ping",
    mark: "doc",
    steps: (["account", "environment", "other"] as const).map((as) => ({
      send: "GET /api/v1/ping",
      as,
      status: 200,
      answer: { status: "success", details: { token_type: "api" } },
    })),
  },
];
