// Generated from the Rust description of the API by `npm run describe`. Do not edit.

declare const brand: unique symbol;

/** An id: 32 characters of lowercase Crockford base 32. Time, partition, randomness. */
export type Pfid = string & { readonly [brand]: "Pfid" };

/** A time: RFC 3339, UTC, microseconds. */
export type Timestamp = string;

/** Where an agent is in its life: without instances, with something happening, without for 30 days, out of use. */
export type AgentStatus = "pending" | "active" | "dormant" | "retired";

/** What can be done to an agent now. */
export interface AvailableActions {
  readonly update: boolean;
  readonly retire: boolean;
  readonly reinstate: boolean;
  readonly delete: boolean;
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

/** An agent. */
export interface Agent {
  readonly type: "agent";
  readonly id: Pfid;
  /** 1 to 255 characters. */
  readonly name: string;
  /** At most 10,000 characters. */
  readonly description: string | null;
  /** The environment that it lives in. */
  readonly environment_id: Pfid;
  readonly status: AgentStatus;
  /** The version that it is at. */
  readonly current_version_id: Pfid | null;
  /** The schema version that it is at. */
  readonly current_schema_version_id: Pfid | null;
  /** When it was created. */
  readonly inserted_at: Timestamp;
  /** When it was last changed. */
  readonly updated_at: Timestamp;
  readonly available_actions: AvailableActions;
  readonly instance_counts: InstanceCounts;
}

/** An agent in a list. */
export interface AgentSummary {
  readonly type: "agent";
  readonly id: Pfid;
  /** 1 to 255 characters. */
  readonly name: string;
  /** At most 10,000 characters. */
  readonly description: string | null;
  /** The environment that it lives in. */
  readonly environment_id: Pfid;
  readonly status: AgentStatus;
  /** The version that it is at. */
  readonly current_version_id: Pfid | null;
  /** The schema version that it is at. */
  readonly current_schema_version_id: Pfid | null;
  /** When it was created. */
  readonly inserted_at: Timestamp;
  /** When it was last changed. */
  readonly updated_at: Timestamp;
  readonly available_actions: AvailableActions;
}

/** Where an instance or a span is in its life. */
export type RunStatus = "pending" | "active" | "complete" | "failed" | "cancelled";

/** A run of an agent. */
export interface AgentInstance {
  readonly type: "agent_instance";
  readonly id: Pfid;
  readonly account_id: Pfid;
  readonly agent_id: Pfid;
  /** The version that runs. */
  readonly agent_version_id: Pfid | null;
  /** The agent's id: here an agent lives in one environment. */
  readonly agent_deployment_id: Pfid;
  readonly environment_id: Pfid;
  readonly status: RunStatus;
  /** When it was registered. */
  readonly inserted_at: Timestamp;
  /** When it was last changed. */
  readonly updated_at: Timestamp;
  readonly started_at: Timestamp | null;
  readonly finished_at: Timestamp | null;
  readonly span_counts: InstanceCounts;
}

/** A step of an instance. */
export interface AgentSpan {
  readonly type: "agent_span";
  readonly id: Pfid;
  readonly account_id: Pfid;
  readonly agent_id: Pfid;
  readonly agent_instance_id: Pfid;
  /** The span that it is a part of. */
  readonly parent_span_id: Pfid | null;
  /** What kind of step it is. */
  readonly schema_name: string;
  readonly status: RunStatus;
  /** What went in, as it was sent. */
  readonly payload: { readonly [key: string]: unknown };
  /** What came out, as it was sent. */
  readonly result_payload: { readonly [key: string]: unknown } | null;
  readonly started_at: Timestamp;
  readonly finished_at: Timestamp | null;
  readonly inserted_at: Timestamp;
  readonly updated_at: Timestamp;
}

/** A version of an agent's code. */
export interface AgentVersion {
  readonly type: "agent_version";
  readonly id: Pfid;
  readonly account_id: Pfid;
  readonly agent_id: Pfid;
  /** What its caller calls it; once in an agent. */
  readonly external_identifier: string;
  readonly name: string | null;
  readonly description: string | null;
  /** When it was created. */
  readonly inserted_at: Timestamp;
  /** When it was last changed. */
  readonly updated_at: Timestamp;
}

/** A version of the schemas of an agent's spans. */
export interface AgentSchemaVersion {
  readonly type: "agent_schema_version";
  readonly id: Pfid;
  readonly account_id: Pfid;
  readonly agent_id: Pfid;
  /** What its caller calls it; once in an agent. */
  readonly external_identifier: string;
  readonly name: string | null;
  readonly description: string | null;
  /** As it was sent. */
  readonly span_schemas?: unknown;
  /** As it was sent. */
  readonly span_result_schemas?: unknown;
  /** As it was sent. */
  readonly span_type_schemas?: unknown;
  /** As it was sent. */
  readonly quality_schemas?: unknown;
  /** When it was created. */
  readonly inserted_at: Timestamp;
  /** When it was last changed. */
  readonly updated_at: Timestamp;
}

/** Where agents live. */
export interface Environment {
  readonly type: "environment";
  readonly id: Pfid;
  readonly account_id: Pfid;
  readonly name: string;
  /** When it was created. */
  readonly inserted_at: Timestamp;
  /** When it was last changed. */
  readonly updated_at: Timestamp;
}

/** To whom environments belong. */
export interface Account {
  readonly type: "account";
  readonly id: Pfid;
  readonly name: string;
  /** When it was created. */
  readonly inserted_at: Timestamp;
  /** When it was last changed. */
  readonly updated_at: Timestamp;
}

/** Which part of a list this is. */
export interface Pagination {
  /** Items on all pages. */
  readonly item_count: number;
  /** Number of the first item here, from 1; 0 without items. */
  readonly item_start: number;
  /** Number of the last item here. */
  readonly item_end: number;
  readonly page_count: number;
  /** From 1. */
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

/** How a list is sorted. */
export interface Sorting {
  readonly field: string;
  readonly direction: "asc" | "desc";
}

/** What kind of error it is. */
export type ErrorCode = "bad_request" | "not_authenticated" | "bad_authtoken" | "not_permitted" | "not_found" | "invalid_action" | "idempotency_key_already_used" | "unexpected_ref_type" | "not_implemented" | "unexpected";

/** The body of an error. */
export interface ErrorBody {
  readonly status: "error";
  readonly code: ErrorCode;
  /** A sentence for a person. */
  readonly message: string;
}

/** The body of the error of a request that breaks rules of its fields. */
export interface ValidationErrors {
  readonly status: "error";
  readonly code: "validation_errors";
  /** A sentence for a person. */
  readonly message: string;
  /** What is wrong, by the path of the field, dotted from the body's root. */
  readonly errors: { readonly [key: string]: readonly [string, ...string[]] };
}

/** What is wrong with a field. */
export type IssueCode = "required_value" | "invalid_value";

/** Which rule a field breaks. */
export type IssueReason = "missing" | "wrong_type" | "unreadable" | "not_well_formed" | "blank" | "too_long" | "control_character" | "not_printable_ascii" | "not_a_pfid" | "foreign_partition" | "out_of_range" | "not_an_option" | "not_a_timestamp" | "not_finished" | "taken" | "not_found";

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
  readonly details: CreateAgentDetails;
  /** Sent again with this key, the request has no second effect. */
  readonly idempotency_key?: string;
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
  readonly details: UpdateAgentDetails;
  /** Sent again with this key, the request has no second effect. */
  readonly idempotency_key?: string;
}
