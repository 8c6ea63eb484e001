// Reads the arguments of functions that throw: records and options. Getters and proxies run the caller's code here.
import { has } from "../values/values.js";
import { keysOf } from "./read.js";
import { fail } from "./time.js";

/** Reads a member, once. Throws a `TypeError` that names `field` if the caller's code throws. */
export function member(object: object, key: string, field = key): unknown {
  return attempt(field, () => (has(object, key) ? (object as Record<string, unknown>)[key] : undefined));
}

/** The result of a function that reads, or a `TypeError` that names the field. */
export function attempt<Result>(field: string, read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    return fail(field, "could not be read", cause);
  }
}

/** Reads options. Throws a `TypeError` for an unknown one: a misspelt option would have no effect. [ours] */
export function optionsOf(options: unknown, known: readonly string[]): Record<string, unknown> {
  const keys = keysOf(options);
  if (typeof keys === "number") return fail("options", "must be an object");
  for (const key of keys) if (!known.includes(key)) fail("options." + key, "is not known");
  return Object.fromEntries(known.map((key) => [key, member(options as object, key)]));
}
