// Generated from docs/openapi.json and js/generated/library.json by `npm run describe`, with json-schema-to-typescript. Do not edit.

declare const brand: unique symbol;

/** An owner of environments. */
export interface Account {
  /** The type of the object. */
  readonly type: "account";
  /** Its id. */
  readonly id: Pfid;
  /** 1 to 255 characters. */
  readonly name: string;
  /** When it was created. */
  readonly inserted_at: Timestamp;
  /** When it was last changed. */
  readonly updated_at: Timestamp;
}

/** An answer with one object. */
export interface AccountAnswer {
  /** The operation succeeded. */
  readonly status: "success";
  /** The object. */
  readonly details: Account;
}

/** The answer that is one object and the text of its new token. */
export interface AccountIssuedAnswer {
  /** The operation succeeded. */
  readonly status: "success";
  /** The object. */
  readonly details: Account;
  /** The text of the token. It is shown once: the answer to the same request with the same idempotency key has none. */
  readonly token?: string;
}

/** A page of a list. */
export interface AccountList {
  /** The operation succeeded. */
  readonly status: "success";
  /** The objects on the page. */
  readonly summaries: readonly Account[];
  /** The position of the page in the list. */
  readonly pagination: Pagination;
  /** The order of the list. */
  readonly sorting: Sorting;
}

/** An agent. */
export interface Agent {
  /** What kind of object it is. */
  readonly type: "agent";
  /** Its id. */
  readonly id: Pfid;
  /** 1 to 255 characters. */
  readonly name: string;
  /** At most 10,000 characters. */
  readonly description: string | null;
  /** The environment that it belongs to. */
  readonly environment_id: Pfid;
  /** Its status in the life cycle. */
  readonly status: AgentStatus;
  /** Its current version. */
  readonly current_version_id: Pfid | null;
  /** Its current schema version. */
  readonly current_schema_version_id: Pfid | null;
  /** When it was created. */
  readonly inserted_at: Timestamp;
  /** When it was last changed. */
  readonly updated_at: Timestamp;
  /** The actions that are available on it now. */
  readonly available_actions: AvailableActions;
  /** The number of its instances, by status. */
  readonly instance_counts: InstanceCounts;
}

/** An answer with one object. */
export interface AgentAnswer {
  /** The operation succeeded. */
  readonly status: "success";
  /** The object. */
  readonly details: Agent;
}

/** A run of an agent. */
export interface AgentInstance {
  /** The type of the object. */
  readonly type: "agent_instance";
  /** Its id. */
  readonly id: Pfid;
  /** The account that it belongs to. */
  readonly account_id: Pfid;
  /** The agent that runs. */
  readonly agent_id: Pfid;
  /** The version that runs. */
  readonly agent_version_id: Pfid | null;
  /** The id of the agent, because an agent belongs to one environment. */
  readonly agent_deployment_id: Pfid;
  /** The agent's environment. */
  readonly environment_id: Pfid;
  /** Its status. */
  readonly status: RunStatus;
  /** When it was registered. */
  readonly inserted_at: Timestamp;
  /** When it was last changed. */
  readonly updated_at: Timestamp;
  /** When it was started. */
  readonly started_at: Timestamp | null;
  /** When it was finished. */
  readonly finished_at: Timestamp | null;
  /** The number of its spans, by status. */
  readonly span_counts: InstanceCounts;
}

/** An answer with one object. */
export interface AgentInstanceAnswer {
  /** The operation succeeded. */
  readonly status: "success";
  /** The object. */
  readonly details: AgentInstance;
}

/** A page of a list. */
export interface AgentInstanceList {
  /** The operation succeeded. */
  readonly status: "success";
  /** The objects on the page. */
  readonly summaries: readonly AgentInstance[];
  /** The position of the page in the list. */
  readonly pagination: Pagination;
  /** The order of the list. */
  readonly sorting: Sorting;
}

