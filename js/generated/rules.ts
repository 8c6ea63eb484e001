// Generated from src/rules by `npm run describe`. Do not edit.
import { type Body, define, own, unreadable } from "../validator/body.js";
import type {
  Agent,
  AgentStatus,
  CreateAgentDetails,
  CreateAgentRequest,
  IssueReason,
  Pfid,
  UpdateAgentDetails,
  UpdateAgentRequest,
} from "./wire.js";

/** An object that is being built. */
type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Longest name, after trimming, in Unicode scalar values. */
export const NAME_LIMIT = 255;

/** Longest description, in Unicode scalar values. */
export const DESCRIPTION_LIMIT = 10000;

/** Longest idempotency key, in Unicode scalar values. */
export const IDEMPOTENCY_KEY_LIMIT = 128;

/** Length of the longest RFC 3339 text that is read as a time, in characters. */
export const TIME_LIMIT = 35;

/** Length of a time as the API writes it, in characters. */
export const TIME_LENGTH = 27;

/** The `message` of every `validation_errors` answer. */
export const VALIDATION_MESSAGE = "The request breaks the rules of some of its fields.";

/** The number of slots in the header of the validator's memory. */
export const SLOTS = 7;

/** Statuses of agents, in the order of their numbers. */
export const AGENT_STATUSES: readonly AgentStatus[] = ["pending", "active", "dormant", "retired"];

/** Every possible issue, in the order of the bits of a verdict: dotted path, reason, message, and the number in it. */
export const ISSUES: readonly (readonly [path: string, reason: IssueReason, message: string, limit?: number])[] = [
  ["details", "missing", "Details are required."],
  ["details", "wrong_type", "Details must be an object."],
  ["details", "unreadable", "Details could not be read."],
  ["details.name", "missing", "Name is required."],
  ["details.name", "wrong_type", "Name must be text."],
  ["details.name", "unreadable", "Name could not be read."],
  ["details.name", "not_well_formed", "Name must be well-formed Unicode."],
  ["details.name", "blank", "Name must not be blank."],
  ["details.name", "too_long", "Name must have at most 255 characters.", 255],
  ["details.name", "control_character", "Name must not contain control characters."],
  ["details.environment_id", "missing", "Environment ID is required."],
  ["details.environment_id", "wrong_type", "Environment ID must be text."],
  ["details.environment_id", "unreadable", "Environment ID could not be read."],
  ["details.environment_id", "not_well_formed", "Environment ID must be well-formed Unicode."],
  ["details.environment_id", "not_a_pfid", "Environment ID must be a PFID."],
  ["details.description", "wrong_type", "Description must be text."],
  ["details.description", "unreadable", "Description could not be read."],
  ["details.description", "not_well_formed", "Description must be well-formed Unicode."],
  ["details.description", "too_long", "Description must have at most 10,000 characters.", 10000],
  ["details.description", "control_character", "Description must not contain control characters other than tabs and line breaks."],
  ["details.id", "wrong_type", "ID must be text."],
  ["details.id", "unreadable", "ID could not be read."],
  ["details.id", "not_well_formed", "ID must be well-formed Unicode."],
  ["details.id", "not_a_pfid", "ID must be a PFID."],
  ["details.id", "foreign_partition", "ID must be in the account's partition."],
  ["details.current_version_id", "wrong_type", "Current version ID must be text."],
  ["details.current_version_id", "unreadable", "Current version ID could not be read."],
  ["details.current_version_id", "not_well_formed", "Current version ID must be well-formed Unicode."],
  ["details.current_version_id", "not_a_pfid", "Current version ID must be a PFID."],
  ["idempotency_key", "wrong_type", "Idempotency key must be text."],
  ["idempotency_key", "unreadable", "Idempotency key could not be read."],
  ["idempotency_key", "not_well_formed", "Idempotency key must be well-formed Unicode."],
  ["idempotency_key", "blank", "Idempotency key must not be blank."],
  ["idempotency_key", "too_long", "Idempotency key must have at most 128 characters.", 128],
  ["idempotency_key", "not_printable_ascii", "Idempotency key must be printable ASCII."],
];

/** The keys of `details`, in the order of the contract. */
export const CREATE_AGENT_KEYS: readonly string[] = ["name", "environment_id", "description", "id"];

/** The keys of `details`, in the order of the contract. */
export const UPDATE_AGENT_KEYS: readonly string[] = ["name", "description", "current_version_id"];

/** The ids of a stored agent that may be null and that no create body has. */
export const RECORD_IDS = ["current_version_id", "current_schema_version_id"] as const;

