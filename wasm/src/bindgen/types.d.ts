
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

/** The parts of a PFID: Unix milliseconds, 30 bits, ten bytes. */
export interface PfidParts {
  readonly timestamp: number;
  readonly partition: number;
  readonly randomness: Uint8Array;
}
