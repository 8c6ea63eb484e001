// Reads a caller's value. Getters and proxies may run the caller's code here, which may call the validator again, so there is
// no state outside the arguments.
import { type Body, type Keyed, unreadable, type Values } from "./body.js";

/** How a value arrived, as numbered in the header (wasm/src/buffer.rs). An enum, because bundlers inline its numbers. */
export const enum Kind {
  Absent,
  Null,
  /** A text, or for `details` a plain object. */
  Present,
  WrongType,
  Unreadable,
  NotWellFormed,
}

const NONE: readonly string[] = /* @__PURE__ */ Object.freeze([]);

/** The own enumerable string keys of a plain object; for any other value, its kind. */
export function keysOf(value: unknown): string[] | number {
  if (typeof value !== "object") return value === undefined ? Kind.Absent : Kind.WrongType;
  if (value === null) return Kind.Null;
  if (value === unreadable) return Kind.Unreadable;
  try {
    const prototype: unknown = Object.getPrototypeOf(value);
    const plain =
      prototype === null ||
      prototype === Object.prototype ||
      // `Object.prototype` of another realm: of a frame, or of a test runner's sandbox. [ours]
      (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, "isPrototypeOf"));
    return plain && !Array.isArray(value) ? Object.keys(value) : Kind.WrongType;
  } catch {
    // A revoked proxy, or one whose traps throw.
    return Kind.Unreadable;
  }
}

/** An option of a function that never throws: own, or `unreadable`. */
export function ownOption(options: unknown, key: string): unknown {
  try {
    return options != null && Object.hasOwn(options, key) ? (options as Keyed)[key] : undefined;
  } catch {
    return unreadable;
  }
}

// Ignored keys move to the front of the list of all keys: no `push`, which a setter on a polluted `Object.prototype` would
// intercept. A read that throws leaves `unreadable` in its slot.

/** Reads `details` into slot 0 and the slots of its fields. Returns the paths of its unknown keys. */
function readDetails<Request>({ readDetail }: Body<Request>, values: Values, details: unknown): readonly string[] {
  const keys = keysOf(details);
  if (typeof keys === "number") {
    values[0] = keys;
    return NONE;
  }
  values[0] = Kind.Present;
  let ignored = 0;
  for (const key of keys) {
    try {
      if (!readDetail(values, details as Keyed, key)) keys[ignored++] = "details." + key;
    } catch {
      // Its slot holds `unreadable`.
    }
  }
  return ignored > 0 ? keys.slice(0, ignored) : NONE;
}

/**
 * Reads each property of a body once, into its slot. Returns the paths of the unknown keys in their order. A body that is no
 * object counts as a `details` that is no object.
 */
export function read<Request>(body: Body<Request>, values: Values, input: unknown): readonly string[] {
  const keys = keysOf(input);
  if (typeof keys === "number") {
    values[0] = keys;
    return NONE;
  }
  const object = input as Keyed;
  let within = NONE;
  let ignored = 0;
  let before = 0;
  for (const key of keys) {
    let details: unknown = unreadable;
    try {
      if (key === "details") details = object["details"];
      else if (!body.readMember(values, object, key)) keys[ignored++] = key;
    } catch {
      // Its slot, or `details`, holds `unreadable`.
    }
    if (key === "details") {
      within = readDetails(body, values, details);
      before = ignored;
    }
  }
  if (within.length === 0) return ignored > 0 ? keys.slice(0, ignored) : NONE;
  return [...keys.slice(0, before), ...within, ...keys.slice(before, ignored)];
}
