import { aToken, anAgent, anEnvironment, details, error, invalid, list, page, type Json, type Row, type Step } from "../row.ts";

type Fields = { readonly [key: string]: Json };

const actions = (names = ""): Fields => ({
  activate: names.includes("activate"),
  suspend: names.includes("suspend"),
  revoke: names.includes("revoke"),
  delete: names.includes("delete"),
});

/** An API token of the account, new unless said otherwise. */
const token = (given: Fields = {}): Fields => ({
  type: "api_token",
  id: "$PFID",
  account_id: "$account",
  environment_id: null,
  token_scope: "account",
  status: "active",
  name: null,
  expires_at: null,
  last_used_at: null,
  inserted_at: "$TIMESTAMP",
  updated_at: "$TIMESTAMP",
  available_actions: actions("suspend revoke delete"),
  ...given,
});

const send = "POST /api/v1/api_token";
const soon = (milliseconds: number): string => new Date(Date.now() + milliseconds).toISOString();
const ping = (as: `$${string}`, is: "valid" | "not valid"): Step => ({
  send: "GET /api/v1/ping",
  as,
  ...(is === "valid" ? { status: 200 } : { status: 401, answer: error("bad_authtoken") }),
});

/** Each operation under `/api/v1/api_token`, with a body that it takes. */
const operations = (id: string): readonly Pick<Step, "send" | "body">[] => [
  { send: "GET /api/v1/api_token" },
  { send, body: { details: { token_scope: "account" } } },
  { send: `GET /api/v1/api_token/${id}` },
  { send: `DELETE /api/v1/api_token/${id}` },
  { send: `POST /api/v1/api_token/${id}/suspend` },
  { send: `POST /api/v1/api_token/${id}/activate` },
  { send: `POST /api/v1/api_token/${id}/revoke` },
];

