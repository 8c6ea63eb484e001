/**
 * The vocabulary of the HTTP table. A row is one rule of the contract as a short conversation; its name says the rule
 * and where it comes from.
 *
 * In what is sent, `$name` in any text (target, header, body, key) stands for a saved or given value. In what is
 * expected the same holds, and these stand for any value of their kind:
 * `$PFID`, `$TIMESTAMP`, `$HOUR`, `$TOKEN`, `$TEXT` (not empty), `$INTEGER`, `$ANY`. The keys of an expected object are all the keys, in
 * their order, unless it has the key `"..."`.
 *
 * Given in every row: what {@link world} holds, `$key`, `$key2`, `$key3` (fresh idempotency keys and names),
 * `$new`, `$new2`, `$new3` (fresh ids of the account's partition), `$foreign` (a fresh id of another account's partition),
 * `$somewhere` (a fresh id of a partition that no account has) and `$soon` (a moment 2.5 seconds ahead).
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Published by the API's docs, required by a published client, or decided by this project. */
export type Mark = "doc" | "client" | "ours";

export interface Row {
  name: string;
  mark: Mark;
  /** Only where a request arrives as it was written in these respects. */
  needs?: readonly import("./driver.ts").Trait[];
  steps: readonly Step[];
}

export interface Step {
  /** Method and target: `"GET /api/v1/agent?environment_id=$environment"`. */
  send: string;
  /** Which bearer token; the account's unless said. `$name`: one that was saved. `none`: no `Authorization` at all. */
  as?: "account" | "environment" | "other" | "operator" | "none" | `$${string}`;
  /** Added to the headers; `null` takes one away. A body brings `Content-Type: application/json`. */
  headers?: Readonly<Record<string, string | null>>;
  /** The body as a value, as text to send as it stands, or as bytes. */
  body?: Json;
  text?: string;
  bytes?: Uint8Array<ArrayBuffer>;

  /** Milliseconds that pass before it is sent, where its time must be another than the last one's. */
  wait?: number;

  status: number;
  /** The answer is a document of its own, without the envelope. */
  bare?: true;
  /** Each header's exact value, a pattern, or `null` for absent. */
  answerHeaders?: Readonly<Record<string, string | RegExp | null>>;
  /** What the body must be. Absent: not looked at beyond what every answer must satisfy. `null`: there is none. */
  answer?: Json;
  /** Names to keep values of the answer under: `{ agent: "details.id" }`. */
  save?: Readonly<Record<string, string>>;
  /** The answer is byte for byte that of the step with this index. */
  sameAs?: number;
  /** The texts at this path, a list, are strictly increasing. */
  increasing?: string;
  /** A text that the answer must contain. */
  contains?: string;
  /** A text that the answer must not contain. */
  without?: string;
}

type Fields = { readonly [key: string]: Json };

export const details = (value: Json): Json => ({ status: "success", details: value });

export const error = (code: string): Json => ({ status: "error", code, message: "$TEXT" });

/** Body 2 of the contract's errors, with one message on each of these paths. */
export const invalid = (...paths: string[]): Json => ({
  status: "error",
  code: "validation_errors",
  message: "$TEXT",
  errors: Object.fromEntries(paths.map((path) => [path, ["$TEXT"]])),
});

const counts = (given: Partial<Record<string, number>> = {}): Fields => {
  const { pending = 0, active = 0, complete = 0, failed = 0, cancelled = 0 } = given;
  const finished = complete + failed + cancelled;
  return { total: pending + active + finished, pending, active, complete, failed, cancelled, finished };
};

const actions = (names: string): Fields => ({
  update: names.includes("update"),
  retire: names.includes("retire"),
  reinstate: names.includes("reinstate"),
  delete: names.includes("delete"),
});

interface AgentPattern {
  id?: string;
  name?: string;
  description?: string | null;
  environment_id?: string;
  status?: string;
  current_version_id?: string | null;
  current_schema_version_id?: string | null;
  inserted_at?: string;
  updated_at?: string;
  actions?: string;
  counts?: Partial<Record<string, number>>;
}

/** An agent as the list has it, new unless said otherwise. */
export const agentSummary = (given: AgentPattern = {}): Fields => ({
  type: "agent",
  id: given.id ?? "$PFID",
  name: given.name ?? "Support bot",
  description: given.description ?? null,
  environment_id: given.environment_id ?? "$environment",
  status: given.status ?? "pending",
  current_version_id: given.current_version_id ?? null,
  current_schema_version_id: given.current_schema_version_id ?? null,
  inserted_at: given.inserted_at ?? "$TIMESTAMP",
  updated_at: given.updated_at ?? "$TIMESTAMP",
  available_actions: actions(given.actions ?? "update retire delete"),
});

/** A whole agent, new unless said otherwise. */
export const agent = (given: AgentPattern = {}): Fields => ({
  ...agentSummary(given),
  instance_counts: counts(given.counts),
});