/** The details of a create body, to be checked. */
export function detailsOf(read: (key: keyof CreateAgentDetails) => unknown): Record<keyof CreateAgentDetails, unknown> {
  return {
    name: read("name"),
    environment_id: read("environment_id"),
    description: read("description"),
    id: read("id"),
  };
}

/** An agent, with its keys in the order of the contract. */
export function agentOf(
  details: CreateAgentDetails,
  storedId: (key: (typeof RECORD_IDS)[number]) => Pfid | null,
  derived: Pick<Agent, "id" | "status" | "inserted_at" | "updated_at" | "available_actions" | "instance_counts">,
): Agent {
  return {
    type: "agent",
    id: derived.id,
    name: details.name,
    description: own(details, "description") ?? null,
    environment_id: details.environment_id,
    status: derived.status,
    current_version_id: storedId("current_version_id"),
    current_schema_version_id: storedId("current_schema_version_id"),
    inserted_at: derived.inserted_at,
    updated_at: derived.updated_at,
    available_actions: derived.available_actions,
    instance_counts: derived.instance_counts,
  };
}

/** Slots: details, name, environment_id, description, id, idempotency_key. */
export const CREATE_AGENT: Body<CreateAgentRequest> = {
  limits: [0, 255, 32, 10000, 32, 128],
  trimmed: 1,
  environmentId: 2,
  empty: () => [0, undefined, undefined, undefined, undefined, undefined],
  readMember(values, object, key) {
    switch (key) {
      case "idempotency_key":
        values[5] = unreadable;
        values[5] = object["idempotency_key"];
        return true;
    }
    return false;
  },
  readDetail(values, details, key) {
    switch (key) {
      case "name":
        values[1] = unreadable;
        values[1] = details["name"];
        return true;
      case "environment_id":
        values[2] = unreadable;
        values[2] = details["environment_id"];
        return true;
      case "description":
        values[3] = unreadable;
        values[3] = details["description"];
        return true;
      case "id":
        values[4] = unreadable;
        values[4] = details["id"];
        return true;
    }
    return false;
  },
  build(values) {
    const details: Mutable<CreateAgentDetails> = { name: values[1] as string, environment_id: values[2] as Pfid };
    if (values[3] !== undefined) {
      if ("description" in Object.prototype) define(details, "description", values[3]);
      else details.description = values[3] as Required<CreateAgentDetails>["description"];
    }
    if (values[4] != null) {
      if ("id" in Object.prototype) define(details, "id", values[4]);
      else details.id = values[4] as Required<CreateAgentDetails>["id"];
    }
    const request: Mutable<CreateAgentRequest> = { details };
    if (values[5] != null) {
      if ("idempotency_key" in Object.prototype) define(request, "idempotency_key", values[5]);
      else request.idempotency_key = values[5] as Required<CreateAgentRequest>["idempotency_key"];
    }
    return request;
  },
};

/** Slots: details, name, description, current_version_id, idempotency_key. */
export const UPDATE_AGENT: Body<UpdateAgentRequest> = {
  limits: [0, 255, 10000, 32, 128],
  trimmed: 1,
  environmentId: -1,
  empty: () => [0, undefined, undefined, undefined, undefined],
  readMember(values, object, key) {
    switch (key) {
      case "idempotency_key":
        values[4] = unreadable;
        values[4] = object["idempotency_key"];
        return true;
    }
    return false;
  },
  readDetail(values, details, key) {
    switch (key) {
      case "name":
        values[1] = unreadable;
        values[1] = details["name"];
        return true;
      case "description":
        values[2] = unreadable;
        values[2] = details["description"];
        return true;
      case "current_version_id":
        values[3] = unreadable;
        values[3] = details["current_version_id"];
        return true;
    }
    return false;
  },
  build(values) {
    const details: Mutable<UpdateAgentDetails> = {};
    if (values[1] !== undefined) {
      if ("name" in Object.prototype) define(details, "name", values[1]);
      else details.name = values[1] as Required<UpdateAgentDetails>["name"];
    }
    if (values[2] !== undefined) {
      if ("description" in Object.prototype) define(details, "description", values[2]);
      else details.description = values[2] as Required<UpdateAgentDetails>["description"];
    }
    if (values[3] !== undefined) {
      if ("current_version_id" in Object.prototype) define(details, "current_version_id", values[3]);
      else details.current_version_id = values[3] as Required<UpdateAgentDetails>["current_version_id"];
    }
    const request: Mutable<UpdateAgentRequest> = { details };
    if (values[4] != null) {
      if ("idempotency_key" in Object.prototype) define(request, "idempotency_key", values[4]);
      else request.idempotency_key = values[4] as Required<UpdateAgentRequest>["idempotency_key"];
    }
    return request;
  },
};