/** An agent as it is stored. */
export interface AgentRecord {
  /** Its id. */
  readonly id: string;
  /** Its name. */
  readonly name: string;
  /** Its description. */
  readonly description: string | null;
  /** The environment that it belongs to. */
  readonly environment_id: string;
  /** When it was created. */
  readonly inserted_at: Time;
  /** When it was last changed. */
  readonly updated_at: Time;
  /** Whether it is retired. False by default. */
  readonly retired?: boolean | undefined;
  /** When something last happened to one of its instances. An agent with instances and without this time is active. */
  readonly last_activity_at?: Time | null | undefined;
  /** Its current version. */
  readonly current_version_id?: string | null | undefined;
  /** Its current schema version. */
  readonly current_schema_version_id?: string | null | undefined;
  /** Its instances by their status. None by default. */
  readonly instance_counts?: StoredCounts | undefined;
}

/** A version of the schemas of an agent's spans. */
export interface AgentSchemaVersion {
  /** The type of the object. */
  readonly type: "agent_schema_version";
  /** Its id. */
  readonly id: Pfid;
  /** The account that it belongs to. */
  readonly account_id: Pfid;
  /** Its agent. */
  readonly agent_id: Pfid;
  /** An identifier that the caller chooses, unique in the agent. */
  readonly external_identifier: string;
  /** Its name. */
  readonly name: string | null;
  /** Its description. */
  readonly description: string | null;
  /** Unchanged, as the request had it. */
  readonly span_schemas: {readonly [key: string]: unknown} | null;
  /** Unchanged, as the request had it. */
  readonly span_result_schemas: {readonly [key: string]: unknown} | null;
  /** Unchanged, as the request had it. */
  readonly span_type_schemas: readonly unknown[] | null;
  /** Unchanged, as the request had it. */
  readonly quality_schemas: readonly unknown[] | null;
  /** When it was created. */
  readonly inserted_at: Timestamp;
  /** When it was last changed. */
  readonly updated_at: Timestamp;
}

/** An answer with one object. */
export interface AgentSchemaVersionAnswer {
  /** The operation succeeded. */
  readonly status: "success";
  /** The object. */
  readonly details: AgentSchemaVersion;
}

/** A page of a list. */
export interface AgentSchemaVersionList {
  /** The operation succeeded. */
  readonly status: "success";
  /** The objects on the page. */
  readonly summaries: readonly AgentSchemaVersion[];
  /** The position of the page in the list. */
  readonly pagination: Pagination;
  /** The order of the list. */
  readonly sorting: Sorting;
}

/** A step of an instance. */
export interface AgentSpan {
  /** The type of the object. */
  readonly type: "agent_span";
  /** Its id. */
  readonly id: Pfid;
  /** The account that it belongs to. */
  readonly account_id: Pfid;
  /** The agent of its instance. */
  readonly agent_id: Pfid;
  /** Its instance. */
  readonly agent_instance_id: Pfid;
  /** Its parent span. */
  readonly parent_span_id: Pfid | null;
  /** The kind of step. */
  readonly schema_name: string;
  /** Its status. */
  readonly status: RunStatus;
  /** The input of the step, unchanged. */
  readonly payload: {readonly [key: string]: unknown};
  /** The output of the step, unchanged. */
  readonly result_payload: {readonly [key: string]: unknown} | null;
  /** When it started. */
  readonly started_at: Timestamp;
  /** When it finished. */
  readonly finished_at: Timestamp | null;
  /** When it was created. */
  readonly inserted_at: Timestamp;
  /** When it was last changed. */
  readonly updated_at: Timestamp;
}

/** An answer with one object. */
export interface AgentSpanAnswer {
  /** The operation succeeded. */
  readonly status: "success";
  /** The object. */
  readonly details: AgentSpan;
}

/** A page of a list. */
export interface AgentSpanList {
  /** The operation succeeded. */
  readonly status: "success";
  /** The objects on the page. */
  readonly summaries: readonly AgentSpan[];
  /** The position of the page in the list. */
  readonly pagination: Pagination;
  /** The order of the list. */
  readonly sorting: Sorting;
}

/** The status of an agent: without instances, with a change of an instance in the last 30 days, without one for 30 days, retired. */
export type AgentStatus = "pending" | "active" | "dormant" | "retired";

