import { ISSUES } from "../generated/rules.js";
import { keysOf } from "./read.js";
import type { Issue, ValidationErrors } from "./types.js";

/** The rule that a message is about, where this build's validator has that message. */
function ruleOf(path: string, message: string): Omit<Issue, "path" | "message"> {
  const [, reason = "other", , limit] = ISSUES.find(([field, , sentence]) => field === path && sentence === message) ?? [];
  const code = reason === "missing" ? "required_value" : "invalid_value";
  return { code, reason, ...(limit !== undefined && { params: { limit } }) };
}

/**
 * The issues of a `validation_errors` answer of the API, in its order: for forms, whose fields go by the issues' paths.
 *
 * A message that this build's validator gives, too, has that one's reason; any other has the reason `other` [ours]. Never
 * throws: what is no such answer has no issues.
 */
export function issuesFromErrors(error: ValidationErrors): Issue[] {
  const errors = read(error, "errors");
  const paths = keysOf(errors);
  if (typeof paths === "number") return [];
  return paths.flatMap((dotted) => {
    const messages: unknown = read(errors, dotted);
    return [messages].flat().flatMap((message): Issue[] => {
      if (typeof message !== "string") return [];
      const path = dotted.split(".") as unknown as Issue["path"];
      return [{ path, message, ...ruleOf(dotted, message) }];
    });
  });
}

/** An own member of a plain object. */
function read(value: unknown, key: string): unknown {
  const keys = keysOf(value);
  if (typeof keys === "number" || !keys.includes(key)) return undefined;
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}
