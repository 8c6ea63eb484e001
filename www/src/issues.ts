import { property, type Answer } from "./service.js";
import type { CreateBody } from "./draft.js";

/** Messages by dotted path, in the order of the issues. */
export type FieldMessages = ReadonlyMap<string, readonly string[]>;

const none: FieldMessages = new Map();

/** The part of the package that the form needs. */
export type Validator = Pick<typeof import("agent-registrar"), "validateCreateAgent" | "parsePfid" | "generatePfid">;

/** The messages of the validator. Without a validator there are none; the service validates as well. */
export function issuesOf(body: CreateBody, validator: Validator | null): FieldMessages {
  const result = validator?.validateCreateAgent(body);
  if (result === undefined || result.ok) return none;
  const found = new Map<string, string[]>();
  for (const issue of result.issues) {
    const path = issue.path.join(".");
    const messages = found.get(path);
    if (messages === undefined) found.set(path, [issue.message]);
    else messages.push(issue.message);
  }
  return found;
}

/** The messages of an error answer, by field. */
export function issuesInAnswer(answer: Answer): FieldMessages {
  if (!("json" in answer.body)) return none;
  const { json } = answer.body;
  // This error is about one field, but has no `errors`.
  if (property(json, "code") === "idempotency_key_already_used") {
    const message = property(json, "message");
    return new Map([["idempotency_key", [typeof message === "string" ? message : "The idempotency key was used for another request."]]]);
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