/** An agent in a list. */
export interface AgentSummary {
  /** What kind of object it is. */
  readonly type: "agent";
  /** Its id. */
  readonly id: Pfid;
  /** 1 to 255 characters. */
  readonly name: string;
  /** At most 10,000 characters. */
  readonly description: string | null;
  /** The environment that it belongs to. */
  readonly environment_id: Pfid;
  /** Its status in the life cycle. */
  readonly status: AgentStatus;
  /** Its current version. */
  readonly current_version_id: Pfid | null;
  /** Its current schema version. */
  readonly current_schema_version_id: Pfid | null;
  /** When it was created. */
  readonly inserted_at: Timestamp;
  /** When it was last changed. */
  readonly updated_at: Timestamp;
  /** The actions that are available on it now. */
  readonly available_actions: AvailableActions;
  /** How many instances it has, by status. Only with `include_counts=true`. */
  readonly instance_counts?: InstanceCounts | null;
}

/** A page of a list. */
export interface AgentSummaryList {
  /** The operation succeeded. */
  readonly status: "success";
  /** The objects on the page. */
  readonly summaries: readonly AgentSummary[];
  /** The position of the page in the list. */
  readonly pagination: Pagination;
  /** The order of the list. */
  readonly sorting: Sorting;
}

/** A version of an agent's code. */
export interface AgentVersion {
  /** The type of the object. */
  readonly type: "agent_version";
  /** Its id. */
  readonly id: Pfid;
  /** The account that it belongs to. */
  readonly account_id: Pfid;
  /** Its agent. */
  readonly agent_id: Pfid;
  /** An identifier that the caller chooses, unique in the agent. */
  readonly external_identifier: string;
  /** Its name. */
  readonly name: string | null;
  /** Its description. */
  readonly description: string | null;
  /** When it was created. */
  readonly inserted_at: Timestamp;
  /** When it was last changed. */
  readonly updated_at: Timestamp;
}

/** An answer with one object. */
export interface AgentVersionAnswer {
  /** The operation succeeded. */
  readonly status: "success";
  /** The object. */
  readonly details: AgentVersion;
}

/** A page of a list. */
export interface AgentVersionList {
  /** The operation succeeded. */
  readonly status: "success";
  /** The objects on the page. */
  readonly summaries: readonly AgentVersion[];
  /** The position of the page in the list. */
  readonly pagination: Pagination;
  /** The order of the list. */
  readonly sorting: Sorting;
}

/** A token that opens an account or one environment of it. Its text is told once, when it is created. */
export interface ApiToken {
  /** What kind of object it is. */
  readonly type: "api_token";
  /** Its id. */
  readonly id: Pfid;
  /** The account that it belongs to. */
  readonly account_id: Pfid;
  /** The environment that it is for; null with the scope `account`. */
  readonly environment_id: Pfid | null;
  /** What it is for. */
  readonly token_scope: TokenScope;
  /** Where it is in its life. */
  readonly status: TokenStatus;
  /** 1 to 255 characters. */
  readonly name: string | null;
  /** When it expires; null if never. */
  readonly expires_at: Timestamp | null;
  /** The beginning of the hour in which it was used last. */
  readonly last_used_at: Timestamp | null;
  /** When it was created. */
  readonly inserted_at: Timestamp;
  /** When it was last changed. Its use is no change. */
  readonly updated_at: Timestamp;
  /** What the caller may do with it. */
  readonly available_actions: ApiTokenActions;
}

/** What the caller may do with an API token. All are false for the token that asks. */
export interface ApiTokenActions {
  /** A suspended one. */
  readonly activate: boolean;
  /** An active one. */
  readonly suspend: boolean;
  /** An active or a suspended one. */
  readonly revoke: boolean;
  /** Any. */
  readonly delete: boolean;
}

/** An answer with one object. */
export interface ApiTokenAnswer {
  /** The operation succeeded. */
  readonly status: "success";
  /** The object. */
  readonly details: ApiToken;
}

/** The answer that is one object and the text of its new token. */
export interface ApiTokenIssuedAnswer {
  /** The operation succeeded. */
  readonly status: "success";
  /** The object. */
  readonly details: ApiToken;
  /** The text of the token. It is shown once: the answer to the same request with the same idempotency key has none. */
  readonly token?: string;
}

