// The interface of the generated code for each body (js/generated/rules.ts), and its helpers.

/** An object whose keys are not known. */
export type Keyed = Readonly<Record<string, unknown>>;

/**
 * The values of a body by slot, as in the header of the validator's memory (wasm/src/buffer.rs). Slot 0 is the `Kind` of
 * `details`, each other slot the value of a field.
 */
export type Values = unknown[];

/** The generated code for a body. */
export interface Body<Request> {
  /** By slot, the longest valid text in Unicode scalar values. */
  readonly limits: readonly number[];
  /** The slot of the text that is trimmed. */
  readonly trimmed: number;
  /** The slot of `environment_id`, for which a caller may give a default; -1 if the body has none. */
  readonly environmentId: number;
  /** The values of an empty body. */
  empty(): Values;
  /** Reads a member of the body itself. Returns false for an unknown key; throws what its getter throws. */
  readMember(values: Values, object: Keyed, key: string): boolean;
  /** The same for a member of `details`. */
  readDetail(values: Values, details: Keyed, key: string): boolean;
  /** The normalised body, from values that passed. */
  build(values: Values): Request;
}

/** Represents a value whose getter threw. */
export const unreadable = /* @__PURE__ */ Object.freeze({});

/**
 * Adds a property as an object literal would. An assignment would call a setter on a polluted `Object.prototype` instead.
 *
 * PERF(validate): the generated code assigns unless `Object.prototype` has the key. Literals with spreads take 100 ns
 * longer for each body.
 */
export function define(object: object, key: string, value: unknown): void {
  // Without a prototype, the descriptor is not polluted either.
  const descriptor = { __proto__: null, value, writable: true, enumerable: true, configurable: true } as PropertyDescriptor;
  Object.defineProperty(object, key, descriptor);
}

/** A property of the object itself: nothing that `Object.prototype` was given counts. */
export function own<Value extends object, Key extends keyof Value>(object: Value, key: Key): Value[Key] | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