interface InstancePattern {
  id?: string;
  agent_id?: string;
  agent_version_id?: string | null;
  environment_id?: string;
  status?: string;
  started_at?: string | null;
  finished_at?: string | null;
  counts?: Partial<Record<string, number>>;
}

export const instance = (given: InstancePattern = {}): Fields => ({
  type: "agent_instance",
  id: given.id ?? "$PFID",
  account_id: "$account",
  agent_id: given.agent_id ?? "$agent",
  agent_version_id: given.agent_version_id ?? null,
  agent_deployment_id: given.agent_id ?? "$agent",
  environment_id: given.environment_id ?? "$environment",
  status: given.status ?? "pending",
  inserted_at: "$TIMESTAMP",
  updated_at: "$TIMESTAMP",
  started_at: given.started_at ?? null,
  finished_at: given.finished_at ?? null,
  span_counts: counts(given.counts),
});

interface SpanPattern {
  id?: string;
  agent_instance_id?: string;
  parent_span_id?: string | null;
  schema_name?: string;
  status?: string;
  payload?: Json;
  result_payload?: Json;
  started_at?: string;
  finished_at?: string | null;
}

export const span = (given: SpanPattern = {}): Fields => ({
  type: "agent_span",
  id: given.id ?? "$PFID",
  account_id: "$account",
  agent_id: "$agent",
  agent_instance_id: given.agent_instance_id ?? "$instance",
  parent_span_id: given.parent_span_id ?? null,
  schema_name: given.schema_name ?? "agent:llm",
  status: given.status ?? "active",
  payload: given.payload ?? {},
  result_payload: given.result_payload ?? null,
  started_at: given.started_at ?? "$TIMESTAMP",
  finished_at: given.finished_at ?? null,
  inserted_at: "$TIMESTAMP",
  updated_at: "$TIMESTAMP",
});

/** The list's page: how many there are, where it starts and how long it may be; everything else follows. */
export const page = (count: number, offset = 0, size = 50): Fields => {
  const end = Math.min(offset + size, count);
  const empty = offset >= count;
  return {
    item_count: count,
    item_start: empty ? 0 : offset + 1,
    item_end: empty ? 0 : end,
    page_count: Math.ceil(count / size),
    page_index: Math.floor(offset / size) + 1,
    page_offset: offset,
    page_size: size,
    next_page_offset: end < count ? end : null,
    previous_page_offset: offset > 0 ? (empty ? Math.floor(Math.max(0, count - 1) / size) * size : Math.max(0, offset - size)) : null,
  };
};

export const list = (summaries: Json, pagination: Json = "$ANY", sorting: Json = { field: "id", direction: "asc" }): Json => ({
  status: "success",
  summaries,
  pagination,
  sorting,
});

// Steps that many rows begin with. They presume what other rows prove.

/** Makes an agent and keeps its id as `$agent`. */
export const anAgent = (fields: Fields = {}, as = "agent"): Step => ({
  send: "POST /api/v1/agent",
  body: { details: { name: "Support bot", environment_id: "$environment", ...fields } },
  status: 200,
  save: { [as]: "details.id" },
});

/** Makes an environment of the account, so that nothing else is in it, and keeps its id as `$place`. */
export const anEnvironment = (as = "place"): Step => ({
  send: "POST /api/v1/environment",
  body: { details: { account_id: "$account", name: "$key" } },
  status: 200,
  save: { [as]: "details.id" },
});

/** Makes an API token, keeps its id as `$tokenId` and its text as `$token`. */
export const aToken = (fields: Fields = {}, as = "token"): Step => ({
  send: "POST /api/v1/api_token",
  body: { details: { token_scope: "account", ...fields } },
  status: 200,
  save: { [`${as}Id`]: "details.id", [as]: "token" },
});

/** Registers an instance of `$agent` and keeps its id as `$instance`. */
export const anInstance = (fields: Fields = {}, as = "instance"): Step => ({
  send: "POST /api/v1/agent_instance/register",
  body: { agent_id: "$agent", ...fields },
  status: 200,
  save: { [as]: "details.id" },
});

/** Creates an open span of `$instance` and keeps its id as `$span`. */
export const aSpan = (fields: Fields = {}, as = "span"): Step => ({
  send: "POST /api/v1/agent_spans",
  body: {
    details: { agent_instance_id: "$instance", schema_name: "agent:llm", status: "active", payload: {}, ...fields },
  },
  status: 200,
  save: { [as]: "details.id" },
});

/** An `Allow` header of exactly these methods, OPTIONS apart, in any order. */
export const allow = (...methods: string[]): RegExp =>
  new RegExp(`^${methods.map((method) => `(?=.*\\b${method}\\b)`).join("")}(?:(?:${[...methods, "OPTIONS"].join("|")})(?:, |$))+$`);
