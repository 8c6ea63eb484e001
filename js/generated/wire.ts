// Generated from docs/openapi.json by `npm run describe`, with json-schema-to-typescript. Do not edit.

declare const brand: unique symbol;

/** An owner of environments. */
export interface Account {
  /** What kind of object it is. */
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

/** The answer that is one object. */
export interface AccountAnswer {
  /** That the operation was carried out. */
  readonly status: "success";
  /** The object. */
  readonly details: Account;
}

/** The answer that is one object and the text of its new token. */
export interface AccountIssuedAnswer {
  /** That the operation was carried out. */
  readonly status: "success";
  /** The object. */
  readonly details: Account;
  /** The text of the token. It is shown once: the answer to the same request with the same idempotency key has none. */
  readonly token?: string;
}

/** A page of a list. */
export interface AccountList {
  /** That the operation was carried out. */
  readonly status: "success";
  /** The objects on the page. */
  readonly summaries: readonly Account[];
  /** Which part of the list it is. */
  readonly pagination: Pagination;
  /** How the list is sorted. */
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
  /** The environment that it lives in. */
  readonly environment_id: Pfid;
  /** Where it is in its life. */
  readonly status: AgentStatus;
  /** The version that it is at. */
  readonly current_version_id: Pfid | null;
  /** The schema version that it is at. */
  readonly current_schema_version_id: Pfid | null;
  /** When it was created. */
  readonly inserted_at: Timestamp;
  /** When it was last changed. */
  readonly updated_at: Timestamp;
  /** What can be done to it now. */
  readonly available_actions: AvailableActions;
  /** How many instances it has, by status. */
  readonly instance_counts: InstanceCounts;
}

/** The answer that is one object. */
export interface AgentAnswer {
  /** That the operation was carried out. */
  readonly status: "success";
  /** The object. */
  readonly details: Agent;
}

/** A run of an agent. */
export interface AgentInstance {
  /** What kind of object it is. */
  readonly type: "agent_instance";
  /** Its id. */
  readonly id: Pfid;
  /** The account that it belongs to. */
  readonly account_id: Pfid;
  /** The agent that runs. */
  readonly agent_id: Pfid;
  /** The version that runs. */
  readonly agent_version_id: Pfid | null;
  /** The agent's id: here an agent lives in one environment. */
  readonly agent_deployment_id: Pfid;
  /** The agent's environment. */
  readonly environment_id: Pfid;
  /** Where it is in its life. */
  readonly status: RunStatus;
  /** When it was registered. */
  readonly inserted_at: Timestamp;
  /** When it was last changed. */
  readonly updated_at: Timestamp;
  /** When it was started. */
  readonly started_at: Timestamp | null;
  /** When it was finished. */
  readonly finished_at: Timestamp | null;
  /** How many spans it has, by status. */
  readonly span_counts: InstanceCounts;
}

/** The answer that is one object. */
export interface AgentInstanceAnswer {
  /** That the operation was carried out. */
  readonly status: "success";
  /** The object. */
  readonly details: AgentInstance;
}

/** A page of a list. */
export interface AgentInstanceList {
  /** That the operation was carried out. */
  readonly status: "success";
  /** The objects on the page. */
  readonly summaries: readonly AgentInstance[];
  /** Which part of the list it is. */
  readonly pagination: Pagination;
  /** How the list is sorted. */
  readonly sorting: Sorting;
}

/** A version of the schemas of an agent's spans. */
export interface AgentSchemaVersion {
  /** What kind of object it is. */
  readonly type: "agent_schema_version";
  /** Its id. */
  readonly id: Pfid;
  /** The account that it belongs to. */
  readonly account_id: Pfid;
  /** Its agent. */
  readonly agent_id: Pfid;
  /** What its caller calls it; once in an agent. */
  readonly external_identifier: string;
  /** Its name. */
  readonly name: string | null;
  /** Its description. */
  readonly description: string | null;
  /** As it was sent. */
  readonly span_schemas: {readonly [key: string]: unknown} | null;
  /** As it was sent. */
  readonly span_result_schemas: {readonly [key: string]: unknown} | null;
  /** As it was sent. */
  readonly span_type_schemas: readonly unknown[] | null;
  /** As it was sent. */
  readonly quality_schemas: readonly unknown[] | null;
  /** When it was created. */
  readonly inserted_at: Timestamp;
  /** When it was last changed. */
  readonly updated_at: Timestamp;
}

/** The answer that is one object. */
export interface AgentSchemaVersionAnswer {
  /** That the operation was carried out. */
  readonly status: "success";
  /** The object. */
  readonly details: AgentSchemaVersion;
}

/** A page of a list. */
export interface AgentSchemaVersionList {
  /** That the operation was carried out. */
  readonly status: "success";
  /** The objects on the page. */
  readonly summaries: readonly AgentSchemaVersion[];
  /** Which part of the list it is. */
  readonly pagination: Pagination;
  /** How the list is sorted. */
  readonly sorting: Sorting;
}

/** A step of an instance. */
export interface AgentSpan {
  /** What kind of object it is. */
  readonly type: "agent_span";
  /** Its id. */
  readonly id: Pfid;
  /** The account that it belongs to. */
  readonly account_id: Pfid;
  /** The agent of its instance. */
  readonly agent_id: Pfid;
  /** Its instance. */
  readonly agent_instance_id: Pfid;
  /** The span that it is a part of. */
  readonly parent_span_id: Pfid | null;
  /** What kind of step it is. */
  readonly schema_name: string;
  /** Where it is in its life. */
  readonly status: RunStatus;
  /** What went in, as it was sent. */
  readonly payload: {readonly [key: string]: unknown};
  /** What came out, as it was sent. */
  readonly result_payload: {readonly [key: string]: unknown} | null;
  /** When it began. */
  readonly started_at: Timestamp;
  /** When it was over. */
  readonly finished_at: Timestamp | null;
  /** When it was created. */
  readonly inserted_at: Timestamp;
  /** When it was last changed. */
  readonly updated_at: Timestamp;
}

/** The answer that is one object. */
export interface AgentSpanAnswer {
  /** That the operation was carried out. */
  readonly status: "success";
  /** The object. */
  readonly details: AgentSpan;
}

/** A page of a list. */
export interface AgentSpanList {
  /** That the operation was carried out. */
  readonly status: "success";
  /** The objects on the page. */
  readonly summaries: readonly AgentSpan[];
  /** Which part of the list it is. */
  readonly pagination: Pagination;
  /** How the list is sorted. */
  readonly sorting: Sorting;
}

/** Where an agent is in its life: without instances, with something happening, without for 30 days, out of use. */
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
  /** The environment that it lives in. */
  readonly environment_id: Pfid;
  /** Where it is in its life. */
  readonly status: AgentStatus;
  /** The version that it is at. */
  readonly current_version_id: Pfid | null;
  /** The schema version that it is at. */
  readonly current_schema_version_id: Pfid | null;
  /** When it was created. */
  readonly inserted_at: Timestamp;
  /** When it was last changed. */
  readonly updated_at: Timestamp;
  /** What can be done to it now. */
  readonly available_actions: AvailableActions;
  /** How many instances it has, by status. Only with `include_counts=true`. */
  readonly instance_counts?: InstanceCounts | null;
}

