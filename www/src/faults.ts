import { property, type Answer } from "./service.js";
import type { CreateBody } from "./draft.js";

/** Messages by dotted path, in the order in which they were told. */
export type FieldMessages = ReadonlyMap<string, readonly string[]>;

const none: FieldMessages = new Map();

/** The part of the package that the form needs. */
export type Validator = Pick<typeof import("agent-registrar"), "validateCreateAgent" | "parsePfid" | "generatePfid">;

/** The validator's faults. Without a validator there are none: the service's own are shown when it answers. */
export function faultsOf(body: CreateBody, validator: Validator | null): FieldMessages {
  const result = validator?.validateCreateAgent(body);
  if (result === undefined || result.ok) return none;
  const faults = new Map<string, string[]>();
  for (const issue of result.issues) {
    const path = issue.path.join(".");
    const messages = faults.get(path);
    if (messages === undefined) faults.set(path, [issue.message]);
    else messages.push(issue.message);
  }
  return faults;
}

/** The faults that an answer lays at certain fields. */
export function faultsInAnswer(answer: Answer): FieldMessages {
  if (!("json" in answer.body)) return none;
  const { json } = answer.body;
  // The one error of a single field that isn't told as a validation error.
  if (property(json, "code") === "idempotency_key_already_used") {
    const message = property(json, "message");
    return new Map([["idempotency_key", [typeof message === "string" ? message : "This key was used before."]]]);
  }
  const errors = property(json, "errors");
  if (typeof errors !== "object" || errors === null) return none;
  return new Map(
    Object.entries(errors).map(([path, messages]: [string, unknown]) => [
      path,
      (Array.isArray(messages) ? messages : [messages]).map(String),
    ]),
  );
}
