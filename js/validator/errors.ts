import { ISSUES } from "../generated/rules.js";
import { keysOf } from "./read.js";
import type { Issue, ValidationErrors } from "./types.js";

/** The rule behind a message of this build's validator. */
function ruleOf(path: string, message: string): Omit<Issue, "path" | "message"> {
  const [, reason = "other", , limit] = ISSUES.find(([field, , sentence]) => field === path && sentence === message) ?? [];
  const code = reason === "missing" ? "required_value" : "invalid_value";
  return { code, reason, ...(limit !== undefined && { params: { limit } }) };
}

/**
 * The issues of a `validation_errors` answer of the API, in its order, with the paths of a form's fields.
 *
 * A message that this build's validator also gives gets its reason, any other the reason `other` [ours]. Never throws: any
 * other value has no issues.
 */
export function issuesFromErrors(error: ValidationErrors): Issue[] {
  const errors = read(error, "errors");
  const paths = keysOf(errors);
  if (typeof paths === "number") return [];
  return paths.flatMap((dotted) => {
    const messages: unknown = read(errors, dotted);
    return listOf(messages).flatMap((message): Issue[] => {
      if (typeof message !== "string") return [];
      const path = dotted.split(".") as unknown as Issue["path"];
      return [{ path, message, ...ruleOf(dotted, message) }];
    });
  });
}

/** The items of an array; any other value by itself. */
function listOf(value: unknown): unknown[] {
  try {
    return [value].flat();
  } catch {
    // A revoked proxy.
    return [];
  }
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
