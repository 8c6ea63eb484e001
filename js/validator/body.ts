// The shape of what js/generated/rules.ts generates for each body, and what that code needs.

/** An object whose keys are not known. */
export type Keyed = Readonly<Record<string, unknown>>;

/**
 * The values of a body by their slots: those of the header in the validator's memory (wasm/src/buffer.rs). Slot 0 is the
 * `Kind` of `details`, each other slot the value of a field.
 */
export type Values = unknown[];

/** What is generated for a body. */
export interface Body<Request> {
  /** By slot, the longest valid text in Unicode scalar values. */
  readonly limits: readonly number[];
  /** The slot of the text around which white space does not count. */
  readonly trimmed: number;
  /** The slot for which a caller may give a default; -1 for none. */
  readonly environmentId: number;
  /** The values of an empty body. */
  empty(): Values;
  /** Reads a member of the body itself. False where its key has no meaning; throws what its getter throws. */
  readMember(values: Values, object: Keyed, key: string): boolean;
  /** The same for a member of `details`. */
  readDetail(values: Values, details: Keyed, key: string): boolean;
  /** The normalised body, from values that passed. */
  build(values: Values): Request;
}

/** Stands for a value whose reading threw. */
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