/** Section 4: API tokens. */
export const tokens: readonly Row[] = [
  {
    name: "create a token of the account's scope: its text comes once, beside its details",
    mark: "doc",
    steps: [
      {
        send,
        body: { details: { token_scope: "account", account_id: "$account", name: " $key " } },
        status: 200,
        answer: { status: "success", details: token({ name: "$key" }), token: "$TOKEN" },
        save: { tokenId: "details.id", token: "token" },
      },
      { send: "GET /api/v1/api_token/$tokenId", status: 200, answer: details(token({ id: "$tokenId", name: "$key" })), without: "$token" },
      { send: "GET /api/v1/ping", as: "$token", status: 200 },
      { send: "GET /api/v1/account/$account", as: "$token", status: 200 },
      { send: "GET /api/v1/api_token/$tokenId", status: 200, without: "$token" },
    ],
  },
  {
    name: "create a token of one environment: it sees that one alone",
    mark: "doc",
    steps: [
      anEnvironment(),
      {
        send,
        body: { details: { token_scope: "environment", environment_id: "$place" } },
        status: 200,
        answer: { status: "success", details: token({ environment_id: "$place", token_scope: "environment" }), token: "$TOKEN" },
        save: { tokenId: "details.id", token: "token" },
      },
      { ...anAgent({ environment_id: "$place" }), as: "$token" },
      anAgent({}, "elsewhere"),
      { send: "GET /api/v1/agent", as: "$token", status: 200, answer: list([{ id: "$agent", "...": true }], page(1)) },
      { send: "GET /api/v1/agent/$elsewhere", as: "$token", status: 404, answer: error("not_found") },
    ],
  },
  {
    name: "the text names the partition of its account",
    mark: "ours",
    steps: [
      aToken(),
      {
        send,
        as: "other",
        body: { details: { token_scope: "account", account_id: "$otherAccount" } },
        status: 200,
        answer: { status: "success", details: { account_id: "$otherAccount", "...": true }, token: "$TOKEN" },
        contains: "registrar_181qm0_",
      },
    ],
  },
  {
    name: "a new token's rules, all at once",
    mark: "ours",
    steps: [
      { send, body: {}, status: 422, answer: invalid("details") },
      { send, body: { details: {} }, status: 422, answer: invalid("details.token_scope") },
      {
        send,
        body: {
          details: { token_scope: "team", account_id: "x", environment_id: 1, expires_at: "tomorrow", name: " " },
          idempotency_key: "",
        },
        status: 422,
        answer: invalid(
          "details.token_scope",
          "details.account_id",
          "details.environment_id",
          "details.expires_at",
          "details.name",
          "idempotency_key",
        ),
      },
      ...["Account", "", 1, ["account"], {}].map(
        (scope): Step => ({
          send,
          body: { details: { token_scope: scope as Json } },
          status: 422,
          answer: invalid("details.token_scope"),
        }),
      ),
      {
        send,
        body: { details: { token_scope: "environment" } },
        status: 422,
        answer: invalid("details.environment_id"),
      },
      {
        send,
        body: { details: { token_scope: "environment", environment_id: null } },
        status: 422,
        answer: invalid("details.environment_id"),
      },
      ...["$new", "$otherEnvironment", "x"].map(
        (id): Step => ({
          send,
          body: { details: { token_scope: "environment", environment_id: id } },
          status: 422,
          answer: invalid("details.environment_id"),
        }),
      ),
      ...["$environment", "$new", "x"].map(
        (id): Step => ({
          send,
          body: { details: { token_scope: "account", environment_id: id } },
          status: 422,
          answer: invalid("details.environment_id"),
        }),
      ),
      ...["$otherAccount", "$new"].map(
        (id): Step => ({
          send,
          body: { details: { token_scope: "account", account_id: id } },
          status: 422,
          answer: invalid("details.account_id"),
        }),
      ),
      ...["2020-01-01T00:00:00Z", "1969-12-31T23:59:59Z", soon(-1000)].map(
        (at): Step => ({
          send,
          body: { details: { token_scope: "account", expires_at: at } },
          status: 422,
          answer: invalid("details.expires_at"),
        }),
      ),
      {
        send,
        body: { details: { token_scope: "environment", environment_id: "$account" } },
        status: 422,
        answer: error("unexpected_ref_type"),
      },
      {
        send,
        body: {
          details: { token_scope: "account", account_id: null, environment_id: null, expires_at: null, name: null, note: 1 },
        },
        status: 200,
        answer: { status: "success", details: token(), token: "$TOKEN" },
      },
      {
        send,
        body: { details: { token_scope: "account", expires_at: "2999-12-31T23:59:59.5+02:00" } },
        status: 200,
        answer: { status: "success", details: token({ expires_at: "2999-12-31T21:59:59.500000Z" }), token: "$TOKEN" },
      },
    ],
  },
  {
    name: "sent again with its key, a create answers the details without the token",
    mark: "ours",
    steps: [
      {
        send,
        body: { details: { token_scope: "account" }, idempotency_key: "$key" },
        status: 200,
        answer: { status: "success", details: token(), token: "$TOKEN" },
        save: { tokenId: "details.id", token: "token" },
      },
      ...[0, 1].map(
        (): Step => ({
          send,
          body: { details: { token_scope: "account" }, idempotency_key: "$key" },
          status: 200,
          answer: details(token({ id: "$tokenId" })),
          answerHeaders: { "idempotency-replayed": "true" },
          without: "$token",
        }),
      ),
      {
        send,
        body: { details: { token_scope: "account", name: "x" }, idempotency_key: "$key" },
        status: 409,
        answer: error("idempotency_key_already_used"),
      },
    ],
  },
  {
    name: "suspend, activate and revoke, from the next request on",
    mark: "doc",
    steps: [
      aToken(),
      ping("$token", "valid"),
      {
        send: "POST /api/v1/api_token/$tokenId/suspend",
        status: 200,
        answer: details({ id: "$tokenId", status: "suspended", available_actions: actions("activate revoke delete"), "...": true }),
      },
      ping("$token", "not valid"),
      { send: "POST /api/v1/api_token/$tokenId/suspend", status: 409, answer: error("invalid_action") },
      {
        send: "POST /api/v1/api_token/$tokenId/activate",
        body: {},
        status: 200,
        answer: details({ id: "$tokenId", status: "active", available_actions: actions("suspend revoke delete"), "...": true }),
      },
      ping("$token", "valid"),
      { send: "POST /api/v1/api_token/$tokenId/activate", status: 409, answer: error("invalid_action") },
      {
        send: "POST /api/v1/api_token/$tokenId/revoke",
        body: { idempotency_key: "$key" },
        status: 200,
        answer: details({ id: "$tokenId", status: "revoked", available_actions: actions("delete"), "...": true }),
      },
      ping("$token", "not valid"),
      ...["suspend", "activate", "revoke"].map(
        (action): Step => ({ send: `POST /api/v1/api_token/$tokenId/${action}`, status: 409, answer: error("invalid_action") }),
      ),
      {
        send: "POST /api/v1/api_token/$tokenId/revoke",
        body: { idempotency_key: "$key" },
        status: 200,
        answerHeaders: { "idempotency-replayed": "true" },
      },
      {
        send: "DELETE /api/v1/api_token/$tokenId",
        headers: { "content-type": "application/json" },
        status: 200,
        answer: details({ id: "$tokenId", status: "revoked", "...": true }),
      },
      { send: "GET /api/v1/api_token/$tokenId", status: 404, answer: error("not_found") },
      { send: "DELETE /api/v1/api_token/$tokenId", status: 404, answer: error("not_found") },
    ],
  },
  {
    name: "a suspended token can be revoked, and an active one be deleted",
    mark: "ours",
    steps: [
      aToken(),
      { send: "POST /api/v1/api_token/$tokenId/suspend", status: 200 },
      { send: "POST /api/v1/api_token/$tokenId/revoke", status: 200 },
      aToken({}, "second"),
      ping("$second", "valid"),
      { send: "DELETE /api/v1/api_token/$secondId", body: { idempotency_key: "$key" }, status: 200 },
      ping("$second", "not valid"),
      {
        send: "DELETE /api/v1/api_token/$secondId",
        body: { idempotency_key: "$key" },
        status: 200,
        sameAs: 5,
        answerHeaders: { "idempotency-replayed": "true" },
      },
    ],
  },
  {
    name: "an expired token is not valid, and can only be deleted",
    mark: "ours",
    steps: [
      {
        send,
        body: { details: { token_scope: "account", expires_at: "$soon" } },
        status: 200,
        save: { tokenId: "details.id", token: "token" },
      },
      ping("$token", "valid"),
      {
        send: "GET /api/v1/api_token/$tokenId",
        wait: 3_000,
        status: 200,
        answer: details({ status: "expired", available_actions: actions("delete"), "...": true }),
      },
      ping("$token", "not valid"),
      ...["suspend", "activate", "revoke"].map(
        (action): Step => ({ send: `POST /api/v1/api_token/$tokenId/${action}`, status: 409, answer: error("invalid_action") }),
      ),
      { send: "DELETE /api/v1/api_token/$tokenId", status: 200 },
    ],
  },
  {
    name: "no token changes itself, and its flags say so",
    mark: "ours",
    steps: [
      aToken(),
      {
        send: "GET /api/v1/api_token/$tokenId",
        as: "$token",
        status: 200,
        answer: details({ status: "active", available_actions: actions(), "...": true }),
      },
      ...[
        "POST /api/v1/api_token/$tokenId/suspend",
        "POST /api/v1/api_token/$tokenId/activate",
        "POST /api/v1/api_token/$tokenId/revoke",
      ].map((send): Step => ({ send, as: "$token", status: 409, answer: error("invalid_action") })),
      { send: "DELETE /api/v1/api_token/$tokenId", as: "$token", status: 409, answer: error("invalid_action") },
      ping("$token", "valid"),
      { ...aToken({}, "second"), as: "$token" },
      { send: "POST /api/v1/api_token/$tokenId/revoke", as: "$second", status: 200 },
      ping("$token", "not valid"),
      ping("$second", "valid"),
    ],
  },
  {
    name: "the hour of the last use is told",
    mark: "ours",
    steps: [
      aToken(),
      ping("$token", "valid"),
      {
        send: "GET /api/v1/api_token/$tokenId",
        status: 200,
        answer: details({ last_used_at: "$HOUR", "...": true }),
        save: { hour: "details.last_used_at" },
      },
      { send: "GET /api/v1/agent/$new", as: "$token", status: 404 },
      { send: "GET /api/v1/api_token/$tokenId", status: 200, sameAs: 2 },
      aToken({}, "second"),
      // An operation that is refused is a use, too.
      { send: "GET /api/v1/agent/$new", as: "$second", status: 404 },
      { send: "GET /api/v1/api_token/$secondId", status: 200, answer: details({ last_used_at: "$HOUR", "...": true }) },
    ],
  },
  {
    name: "only tokens of the account's scope manage tokens, whatever is asked",
    mark: "ours",
    steps: [
      aToken(),
      ...operations("$tokenId").map((step): Step => ({ ...step, as: "environment", status: 403, answer: error("not_permitted") })),
      ...operations("$new").map((step): Step => ({ ...step, as: "environment", status: 403, answer: error("not_permitted") })),
      { ...aToken({ token_scope: "environment", environment_id: "$environment" }, "narrow") },
      ...operations("$narrowId").map((step): Step => ({ ...step, as: "$narrow", status: 403, answer: error("not_permitted") })),
      // What the scope decides is told before the body and the query are looked at.
      { send, as: "environment", text: "{", status: 403, answer: error("not_permitted") },
      { send, as: "environment", text: "x", headers: { "content-type": "text/plain" }, status: 403, answer: error("not_permitted") },
      { send: "GET /api/v1/api_token?sorting=x", as: "environment", status: 403, answer: error("not_permitted") },
      ping("$token", "valid"),
    ],
  },
  {
    name: "the tokens of other accounts do not exist, and other objects are no tokens",
    mark: "ours",
    steps: [
      aToken(),
      anAgent(),
      ...operations("$tokenId")
        .slice(2)
        .map((step): Step => ({ ...step, as: "other", status: 404, answer: error("not_found") })),
      ...["$new", "x"].flatMap((id) =>
        operations(id)
          .slice(2)
          .map((step): Step => ({ ...step, status: 404, answer: error("not_found") })),
      ),
      ...["$agent", "$environment", "$account"].map(
        (id): Step => ({ send: `GET /api/v1/api_token/${id}`, status: 422, answer: error("unexpected_ref_type") }),
      ),
      { send: "GET /api/v1/agent/$tokenId", status: 422, answer: error("unexpected_ref_type") },
      { send: "GET /api/v1/agent/$tokenId", as: "environment", status: 404, answer: error("not_found") },
      { send: "GET /api/v1/agent/$tokenId", as: "other", status: 404, answer: error("not_found") },
      ping("$token", "valid"),
    ],
  },
  {
    name: "the list has managed tokens, in pages and sorted",
    mark: "doc",
    steps: [
      // An account of its own, so that nothing else is in it.
      {
        send: "POST /api/v1/account",
        as: "operator",
        body: { details: { name: "$key" } },
        status: 200,
        save: { mine: "token", mineId: "details.id" },
      },
      { ...aToken({ name: "b" }, "one"), as: "$mine", wait: 5 },
      { ...aToken({ name: "a" }, "two"), as: "$mine", wait: 5 },
      { send: "POST /api/v1/api_token/$oneId/suspend", as: "$mine", wait: 5, status: 200 },
      ...(
        [
          ["", ["$PFID", "$oneId", "$twoId"], { field: "id", direction: "asc" }],
          ["?sorting=-id&account_id=$mineId", ["$twoId", "$oneId", "$PFID"], { field: "id", direction: "desc" }],
          ["?sorting=name", ["$twoId", "$oneId", "$PFID"], { field: "name", direction: "asc" }],
          ["?sorting=-name", ["$oneId", "$twoId", "$PFID"], { field: "name", direction: "desc" }],
          ["?sorting=status", ["$PFID", "$twoId", "$oneId"], { field: "status", direction: "asc" }],
          ["?sorting=-updated_at", ["$oneId", "$twoId", "$PFID"], { field: "updated_at", direction: "desc" }],
          ["?sorting=inserted_at", ["$PFID", "$oneId", "$twoId"], { field: "inserted_at", direction: "asc" }],
        ] as const
      ).map(
        ([query, ids, sorting]): Step => ({
          send: `GET /api/v1/api_token${query}`,
          as: "$mine",
          status: 200,
          answer: list(
            ids.map((id) => ({ id, account_id: "$mineId", "...": true })),
            page(3),
            sorting,
          ),
        }),
      ),
      {
        send: "GET /api/v1/api_token?pagination[page_size]=1&pagination[offset]=1",
        as: "$mine",
        status: 200,
        answer: list(
          [
            token({
              id: "$oneId",
              account_id: "$mineId",
              name: "b",
              status: "suspended",
              available_actions: actions("activate revoke delete"),
            }),
          ],
          page(3, 1, 1),
        ),
      },
      { send: "GET /api/v1/api_token?account_id=$account", as: "$mine", status: 200, answer: list([], page(0)) },
      { send: "GET /api/v1/api_token?account_id=x&sorting=x", status: 422, answer: invalid("account_id", "sorting") },
    ],
  },
  {
    name: "tokens of the configuration are not in the list, and none is in its text",
    mark: "ours",
    steps: [
      aToken(),
      {
        send: "GET /api/v1/api_token?sorting=-id&pagination[page_size]=1",
        status: 200,
        answer: list([token({ id: "$tokenId" })], "$ANY", "$ANY"),
        without: "$token",
      },
    ],
  },
  {
    name: "the tokens of a deleted environment are not valid, for good",
    mark: "ours",
    steps: [
      anEnvironment(),
      aToken({ token_scope: "environment", environment_id: "$place" }),
      aToken({ token_scope: "environment", environment_id: "$place" }, "second"),
      { send: "POST /api/v1/api_token/$secondId/suspend", status: 200 },
      ping("$token", "valid"),
      { send: "DELETE /api/v1/environment/$place", status: 200 },
      ping("$token", "not valid"),
      ...["$tokenId", "$secondId"].map(
        (id): Step => ({
          send: `GET /api/v1/api_token/${id}`,
          status: 200,
          answer: details({ environment_id: "$place", status: "revoked", available_actions: actions("delete"), "...": true }),
        }),
      ),
      { send: "POST /api/v1/api_token/$secondId/activate", status: 409, answer: error("invalid_action") },
      { send: "POST /api/v1/environment", body: { details: { account_id: "$account", name: "$key", id: "$place" } }, status: 200 },
      ping("$token", "not valid"),
      ping("$second", "not valid"),
      aToken({ token_scope: "environment", environment_id: "$place" }, "third"),
      ping("$third", "valid"),
    ],
  },
  {
    name: "a text that somebody made up is not valid",
    mark: "ours",
    steps: [
      aToken(),
      ...["x$token", "$token-", "registrar_3nqk8n_00000000000000000000000000_0000000000000", "registrar_", "registrar___"].map(
        (made): Step => ({
          send: "GET /api/v1/ping",
          headers: { authorization: `Bearer ${made}` },
          status: 401,
          answer: error("bad_authtoken"),
        }),
      ),
    ],
  },
  {
    name: "methods and paths",
    mark: "ours",
    steps: [
      { send: "PUT /api/v1/api_token/$new", body: {}, status: 405, answer: error("bad_request") },
      { send: "GET /api/v1/api_token/$new/revoke", status: 405, answer: error("bad_request") },
      { send: "POST /api/v1/api_token/$new/renew", status: 404, answer: error("not_found") },
      { send: "GET /api/v1/api_tokens", status: 404, answer: error("not_found") },
    ],
  },
];