/** A page of a list. */
export interface AgentSummaryList {
  /** That the operation was carried out. */
  readonly status: "success";
  /** The objects on the page. */
  readonly summaries: readonly AgentSummary[];
  /** Which part of the list it is. */
  readonly pagination: Pagination;
  /** How the list is sorted. */
  readonly sorting: Sorting;
}

/** A version of an agent's code. */
export interface AgentVersion {
  /** What kind of object it is. */
  readonly type: "agent_version";
  /** Its id. */
  readonly id: Pfid;
  /** The account that it belongs to. */
  readonly account_id: Pfid;
  /** Its agent. */
  readonly agent_id: Pfid;
  /** What its caller calls it; once in an agent. */
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

/** The answer that is one object. */
export interface AgentVersionAnswer {
  /** That the operation was carried out. */
  readonly status: "success";
  /** The object. */
  readonly details: AgentVersion;
}

/** A page of a list. */
export interface AgentVersionList {
  /** That the operation was carried out. */
  readonly status: "success";
  /** The objects on the page. */
  readonly summaries: readonly AgentVersion[];
  /** Which part of the list it is. */
  readonly pagination: Pagination;
  /** How the list is sorted. */
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

/** The answer that is one object. */
export interface ApiTokenAnswer {
  /** That the operation was carried out. */
  readonly status: "success";
  /** The object. */
  readonly details: ApiToken;
}

/** The answer that is one object and the text of its new token. */
export interface ApiTokenIssuedAnswer {
  /** That the operation was carried out. */
  readonly status: "success";
  /** The object. */
  readonly details: ApiToken;
  /** The text of the token. It is shown once: the answer to the same request with the same idempotency key has none. */
  readonly token?: string;
}

/** A page of a list. */
export interface ApiTokenList {
  /** That the operation was carried out. */
  readonly status: "success";
  /** The objects on the page. */
  readonly summaries: readonly ApiToken[];
  /** Which part of the list it is. */
  readonly pagination: Pagination;
  /** How the list is sorted. */
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
  /** That the request was carried out. */
  readonly status: "success";
  /** The answer of each operation, by its key. */
  readonly outputs: {
    readonly [k: string]: {readonly [key: string]: unknown};
  };
}

/** The body of a request that has its fields beside its idempotency key. */
export interface BulkBody {
  /**
   * 1 to 1,000 operations; beside type and key stands what the operation takes.
   *
   * @minItems 1
   * @maxItems 1000
   */
  readonly items: readonly [BulkItem, ...BulkItem[]];
  /** Sent again with this key, the request has no second effect, for 24 hours, or until the answers kept for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** One operation. Beside these keys stand those that the operation takes. */
export interface BulkItem {
  /** Which operation. */
  readonly _type: "agents/list" | "agents/show" | "agents/create" | "agents/update" | "agents/delete" | "agents/retire" | "agents/reinstate" | "environments/list" | "environments/show" | "environments/create" | "environments/update" | "agent_instances/register" | "agent_instances/start" | "agent_instances/finish" | "agent_spans/create" | "agent_spans/finish";
  /** Once in the request. */
  readonly idempotency_key: string;
  readonly [k: string]: unknown;
}

/** What an account is made from. */
export interface CreateAccount {
  /** 1 to 255 characters after trimming white space; no control characters. */
  readonly name: string;
  /** Its id, where the caller chooses it: of a partition that no account has. */
  readonly id?: Pfid | null;
}

/** The body `{"details": {…}, "idempotency_key"?}` of a request. */
export interface CreateAccountBody {
  /** What the operation is about. */
  readonly details: CreateAccount;
  /** Sent again with this key, the request has no second effect, for 24 hours, or until the answers kept for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** What an agent is made from. */
export interface CreateAgent {
  /** 1 to 255 characters after trimming white space; no control characters. */
  readonly name: string;
  /** Where it will live. A token of an environment's scope may leave it out. */
  readonly environment_id?: Pfid | null;
  /** At most 10,000 characters; no control characters but tabs and line breaks. */
  readonly description?: string | null;
  /** Its id, where the caller chooses it; of the account's partition. */
  readonly id?: Pfid | null;
}

/** The body `{"details": {…}, "idempotency_key"?}` of a request. */
export interface CreateAgentBody {
  /** What the operation is about. */
  readonly details: CreateAgent;
  /** Sent again with this key, the request has no second effect, for 24 hours, or until the answers kept for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** What an agent is made from, normalised: the name trimmed, other keys gone, absent what is not there. */
export interface CreateAgentDetails {
  /** 1 to 255 characters. */
  readonly name: string;
  /** The environment that it will live in. */
  readonly environment_id: Pfid;
  /** At most 10,000 characters. */
  readonly description?: string | null;
  /** Its id, where the caller chooses it. */
  readonly id?: Pfid;
}

/** A valid body of `POST /api/v1/agent`, normalised. */
export interface CreateAgentRequest {
  /** What the agent is made from. */
  readonly details: CreateAgentDetails;
  /** Sent again with this key, the request has no second effect. */
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
  /** What the operation is about. */
  readonly details: CreateApiToken;
  /** Sent again with this key, the request has no second effect, for 24 hours, or until the answers kept for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** What an environment is made from. */
export interface CreateEnvironment {
  /** The token's account. */
  readonly account_id: Pfid;
  /** 1 to 255 characters after trimming white space; no control characters. */
  readonly name: string;
  /** Its id, where the caller chooses it. */
  readonly id?: Pfid | null;
}

/** The body `{"details": {…}, "idempotency_key"?}` of a request. */
export interface CreateEnvironmentBody {
  /** What the operation is about. */
  readonly details: CreateEnvironment;
  /** Sent again with this key, the request has no second effect, for 24 hours, or until the answers kept for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** What a span is made from. */
export interface CreateSpan {
  /** The instance that it is a step of. */
  readonly agent_instance_id: Pfid;
  /** What kind of step it is. */
  readonly schema_name: string;
  /** Where it is in its life. */
  readonly status: RunStatus;
  /** What goes in; kept as it is sent. */
  readonly payload: {readonly [key: string]: unknown};
  /** Its id, where the caller chooses it. */
  readonly id?: Pfid | null;
  /** A span of the same instance that it is a part of. */
  readonly parent_span_id?: Pfid | null;
  /** Now unless said. */
  readonly started_at?: string | null;
  /** Only where the status says that it is over; now unless said. */
  readonly finished_at?: string | null;
  /** What came out; kept as it is sent. */
  readonly result_payload?: {readonly [key: string]: unknown} | null;
  /** The request's idempotency key, where it is not at the body's root. */
  readonly idempotency_key?: string | null;
}

/** The body `{"details": {…}, "idempotency_key"?}` of a request. */
export interface CreateSpanBody {
  /** What the operation is about. */
  readonly details: CreateSpan;
  /** Sent again with this key, the request has no second effect, for 24 hours, or until the answers kept for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** Where agents live. */
export interface Environment {
  /** What kind of object it is. */
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

/** The answer that is one object. */
export interface EnvironmentAnswer {
  /** That the operation was carried out. */
  readonly status: "success";
  /** The object. */
  readonly details: Environment;
}

/** A page of a list. */
export interface EnvironmentList {
  /** That the operation was carried out. */
  readonly status: "success";
  /** The objects on the page. */
  readonly summaries: readonly Environment[];
  /** Which part of the list it is. */
  readonly pagination: Pagination;
  /** How the list is sorted. */
  readonly sorting: Sorting;
}

/** The body of an error. */
export interface ErrorBody {
  /** That the operation was not carried out. */
  readonly status: "error";
  /** What kind of error it is. */
  readonly code: ErrorCode;
  /** A sentence for a person. */
  readonly message: string;
}

/** What kind of error it is. Where fields break rules, the code is `validation_errors` and the body has `errors`. */
export type ErrorCode = "bad_request" | "not_authenticated" | "bad_authtoken" | "not_permitted" | "not_found" | "invalid_action" | "insufficient_storage" | "idempotency_key_already_used" | "validation_errors" | "unexpected_ref_type" | "not_implemented" | "unexpected";

/** The body of a request that has its fields beside its idempotency key. */
export interface FinishInstanceBody {
  /** How it went; `complete` unless said. */
  readonly status?: "complete" | "failed" | "cancelled" | null;
  /** When; now unless said. */
  readonly timestamp?: string | null;
  /** Sent again with this key, the request has no second effect, for 24 hours, or until the answers kept for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** The body of a request that has its fields beside its idempotency key. */
export interface FinishSpanBody {
  /** How it went; `complete` unless said. */
  readonly status?: "complete" | "failed" | "cancelled" | null;
  /** When; now unless said. */
  readonly timestamp?: string | null;
  /** What came out; kept as it is sent. */
  readonly result_payload?: {readonly [key: string]: unknown} | null;
  /** Sent again with this key, the request has no second effect, for 24 hours, or until the answers kept for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** The body of a request that has its fields beside its idempotency key. */
export interface GeneratePfidsBody {
  /** How many. */
  readonly count: number;
  /** The token's account. */
  readonly account_id?: Pfid | null;
  /** Sent again with this key, the request has no second effect, for 24 hours, or until the answers kept for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** Ids that no object has yet, in increasing order. Older clients read them at the root, newer ones in `details`. */
export interface GeneratedPfids {
  /** That the operation was carried out. */
  readonly status: "success";
  /** The ids. */
  readonly pfids: readonly Pfid[];
  /** The account that they are of. */
  readonly account_id: Pfid;
  /** The ids again. */
  readonly details: PfidList;
}

/** How many instances or spans there are, by status. */
export interface InstanceCounts {
  /** All of them. */
  readonly total: number;
  /** Not started. */
  readonly pending: number;
  /** Running. */
  readonly active: number;
  /** Finished well. */
  readonly complete: number;
  /** Finished badly. */
  readonly failed: number;
  /** Called off. */
  readonly cancelled: number;
  /** Complete, failed and cancelled. */
  readonly finished: number;
}

/** What is wrong with a field. */
export type IssueCode = "required_value" | "invalid_value";

/** Which rule a field breaks. */
export type IssueReason = "missing" | "wrong_type" | "unreadable" | "not_well_formed" | "blank" | "too_long" | "control_character" | "not_printable_ascii" | "not_a_pfid" | "foreign_partition" | "out_of_range" | "not_an_option" | "not_a_timestamp" | "not_finished" | "taken" | "not_found" | "not_supported";

/** The body of a request that has nothing but an idempotency key. */
export interface KeyBody {
  /** Sent again with this key, the request has no second effect, for 24 hours, or until the answers kept for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** What a schema version is made from, in its own request and in a registration. */
export interface NewSchemaVersion {
  /** What its caller calls it; once in an agent. */
  readonly external_identifier: string;
  /** Its name. */
  readonly name?: string | null;
  /** Its description. */
  readonly description?: string | null;
  /** A JSON Schema for each kind of span. */
  readonly span_schemas?: {readonly [key: string]: unknown} | null;
  /** A JSON Schema for each kind of span's result. */
  readonly span_result_schemas?: {readonly [key: string]: unknown} | null;
  /** The same as a list. */
  readonly span_type_schemas?: readonly unknown[] | null;
  /** Schemas of quality records; kept as they are sent. */
  readonly quality_schemas?: readonly unknown[] | null;
}

/** A version and the agent that it is of. */
export interface NewSchemaVersionOfAgent {
  /** The agent. */
  readonly agent_id: Pfid;
  /** What its caller calls it; once in an agent. */
  readonly external_identifier: string;
  /** Its name. */
  readonly name?: string | null;
  /** Its description. */
  readonly description?: string | null;
  /** A JSON Schema for each kind of span. */
  readonly span_schemas?: {readonly [key: string]: unknown} | null;
  /** A JSON Schema for each kind of span's result. */
  readonly span_result_schemas?: {readonly [key: string]: unknown} | null;
  /** The same as a list. */
  readonly span_type_schemas?: readonly unknown[] | null;
  /** Schemas of quality records; kept as they are sent. */
  readonly quality_schemas?: readonly unknown[] | null;
}

/** The body `{"details": {…}, "idempotency_key"?}` of a request. */
export interface NewSchemaVersionOfAgentBody {
  /** What the operation is about. */
  readonly details: NewSchemaVersionOfAgent;
  /** Sent again with this key, the request has no second effect, for 24 hours, or until the answers kept for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** What a version of an agent is made from, in its own request and in a registration. */
export interface NewVersion {
  /** What its caller calls it; once in an agent. */
  readonly external_identifier: string;
  /** Its name. */
  readonly name?: string | null;
  /** Its description. */
  readonly description?: string | null;
}

/** A version and the agent that it is of. */
export interface NewVersionOfAgent {
  /** The agent. */
  readonly agent_id: Pfid;
  /** What its caller calls it; once in an agent. */
  readonly external_identifier: string;
  /** Its name. */
  readonly name?: string | null;
  /** Its description. */
  readonly description?: string | null;
}

/** The body `{"details": {…}, "idempotency_key"?}` of a request. */
export interface NewVersionOfAgentBody {
  /** What the operation is about. */
  readonly details: NewVersionOfAgent;
  /** Sent again with this key, the request has no second effect, for 24 hours, or until the answers kept for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** Which part of a list this is. */
export interface Pagination {
  /** Items on all pages. */
  readonly item_count: number;
  /** Number of the first item here, from 1; 0 without items. */
  readonly item_start: number;
  /** Number of the last item here. */
  readonly item_end: number;
  /** Pages in all. */
  readonly page_count: number;
  /** Number of this page, from 1. */
  readonly page_index: number;
  /** Items before this page. */
  readonly page_offset: number;
  /** Items on a page, 1 to 100. */
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
  /** No type but that of the status. */
  readonly type: "about:blank";
  /** The status in words. */
  readonly title: string;
  /** The HTTP status. */
  readonly status: number;
  /** A sentence for a person. */
  readonly detail: string;
  /** What kind of error it is. */
  readonly code: ErrorCode;
  /** What is wrong with fields. */
  readonly errors?: readonly ProblemIssue[];
}

/** One broken rule of one field, in problem details. */
export interface ProblemIssue {
  /** A JSON Pointer into the body. */
  readonly pointer?: string;
  /** The query parameter, where the fault is in one. */
  readonly parameter?: string;
  /** A sentence for a person. */
  readonly detail: string;
  /** What is wrong with the field. */
  readonly code: IssueCode;
  /** Which rule the field breaks. */
  readonly reason: IssueReason;
}

/** The body of a request that has its fields beside its idempotency key. */
export interface RegisterInstanceBody {
  /** The agent that runs. */
  readonly agent_id: Pfid;
  /** Made on first sight. */
  readonly agent_version?: NewVersion | null;
  /** Made on first sight. */
  readonly agent_schema_version?: NewSchemaVersion | null;
  /** The instance's id, where the caller chooses it. */
  readonly id?: Pfid | null;
  /** Whether the versions become the agent's current ones; true unless said. */
  readonly update_current_version?: boolean | null;
  /** Sent again with this key, the request has no second effect, for 24 hours, or until the answers kept for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** A new name of an environment or an account. */
export interface Rename {
  /** Absent: it stays. */
  readonly name?: string;
}

/** The body `{"details": {…}, "idempotency_key"?}` of a request. */
export interface RenameBody {
  /** What the operation is about. */
  readonly details: Rename;
  /** Sent again with this key, the request has no second effect, for 24 hours, or until the answers kept for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** Where an instance or a span is in its life. */
export type RunStatus = "pending" | "active" | "complete" | "failed" | "cancelled";

/** How a list is sorted. */
export interface Sorting {
  /** The field that it is sorted by. */
  readonly field: string;
  /** Whether backwards. */
  readonly direction: SortingDirection;
}

/** Forwards or backwards. */
export type SortingDirection = "asc" | "desc";

/** The body of a request that has its fields beside its idempotency key. */
export interface StartInstanceBody {
  /** When; now unless said. */
  readonly timestamp?: string | null;
  /** Sent again with this key, the request has no second effect, for 24 hours, or until the answers kept for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** A time: RFC 3339, UTC, microseconds. */
export type Timestamp = string;

/** What an API token is for: all of the account, or one environment of it. */
export type TokenScope = "account" | "environment";

/** Where an API token is in its life. Only an active one opens anything. */
export type TokenStatus = "active" | "suspended" | "revoked" | "expired";

/** What kind of token it is. */
export interface TokenType {
  /** The kind. */
  readonly token_type: "api";
}

/** The answer that is one object. */
export interface TokenTypeAnswer {
  /** That the operation was carried out. */
  readonly status: "success";
  /** The object. */
  readonly details: TokenType;
}

/** What an update of an agent changes. */
export interface UpdateAgent {
  /** Absent: it stays. */
  readonly name?: string;
  /** Absent: it stays; null clears it. */
  readonly description?: string | null;
  /** A version of the agent. Absent: it stays; null clears it. */
  readonly current_version_id?: Pfid | null;
}

/** The body `{"details": {…}, "idempotency_key"?}` of a request. */
export interface UpdateAgentBody {
  /** What the operation is about. */
  readonly details: UpdateAgent;
  /** Sent again with this key, the request has no second effect, for 24 hours, or until the answers kept for the token's scope exceed 64 MiB. */
  readonly idempotency_key?: string | null;
}

/** What an update changes, normalised: what is absent stays, null clears. */
export interface UpdateAgentDetails {
  /** 1 to 255 characters. */
  readonly name?: string;
  /** At most 10,000 characters. */
  readonly description?: string | null;
  /** The version that it is at. */
  readonly current_version_id?: Pfid | null;
}

/** A valid body of `PUT /api/v1/agent/{id}`, normalised. */
export interface UpdateAgentRequest {
  /** What changes. */
  readonly details: UpdateAgentDetails;
  /** Sent again with this key, the request has no second effect. */
  readonly idempotency_key?: string;
}

/** The body of the error of a request that breaks rules of its fields. */
export interface ValidationErrors {
  /** That the operation was not carried out. */
  readonly status: "error";
  /** What kind of error it is. */
  readonly code: "validation_errors";
  /** A sentence for a person. */
  readonly message: string;
  /** What is wrong, by the path of the field, dotted from the body's root. */
  readonly errors: {
    /** @minItems 1 */
    readonly [k: string]: readonly [string, ...string[]];
  };
}
