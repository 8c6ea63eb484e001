
/** One broken rule of one field. */
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

export type CreateAgentResult = Accepted<CreateAgentRequest> | Refused;
export type UpdateAgentResult = Accepted<UpdateAgentRequest> | Refused;
export type AgentResponse = AgentAnswer;

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
  /** Its instances by their status; none where absent. A bigint counts as its number. [ours] */
  readonly instance_counts?: Readonly<Record<"pending" | "active" | "complete" | "failed" | "cancelled", number | bigint>> | undefined;
}

/** The parts of a PFID: Unix milliseconds, 30 bits, ten bytes. */
export interface PfidParts {
  readonly timestamp: number;
  readonly partition: number;
  readonly randomness: Uint8Array;
}