const account = (given: Fields = {}): Fields => ({
  type: "account",
  id: "$PFID",
  name: "$TEXT",
  inserted_at: "$TIMESTAMP",
  updated_at: "$TIMESTAMP",
  ...given,
});
const make = "POST /api/v1/account";

/** Section 4: accounts by the operator. */
export const operatorAccounts: readonly Row[] = [
  {
    name: "the operator makes an account with its first token, which is for all of it",
    mark: "ours",
    steps: [
      {
        send: make,
        as: "operator",
        body: { details: { name: " $key ", note: 1 } },
        status: 200,
        answer: { status: "success", details: account({ name: "$key" }), token: "$TOKEN" },
        save: { mine: "token", mineId: "details.id" },
      },
      { send: "GET /api/v1/account", as: "$mine", status: 200, answer: list([account({ id: "$mineId", name: "$key" })], page(1)) },
      {
        send: "POST /api/v1/environment",
        as: "$mine",
        body: { details: { account_id: "$mineId", name: "$key" } },
        status: 200,
        save: { place: "details.id" },
      },
      { ...anAgent({ environment_id: "$place" }), as: "$mine" },
      { send: "GET /api/v1/agent/$agent", status: 404, answer: error("not_found") },
      { send: "GET /api/v1/agent/$agent", as: "$mine", status: 200 },
      {
        send: "GET /api/v1/api_token",
        as: "$mine",
        status: 200,
        answer: list([token({ account_id: "$mineId", last_used_at: "$HOUR", available_actions: actions() })], page(1)),
      },
    ],
  },
  {
    name: "the operator may choose the id, of a partition that no account has",
    mark: "ours",
    steps: [
      {
        send: make,
        as: "operator",
        body: { details: { name: "x", id: "$somewhere" } },
        status: 200,
        answer: { status: "success", details: account({ id: "$somewhere" }), token: "$TOKEN" },
      },
      ...["$somewhere", "$account", "$new", "$foreign", "x"].map(
        (id): Step => ({ send: make, as: "operator", body: { details: { name: "x", id } }, status: 422, answer: invalid("details.id") }),
      ),
      { send: make, as: "operator", body: { details: {} }, status: 422, answer: invalid("details.name") },
      { send: make, as: "operator", body: { details: { name: " ", id: 1 } }, status: 422, answer: invalid("details.name", "details.id") },
      { send: make, as: "operator", body: {}, status: 422, answer: invalid("details") },
    ],
  },
  {
    name: "sent again with its key, it answers the account without the token",
    mark: "ours",
    steps: [
      {
        send: make,
        as: "operator",
        body: { details: { name: "$key" }, idempotency_key: "$key" },
        status: 200,
        save: { mine: "token", mineId: "details.id" },
      },
      {
        send: make,
        as: "operator",
        body: { details: { name: "$key" }, idempotency_key: "$key" },
        status: 200,
        answer: details(account({ id: "$mineId", name: "$key" })),
        answerHeaders: { "idempotency-replayed": "true" },
        without: "$mine",
      },
      {
        send: make,
        as: "operator",
        body: { details: { name: "$key2" }, idempotency_key: "$key" },
        status: 409,
        answer: error("idempotency_key_already_used"),
      },
    ],
  },
  {
    name: "the operator lists all accounts",
    mark: "ours",
    steps: [
      { send: make, as: "operator", body: { details: { name: "$key" } }, status: 200, save: { mineId: "details.id" } },
      {
        send: "GET /api/v1/account?sorting=-inserted_at&pagination[page_size]=1",
        as: "operator",
        status: 200,
        answer: list([account({ id: "$mineId", name: "$key" })], "$ANY", { field: "inserted_at", direction: "desc" }),
      },
      { send: "GET /api/v1/account?pagination[page_size]=100", as: "operator", status: 200, contains: "$otherAccount" },
      { send: "GET /api/v1/account?sorting=status", as: "operator", status: 422, answer: invalid("sorting") },
    ],
  },
  {
    name: "nobody else makes accounts",
    mark: "ours",
    steps: (["account", "environment", "other"] as const).flatMap((as): Step[] => [
      { send: make, as, body: { details: { name: "x" } }, status: 403, answer: error("not_permitted") },
      { send: make, as, text: "{", status: 403, answer: error("not_permitted") },
    ]),
  },
  {
    name: "the operator's token does nothing else",
    mark: "ours",
    steps: [
      anAgent(),
      ...[
        "GET /api/v1/agent",
        "GET /api/v1/agent/$agent",
        "POST /api/v1/agent",
        "DELETE /api/v1/agent/$agent",
        "POST /api/v1/agent/$agent/retire",
        "POST /api/v1/agent_instance/register",
        "GET /api/v1/agent_spans?agent_id=$agent",
        "GET /api/v1/agent_version?agent_id=$agent",
        "GET /api/v1/environment",
        "POST /api/v1/environment",
        "GET /api/v1/account/$account",
        "PUT /api/v1/account/$account",
        "GET /api/v1/ping",
        "POST /api/v1/pfid/generate",
        "POST /api/v1/bulk",
        ...operations("$new").map((step) => step.send),
      ].map((send): Step => ({ send, as: "operator", status: 403, answer: error("not_permitted") })),
    ],
  },
];
