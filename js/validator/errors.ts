import { words } from "./core.js";
import type { Issue, IssueCode, IssueReason, ValidationErrors } from "./types.js";
import { keysOf } from "./validate.js";

/** What this build knows of a message: the rule that it speaks of. */
function ruleOf(path: string, message: string): Pick<Issue, "code" | "reason"> {
  const [, ...rows] = words();
  const row = rows.find(([field, , sentence]) => field === path && sentence === message);
  const [, reason = "other", , code = "invalid_value"] = row ?? [];
  return { code: code as IssueCode, reason: reason as IssueReason };
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
      return [{ path, ...ruleOf(dotted, message), message }];
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
