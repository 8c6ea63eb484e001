import { NAME_LIMIT } from "../../../js/generated/rules.ts";
import { anAgent, anEnvironment, details, error, invalid, list, page, type Json, type Row, type Step } from "../row.ts";

const environment = (id: string, name: string): { [key: string]: Json } => ({
  type: "environment",
  id,
  account_id: "$account",
  name,
  "...": true,
});
const send = "POST /api/v1/environment";

/** Section 4: environments. */
export const environments: readonly Row[] = [
  {
    name: "an environment can be created, fetched, renamed and deleted",
    mark: "doc",
    steps: [
      {
        send,
        body: { details: { account_id: "$account", name: " $key " } },
        status: 200,
        answer: details(environment("$PFID", "$key")),
        save: { place: "details.id" },
      },
      { send: "GET /api/v1/environment/$place", status: 200, sameAs: 0 },
      {
        send: "PUT /api/v1/environment/$place",
        body: { details: { name: "$key2" } },
        status: 200,
        answer: details(environment("$place", "$key2")),
      },
      { send: "GET /api/v1/environment/$place", status: 200, sameAs: 2 },
      { send: "DELETE /api/v1/environment/$place", status: 200, sameAs: 2 },
      { send: "GET /api/v1/environment/$place", status: 404, answer: error("not_found") },
      { send: "DELETE /api/v1/environment/$place", status: 404, answer: error("not_found") },
    ],
  },
  {
    name: "a new environment accepts agents at once",
    mark: "doc",
    steps: [
      anEnvironment(),
      anAgent({ environment_id: "$place" }),
      {
        send: "GET /api/v1/agent?environment_id=$place",
        status: 200,
        answer: list([{ id: "$agent", "...": true }], page(1)),
      },
    ],
  },
  {
    name: "the list has the account's environments",
    mark: "doc",
    steps: [
      { send: "GET /api/v1/environment?account_id=$account", status: 200, answer: list("$ANY", "$ANY", "$ANY") },
      { send: "GET /api/v1/environment?account_id=$otherAccount", status: 200, answer: list([], "$ANY", "$ANY") },
      {
        send: "GET /api/v1/environment",
        as: "environment",
        status: 200,
        answer: list([environment("$environment", "$TEXT")], "$ANY", "$ANY"),
      },
      { send: "GET /api/v1/environment?account_id=x", status: 422, answer: invalid("account_id") },
    ],
  },
  {
    name: "the list has whole environments, in pages, and sorted",
    mark: "doc",
    steps: [
      { ...anEnvironment("one"), wait: 5 },
      { send, body: { details: { account_id: "$account", name: "$key2" } }, status: 200, save: { two: "details.id" } },
      {
        send: "GET /api/v1/environment?account_id=$account&sorting=-id&pagination[page_size]=2",
        status: 200,
        answer: list(
          [
            { ...environment("$two", "$key2"), inserted_at: "$TIMESTAMP", updated_at: "$TIMESTAMP" },
            { ...environment("$one", "$key"), inserted_at: "$TIMESTAMP", updated_at: "$TIMESTAMP" },
          ],
          { page_offset: 0, page_size: 2, page_index: 1, item_start: 1, item_end: 2, next_page_offset: 2, "...": true },
          { field: "id", direction: "desc" },
        ),
      },
      {
        send: "GET /api/v1/environment?account_id=$account&sorting[field]=id&sorting[direction]=desc&pagination[page_size]=1&pagination[offset]=1",
        status: 200,
        answer: list(
          [environment("$one", "$key")],
          { page_offset: 1, page_size: 1, page_index: 2, item_start: 2, item_end: 2, previous_page_offset: 0, "...": true },
          { field: "id", direction: "desc" },
        ),
      },
      {
        send: "GET /api/v1/environment?sorting=x&pagination[page_size]=0",
        status: 422,
        answer: invalid("pagination.page_size", "sorting"),
      },
    ],
  },
  {
    name: "a change is carried out once per key",
    mark: "client",
    steps: [
      anEnvironment(),
      { send: "PUT /api/v1/environment/$place", body: { details: { name: "$key" }, idempotency_key: "$key2" }, status: 200 },
      { send: "PUT /api/v1/environment/$place", body: { details: { name: "$key3" } }, status: 200 },
      {
        send: "PUT /api/v1/environment/$place",
        body: { details: { name: "$key" }, idempotency_key: "$key2" },
        status: 200,
        answerHeaders: { "idempotency-replayed": "true" },
        sameAs: 1,
      },
      { send: "GET /api/v1/environment/$place", status: 200, sameAs: 2 },
    ],
  },
  {
    name: "a caller may choose the id",
    mark: "client",
    steps: [
      {
        send,
        body: { details: { account_id: "$account", name: "$key", id: "$new" } },
        status: 200,
        answer: details(environment("$new", "$key")),
      },
      {
        send,
        body: { details: { account_id: "$account", name: "$key2", id: "$new" } },
        status: 422,
        answer: invalid("details.id"),
      },
      {
        send,
        body: { details: { account_id: "$account", name: "$key2", id: "$foreign" } },
        status: 422,
        answer: invalid("details.id"),
      },
      {
        send,
        body: { details: { account_id: "$account", name: "$key2", id: "x" } },
        status: 422,
        answer: invalid("details.id"),
      },
    ],
  },
  {
    name: "all issues of an environment are reported at once",
    mark: "doc",
    steps: [
      { send, body: {}, status: 422, answer: invalid("details") },
      { send, body: { details: {} }, status: 422, answer: invalid("details.account_id", "details.name") },
      {
        send,
        body: { details: { account_id: "x", name: "", id: 1 }, idempotency_key: "" },
        status: 422,
        answer: invalid("details.account_id", "details.name", "details.id", "idempotency_key"),
      },
      {
        send,
        body: { details: { account_id: "$account", name: "x".repeat(NAME_LIMIT + 1) } },
        status: 422,
        answer: invalid("details.name"),
      },
    ],
  },
  {
    name: "an environment of another account cannot be created",
    mark: "ours",
    steps: [
      {
        send,
        body: { details: { account_id: "$otherAccount", name: "$key" } },
        status: 422,
        answer: invalid("details.account_id"),
      },
      {
        send,
        body: { details: { account_id: "$environment", name: "$key" } },
        status: 422,
        answer: error("unexpected_ref_type"),
      },
    ],
  },
  {
    name: "an environment with agents cannot be deleted",
    mark: "doc",
    steps: [
      anEnvironment(),
      anAgent({ environment_id: "$place" }),
      { send: "DELETE /api/v1/environment/$place", status: 409, answer: error("invalid_action") },
      { send: "GET /api/v1/environment/$place", status: 200, sameAs: 0 },
      { send: "DELETE /api/v1/agent/$agent", status: 200 },
      { send: "DELETE /api/v1/environment/$place", status: 200 },
      {
        send: "POST /api/v1/agent",
        body: { details: { name: "Support bot", environment_id: "$place" } },
        status: 422,
        answer: invalid("details.environment_id"),
      },
    ],
  },
  {
    name: "what is not there",
    mark: "doc",
    steps: ["$new", "$otherEnvironment", "1"].flatMap((id): Step[] => [
      { send: `GET /api/v1/environment/${id}`, status: 404, answer: error("not_found") },
      {
        send: `PUT /api/v1/environment/${id}`,
        body: { details: { name: "x" } },
        status: 404,
        answer: error("not_found"),
      },
      { send: `DELETE /api/v1/environment/${id}`, status: 404, answer: error("not_found") },
    ]),
  },
  {
    name: "create is carried out once per key",
    mark: "client",
    steps: [
      { send, body: { details: { account_id: "$account", name: "$key" }, idempotency_key: "$key2" }, status: 200 },
      {
        send,
        body: { details: { account_id: "$account", name: "$key" }, idempotency_key: "$key2" },
        status: 200,
        answerHeaders: { "idempotency-replayed": "true" },
        sameAs: 0,
      },
    ],
  },
];
