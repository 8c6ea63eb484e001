// What travels is defined once, in Rust (src/wire), and comes from there; here are the types that only JavaScript has.
import type {
  CreateAgentBody,
  CreateAgentDetails,
  CreateAgentRequest,
  InstanceCounts,
  IssueCode,
  IssueReason as RuleReason,
  Pfid,
  UpdateAgentBody,
  UpdateAgentRequest,
  ValidationErrors,
} from "../generated/wire.js";

export type {
  Agent,
  AgentAnswer as AgentResponse,
  AgentStatus,
  AvailableActions,
  CreateAgentDetails,
  CreateAgentRequest,
  InstanceCounts,
  IssueCode,
  Pfid,
  Timestamp,
  UpdateAgentDetails,
  UpdateAgentRequest,
  ValidationErrors,
} from "../generated/wire.js";

/** The rule that is broken; `other` is one that only the API knows, and comes from `issuesFromErrors` alone. [ours] */
export type IssueReason = RuleReason | "other";

/** One broken rule of one field. Frozen, and the same object each time. */
export interface Issue {
  /** Where the field is, from the body's root; never empty: a body that is no object has `["details"]`. */
  readonly path: readonly [string, ...string[]];
  /** The upstream code. [doc] */
  readonly code: IssueCode;
  readonly reason: IssueReason;
  /** A sentence for a person, in terms of the field. It repeats nothing of the input. */
  readonly message: string;
  /** The number in the message, where it says one. A `limit` of `too_long` counts Unicode scalar values. */
  readonly params?: { readonly limit: number };
}

/** A type of the wire before it is checked: ids are texts, and `undefined` counts as absent. */
type Unchecked<T> = T extends Pfid
  ? string
  : T extends object
    ? { readonly [K in keyof T]: Unchecked<T[K]> | (Record<never, never> extends Pick<T, K> ? undefined : never) }
    : T;

/** What {@link createAgentSchema} takes, as far as types can say it. */
export type CreateAgentInput = Unchecked<CreateAgentBody & { readonly details: { readonly environment_id: Pfid } }>;

/** What {@link updateAgentSchema} takes, as far as types can say it. */
export type UpdateAgentInput = Unchecked<UpdateAgentBody>;

/** An answer that names everything that is wrong, in the order of the contract's table. */
export interface Refused {
  readonly ok: false;
  readonly issues: readonly [Issue, ...Issue[]];
  readonly error: ValidationErrors;
  /** Dotted paths of keys that have no meaning here and were dropped, in their order. [ours] */
  readonly ignored: readonly string[];
}

/** An answer with the normalised value. */
export interface Accepted<T> {
  readonly ok: true;
  readonly value: T;
  /** Dotted paths of keys that have no meaning here and were dropped, in their order. [ours] */
  readonly ignored: readonly string[];
}

/** What {@link validateCreateAgent} answers. */
export type CreateAgentResult = Accepted<CreateAgentRequest> | Refused;

/** What {@link validateUpdateAgent} answers. */
export type UpdateAgentResult = Accepted<UpdateAgentRequest> | Refused;

/** An agent that is about to be: a validated request, or its details. */
export type NewAgent = CreateAgentRequest | CreateAgentDetails;

/** A point in time: RFC 3339 with any offset, a Date, or Unix milliseconds. */
export type Time = string | Date | number;

/** An agent as it is stored. */
export interface AgentRecord {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly environment_id: string;
  readonly inserted_at: Time;
  readonly updated_at: Time;
  /** Whether retire was the last of retire and reinstate; `false` where absent. */
  readonly retired?: boolean | undefined;
  /** When something last happened to one of its instances. An agent with instances and without this is active. */
  readonly last_activity_at?: Time | null | undefined;
  readonly current_version_id?: string | null | undefined;
  readonly current_schema_version_id?: string | null | undefined;
  /** Its instances by their status; none where absent. */
  readonly instance_counts?: Pick<InstanceCounts, "pending" | "active" | "complete" | "failed" | "cancelled"> | undefined;
}
