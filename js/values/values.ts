// Recognises values by their members and tags, not by their class: a frame, a test runner's sandbox or jsdom has its own classes.

/**
 * Whether an object has a member, its own or of its class. Members of `Object.prototype`, of any realm, do not count.
 */
export function has(object: object, key: string): boolean {
  if (!(key in object)) return false;
  let holder: object | null = object;
  while (holder !== null && !Object.hasOwn(holder, key)) holder = Object.getPrototypeOf(holder) as object | null;
  return holder === null || holder === object || Object.getPrototypeOf(holder) !== null || !Object.hasOwn(holder, "isPrototypeOf");
}

/** Milliseconds of a Date or a number, or of a safe bigint, as database drivers give; NaN for any other value. */
export function millisOf(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : NaN;
  try {
    return Date.prototype.getTime.call(value);
  } catch {
    return NaN;
  }
}

/** The result of `Object.prototype.toString`, such as `[object RegExp]`. */
export function tagOf(value: unknown): string {
  try {
    return Object.prototype.toString.call(value);
  } catch {
    // A revoked proxy, or a getter that throws.
    return "";
  }
}

/** The bytes of an `ArrayBuffer` or of a view of one; `undefined` for any other value. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  try {
    if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    // Throws for any other object.
    const length: unknown = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength")?.get?.call(value);
    return length === undefined ? undefined : new Uint8Array(value as ArrayBuffer);
  } catch {
    return undefined;
  }
}

/** Lowercase hexadecimal digits. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