/** A page of a list. */
export interface ApiTokenList {
  /** The operation succeeded. */
  readonly status: "success";
  /** The objects on the page. */
  readonly summaries: readonly ApiToken[];
  /** The position of the page in the list. */
  readonly pagination: Pagination;
  /** The order of the list. */
  readonly sorting: Sorting;
}

/** What can be done to an agent now. */
export interface AvailableActions {
  /** Its name, description or current version can be changed. */
  readonly update: boolean;
  /** It can be taken out of use. */
  readonly retire: boolean;
  /** It can be taken back into use. */
  readonly reinstate: boolean;
  /** It can be removed altogether. */
  readonly delete: boolean;
}

/** The answers to the operations, up to the first that failed. */
export interface BulkAnswer {
  /** The request was executed. */
  readonly status: "success";
  /** The answer of each operation, by its key. */
  readonly outputs: {
    readonly [k: string]: {readonly [key: string]: unknown};
  };
}

/** The body of a request with its fields at the root, next to the idempotency key. */
export interface BulkBody {
  /**
   * 1 to 1,000 operations, each with its type, its key and its fields.
   *
   * @minItems 1
   * @maxItems 1000
   */
  readonly items: readonly [BulkItem, ...BulkItem[]];
  /** A repeated request with this key has no second effect, for 24 hours or until the answers stored for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** One operation. It has these keys and the fields of the operation. */
export interface BulkItem {
  /** The operation. */
  readonly _type: "agents/list" | "agents/show" | "agents/create" | "agents/update" | "agents/delete" | "agents/retire" | "agents/reinstate" | "environments/list" | "environments/show" | "environments/create" | "environments/update" | "agent_instances/register" | "agent_instances/start" | "agent_instances/finish" | "agent_spans/create" | "agent_spans/finish";
  /** Unique in the request. */
  readonly idempotency_key: string;
  readonly [k: string]: unknown;
}

/** What becomes of a record that exists with other contents. */
export type ConflictRule = "refuse" | "keep";

/** A new account. */
export interface CreateAccount {
  /** 1 to 255 characters after trimming white space; no control characters. */
  readonly name: string;
  /** Its id, if the caller chooses one. No account may have its partition. */
  readonly id?: Pfid | null;
}

/** The body `{"details": {…}, "idempotency_key"?}` of a request. */
export interface CreateAccountBody {
  /** The fields of the operation. */
  readonly details: CreateAccount;
  /** A repeated request with this key has no second effect, for 24 hours or until the answers stored for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** The details of a new agent. */
export interface CreateAgent {
  /** 1 to 255 characters after trimming white space; no control characters. */
  readonly name: string;
  /** The environment that it will belong to. A token of an environment's scope may leave it out. */
  readonly environment_id?: Pfid | null;
  /** At most 10,000 characters; no control characters but tabs and line breaks. */
  readonly description?: string | null;
  /** Its id, if the caller chooses it. It has the account's partition. */
  readonly id?: Pfid | null;
}

/** The body `{"details": {…}, "idempotency_key"?}` of a request. */
export interface CreateAgentBody {
  /** The fields of the operation. */
  readonly details: CreateAgent;
  /** A repeated request with this key has no second effect, for 24 hours or until the answers stored for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** The details of a new agent, normalised: the name is trimmed, other keys are dropped, and absent values stay absent. */
export interface CreateAgentDetails {
  /** 1 to 255 characters. */
  readonly name: string;
  /** The environment that it will belong to. */
  readonly environment_id: Pfid;
  /** At most 10,000 characters. */
  readonly description?: string | null;
  /** Its id, if the caller chooses it. It has the account's partition. */
  readonly id?: Pfid;
}

/** A valid body of `POST /api/v1/agent`, normalised. */
export interface CreateAgentRequest {
  /** The details of the new agent. */
  readonly details: CreateAgentDetails;
  /** A repeated request with this key has no second effect. */
  readonly idempotency_key?: string;
}

/** What an API token is made from. */
export interface CreateApiToken {
  /** What it is for. */
  readonly token_scope: TokenScope;
  /** The token's account. */
  readonly account_id?: Pfid | null;
  /** Required with the scope `environment`, refused with `account`. */
  readonly environment_id?: Pfid | null;
  /** When it expires: a time that lies ahead. Absent or null: never. */
  readonly expires_at?: string | null;
  /** 1 to 255 characters after trimming white space; no control characters. */
  readonly name?: string | null;
}

/** The body `{"details": {…}, "idempotency_key"?}` of a request. */
export interface CreateApiTokenBody {
  /** The fields of the operation. */
  readonly details: CreateApiToken;
  /** A repeated request with this key has no second effect, for 24 hours or until the answers stored for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** A new environment. */
export interface CreateEnvironment {
  /** The token's account. */
  readonly account_id: Pfid;
  /** 1 to 255 characters after trimming white space; no control characters. */
  readonly name: string;
  /** Its id, if the caller chooses one. */
  readonly id?: Pfid | null;
}

/** The body `{"details": {…}, "idempotency_key"?}` of a request. */
export interface CreateEnvironmentBody {
  /** The fields of the operation. */
  readonly details: CreateEnvironment;
  /** A repeated request with this key has no second effect, for 24 hours or until the answers stored for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** A new span. */
export interface CreateSpan {
  /** Its instance. */
  readonly agent_instance_id: Pfid;
  /** The kind of step. */
  readonly schema_name: string;
  /** Its status. */
  readonly status: RunStatus;
  /** The input of the step. It is stored unchanged. */
  readonly payload: {readonly [key: string]: unknown};
  /** Its id, if the caller chooses one. */
  readonly id?: Pfid | null;
  /** Its parent span, in the same instance. */
  readonly parent_span_id?: Pfid | null;
  /** The default is now. */
  readonly started_at?: string | null;
  /** Only with a final status; the default is then now. */
  readonly finished_at?: string | null;
  /** The output of the step. It is stored unchanged. */
  readonly result_payload?: {readonly [key: string]: unknown} | null;
  /** The idempotency key of the request, unless it is at the root of the body. */
  readonly idempotency_key?: string | null;
}

/** The body `{"details": {…}, "idempotency_key"?}` of a request. */
export interface CreateSpanBody {
  /** The fields of the operation. */
  readonly details: CreateSpan;
  /** A repeated request with this key has no second effect, for 24 hours or until the answers stored for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** A named part of an account, with agents. */
export interface Environment {
  /** The type of the object. */
  readonly type: "environment";
  /** Its id. */
  readonly id: Pfid;
  /** The account that it belongs to. */
  readonly account_id: Pfid;
  /** 1 to 255 characters. */
  readonly name: string;
  /** When it was created. */
  readonly inserted_at: Timestamp;
  /** When it was last changed. */
  readonly updated_at: Timestamp;
}

/** An answer with one object. */
export interface EnvironmentAnswer {
  /** The operation succeeded. */
  readonly status: "success";
  /** The object. */
  readonly details: Environment;
}

/** A page of a list. */
export interface EnvironmentList {
  /** The operation succeeded. */
  readonly status: "success";
  /** The objects on the page. */
  readonly summaries: readonly Environment[];
  /** The position of the page in the list. */
  readonly pagination: Pagination;
  /** The order of the list. */
  readonly sorting: Sorting;
}

/** The body of an error. */
export interface ErrorBody {
  /** The operation failed. */
  readonly status: "error";
  /** The code of the error. */
  readonly code: ErrorCode;
  /** A message for people. */
  readonly message: string;
}

/** The kind of error. If fields break rules, the code is `validation_errors` and the body has `errors`. */
export type ErrorCode = "bad_request" | "not_authenticated" | "bad_authtoken" | "not_permitted" | "not_found" | "invalid_action" | "insufficient_storage" | "idempotency_key_already_used" | "validation_errors" | "unexpected_ref_type" | "not_implemented" | "unexpected";

/** A page of an export. Each record is a line of its own; the lines of all pages are what an import takes. */
export interface ExportPage {
  /** The operation succeeded. */
  readonly status: "success";
  /** The records, in an order in which they can be imported. */
  readonly records: readonly ExportRecord[];
  /** Where the next page begins; null on the last one. */
  readonly next_cursor: string | null;
}

/** A record of an export: the account, an environment, an API token (by its digest), an agent, a version, an instance or a span. */
export interface ExportRecord {
  /** `account`, `environment`, `api_token`, `agent`, `agent_version`, `agent_schema_version`, `agent_instance` or `agent_span`. */
  readonly kind: string;
  /** Its id. */
  readonly id: Pfid;
  /** When it was created. */
  readonly inserted_at: Timestamp;
}

/** The body of a request with its fields at the root, next to the idempotency key. */
export interface FinishInstanceBody {
  /** The final status; the default is `complete`. */
  readonly status?: "complete" | "failed" | "cancelled" | null;
  /** The time; the default is now. */
  readonly timestamp?: string | null;
  /** A repeated request with this key has no second effect, for 24 hours or until the answers stored for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** The body of a request with its fields at the root, next to the idempotency key. */
export interface FinishSpanBody {
  /** The final status; the default is `complete`. */
  readonly status?: "complete" | "failed" | "cancelled" | null;
  /** The time; the default is now. */
  readonly timestamp?: string | null;
  /** The output of the step. It is stored unchanged. */
  readonly result_payload?: {readonly [key: string]: unknown} | null;
  /** A repeated request with this key has no second effect, for 24 hours or until the answers stored for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** The body of a request with its fields at the root, next to the idempotency key. */
export interface GeneratePfidsBody {
  /** The number of ids. */
  readonly count: number;
  /** The token's account. */
  readonly account_id?: Pfid | null;
  /** A repeated request with this key has no second effect, for 24 hours or until the answers stored for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** Generated ids, in increasing order. Older clients read them at the root, newer ones in `details`. */
export interface GeneratedPfids {
  /** The operation succeeded. */
  readonly status: "success";
  /** The ids. */
  readonly pfids: readonly Pfid[];
  /** The account of the ids. */
  readonly account_id: Pfid;
  /** The ids again. */
  readonly details: PfidList;
}

/** How many records an import merged. If one is refused, none of the request is. */
export interface ImportAnswer {
  /** The operation succeeded. */
  readonly status: "success";
  /** Those that did not exist, and names of accounts and environments that nobody had chosen. */
  readonly added: number;
  /** Those that existed with the same contents. */
  readonly unchanged: number;
  /** Those that existed with other contents, which stayed. */
  readonly kept: number;
}

/** How many instances or spans there are, by status. */
export interface InstanceCounts {
  /** All of them. */
  readonly total: number;
  /** Not started. */
  readonly pending: number;
  /** Running. */
  readonly active: number;
  /** Completed. */
  readonly complete: number;
  /** Failed. */
  readonly failed: number;
  /** Cancelled. */
  readonly cancelled: number;
  /** Complete, failed and cancelled. */
  readonly finished: number;
}

/** The kind of issue with a field. */
export type IssueCode = "required_value" | "invalid_value";

/** The rule that a field breaks. */
export type IssueReason = "missing" | "wrong_type" | "unreadable" | "not_well_formed" | "blank" | "too_long" | "control_character" | "not_printable_ascii" | "not_a_pfid" | "foreign_partition" | "out_of_range" | "not_an_option" | "not_a_timestamp" | "not_finished" | "taken" | "not_found" | "not_supported";

/** The body of a request with an idempotency key only. */
export interface KeyBody {
  /** A repeated request with this key has no second effect, for 24 hours or until the answers stored for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** A new schema version, in a request of its own or in a registration. */
export interface NewSchemaVersion {
  /** An identifier that the caller chooses, unique in the agent. */
  readonly external_identifier: string;
  /** Its name. */
  readonly name?: string | null;
  /** Its description. */
  readonly description?: string | null;
  /** A JSON Schema for each kind of span. */
  readonly span_schemas?: {readonly [key: string]: unknown} | null;
  /** A JSON Schema for each kind of span's result. */
  readonly span_result_schemas?: {readonly [key: string]: unknown} | null;
  /** The schemas of the kinds of spans, as a list. */
  readonly span_type_schemas?: readonly unknown[] | null;
  /** Schemas of quality records. They are stored unchanged. */
  readonly quality_schemas?: readonly unknown[] | null;
}

/** A new version and its agent. */
export interface NewSchemaVersionOfAgent {
  /** The agent. */
  readonly agent_id: Pfid;
  /** An identifier that the caller chooses, unique in the agent. */
  readonly external_identifier: string;
  /** Its name. */
  readonly name?: string | null;
  /** Its description. */
  readonly description?: string | null;
  /** A JSON Schema for each kind of span. */
  readonly span_schemas?: {readonly [key: string]: unknown} | null;
  /** A JSON Schema for each kind of span's result. */
  readonly span_result_schemas?: {readonly [key: string]: unknown} | null;
  /** The schemas of the kinds of spans, as a list. */
  readonly span_type_schemas?: readonly unknown[] | null;
  /** Schemas of quality records. They are stored unchanged. */
  readonly quality_schemas?: readonly unknown[] | null;
}

/** The body `{"details": {…}, "idempotency_key"?}` of a request. */
export interface NewSchemaVersionOfAgentBody {
  /** The fields of the operation. */
  readonly details: NewSchemaVersionOfAgent;
  /** A repeated request with this key has no second effect, for 24 hours or until the answers stored for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** A new version of an agent, in a request of its own or in a registration. */
export interface NewVersion {
  /** An identifier that the caller chooses, unique in the agent. */
  readonly external_identifier: string;
  /** Its name. */
  readonly name?: string | null;
  /** Its description. */
  readonly description?: string | null;
}

/** A new version and its agent. */
export interface NewVersionOfAgent {
  /** The agent. */
  readonly agent_id: Pfid;
  /** An identifier that the caller chooses, unique in the agent. */
  readonly external_identifier: string;
  /** Its name. */
  readonly name?: string | null;
  /** Its description. */
  readonly description?: string | null;
}

/** The body `{"details": {…}, "idempotency_key"?}` of a request. */
export interface NewVersionOfAgentBody {
  /** The fields of the operation. */
  readonly details: NewVersionOfAgent;
  /** A repeated request with this key has no second effect, for 24 hours or until the answers stored for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** The position of a page in its list. */
export interface Pagination {
  /** The number of items on all pages. */
  readonly item_count: number;
  /** The number of the first item on this page, from 1; 0 without items. */
  readonly item_start: number;
  /** The number of the last item on this page. */
  readonly item_end: number;
  /** The number of pages. */
  readonly page_count: number;
  /** The number of this page, from 1. */
  readonly page_index: number;
  /** The number of items before this page. */
  readonly page_offset: number;
  /** The number of items per page, 1 to 100. */
  readonly page_size: number;
  /** Null on the last page. */
  readonly next_page_offset: number | null;
  /** Null on the first page. */
  readonly previous_page_offset: number | null;
}

/** An id: 32 characters of lowercase Crockford base 32. Time, partition, randomness. */
export type Pfid = string & {readonly [brand]: "Pfid"};

/** A list of ids. */
export interface PfidList {
  /** The ids. */
  readonly pfids: readonly Pfid[];
}

/** An error as RFC 9457 problem details, for requests with Accept: application/problem+json. */
export interface Problem {
  /** Always `about:blank`: the status is the type. */
  readonly type: "about:blank";
  /** The phrase of the status. */
  readonly title: string;
  /** The HTTP status. */
  readonly status: number;
  /** A message for people. */
  readonly detail: string;
  /** The code of the error. */
  readonly code: ErrorCode;
  /** The issues of fields. */
  readonly errors?: readonly ProblemIssue[];
}

/** One broken rule of one field, in problem details. */
export interface ProblemIssue {
  /** A JSON Pointer into the body. */
  readonly pointer?: string;
  /** The query parameter, if the issue is in one. */
  readonly parameter?: string;
  /** A message for people. */
  readonly detail: string;
  /** The code of the issue. */
  readonly code: IssueCode;
  /** The rule that the field breaks. */
  readonly reason: IssueReason;
}

/** The body of a request with its fields at the root, next to the idempotency key. */
export interface RegisterInstanceBody {
  /** The agent that runs. */
  readonly agent_id: Pfid;
  /** It is created if it does not exist. */
  readonly agent_version?: NewVersion | null;
  /** It is created if it does not exist. */
  readonly agent_schema_version?: NewSchemaVersion | null;
  /** The id of the instance, if the caller chooses one. */
  readonly id?: Pfid | null;
  /** Whether the versions become the current ones of the agent; the default is true. */
  readonly update_current_version?: boolean | null;
  /** A repeated request with this key has no second effect, for 24 hours or until the answers stored for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** A new name of an environment or an account. */
export interface Rename {
  /** If absent, it stays. */
  readonly name?: string;
}

/** The body `{"details": {…}, "idempotency_key"?}` of a request. */
export interface RenameBody {
  /** The fields of the operation. */
  readonly details: Rename;
  /** A repeated request with this key has no second effect, for 24 hours or until the answers stored for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** The status of an instance or a span. */
export type RunStatus = "pending" | "active" | "complete" | "failed" | "cancelled";

/** The order of a list. */
export interface Sorting {
  /** The field that it is sorted by. */
  readonly field: string;
  /** The direction. */
  readonly direction: SortingDirection;
}

/** Ascending or descending. */
export type SortingDirection = "asc" | "desc";

/** The body of a request with its fields at the root, next to the idempotency key. */
export interface StartInstanceBody {
  /** The time; the default is now. */
  readonly timestamp?: string | null;
  /** A repeated request with this key has no second effect, for 24 hours or until the answers stored for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** Instances of a stored agent, by status. */
export interface StoredCounts {
  /** Registered, not started. */
  readonly pending: number | bigint;
  /** Running. */
  readonly active: number | bigint;
  /** Finished well. */
  readonly complete: number | bigint;
  /** Finished badly. */
  readonly failed: number | bigint;
  /** Cancelled before they started. */
  readonly cancelled: number | bigint;
}

/** A time: RFC 3339 with any offset, a Date, or Unix milliseconds, which may be a safe bigint. */
export type Time = string | Date | number | bigint;

/** A time: RFC 3339, UTC, microseconds. */
export type Timestamp = string;

/** What an API token is for: all of the account, or one environment of it. */
export type TokenScope = "account" | "environment";

/** Where an API token is in its life. Only an active one opens anything. */
export type TokenStatus = "active" | "suspended" | "revoked" | "expired";

/** The type of a token. */
export interface TokenType {
  /** The kind. */
  readonly token_type: "api";
}

/** An answer with one object. */
export interface TokenTypeAnswer {
  /** The operation succeeded. */
  readonly status: "success";
  /** The object. */
  readonly details: TokenType;
}

/** The changes of an update of an agent. */
export interface UpdateAgent {
  /** 1 to 255 characters after trimming white space; no control characters. Absent: it stays. */
  readonly name?: string;
  /** At most 10,000 characters; no control characters but tabs and line breaks. Absent: it stays; null clears it. */
  readonly description?: string | null;
  /** Its current version. Absent: it stays; null clears it. */
  readonly current_version_id?: Pfid | null;
}

/** The body `{"details": {…}, "idempotency_key"?}` of a request. */
export interface UpdateAgentBody {
  /** The fields of the operation. */
  readonly details: UpdateAgent;
  /** A repeated request with this key has no second effect, for 24 hours or until the answers stored for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** The changes of an update, normalised. An absent field keeps its value; null clears it. */
export interface UpdateAgentDetails {
  /** 1 to 255 characters. */
  readonly name?: string;
  /** At most 10,000 characters. */
  readonly description?: string | null;
  /** Its current version. */
  readonly current_version_id?: Pfid | null;
}

/** A valid body of `PUT /api/v1/agent/{id}`, normalised. */
export interface UpdateAgentRequest {
  /** The changes. */
  readonly details: UpdateAgentDetails;
  /** A repeated request with this key has no second effect. */
  readonly idempotency_key?: string;
}

/** The body of the error for a request with invalid fields. */
export interface ValidationErrors {
  /** The operation failed. */
  readonly status: "error";
  /** The code of the error. */
  readonly code: "validation_errors";
  /** A message for people. */
  readonly message: string;
  /** The messages by the path of their field, dotted from the root of the body. */
  readonly errors: {
    /** @minItems 1 */
    readonly [k: string]: readonly [string, ...string[]];
  };
}
