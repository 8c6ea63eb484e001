// Bodies are defined once, in Rust (src/wire), and generated from there. This file has the types that only JavaScript has.
import type {
  CreateAgentBody,
  CreateAgentDetails,
  CreateAgentRequest,
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
  AgentRecord,
  AgentStatus,
  AvailableActions,
  CreateAgentDetails,
  CreateAgentRequest,
  InstanceCounts,
  IssueCode,
  Pfid,
  Time,
  Timestamp,
  UpdateAgentDetails,
  UpdateAgentRequest,
  ValidationErrors,
} from "../generated/wire.js";

/** The broken rule. Only `issuesFromErrors` gives `other`, for a rule that only the API knows. [ours] */
export type IssueReason = RuleReason | "other";

/** One broken rule of one field. Frozen, and the same object each time. */
export interface Issue {
  /** The path of the field from the body's root. Never empty: for a body that is no object it is `["details"]`. */
  readonly path: readonly [string, ...string[]];
  /** The upstream code. [doc] */
  readonly code: IssueCode;
  readonly reason: IssueReason;
  /** A sentence for a person, in terms of the field. It repeats nothing of the input. */
  readonly message: string;
  /** The number in the message, if it has one. The `limit` of `too_long` counts Unicode scalar values. */
  readonly params?: { readonly limit: number };
}

/** A body before it is checked: ids are strings, and `undefined` counts as absent. */
type Unchecked<T> = T extends Pfid
  ? string
  : T extends object
    ? { readonly [K in keyof T]: Unchecked<T[K]> | (Record<never, never> extends Pick<T, K> ? undefined : never) }
    : T;

/** The input of {@link createAgentSchema}, as far as types can express it. */
export type CreateAgentInput = Unchecked<CreateAgentBody & { readonly details: { readonly environment_id: Pfid } }>;

/** The input of {@link updateAgentSchema}, as far as types can express it. */
export type UpdateAgentInput = Unchecked<UpdateAgentBody>;

/** The result for an invalid body: all issues, in the order of the contract's table. */
export interface Refused {
  readonly ok: false;
  readonly issues: readonly [Issue, ...Issue[]];
  readonly error: ValidationErrors;
  /** Dotted paths of unknown keys, which were dropped, in their order. [ours] */
  readonly ignored: readonly string[];
}

/** The result for a valid body: the normalised value. */
export interface Accepted<T> {
  readonly ok: true;
  readonly value: T;
  /** Dotted paths of unknown keys, which were dropped, in their order. [ours] */
  readonly ignored: readonly string[];
}

/** The result of {@link validateCreateAgent}. */
export type CreateAgentResult = Accepted<CreateAgentRequest> | Refused;

/** The result of {@link validateUpdateAgent}. */
export type UpdateAgentResult = Accepted<UpdateAgentRequest> | Refused;

/** An agent to be created: a validated request, or its details. */
export type NewAgent = CreateAgentRequest | CreateAgentDetails;
