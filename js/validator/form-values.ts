// Converts the values of a form to the body of a request. Needs no WebAssembly.
import { keysOf } from "./read.js";

/** The keys of `details` in a body. The only other member of both bodies is `idempotency_key`. */
type DetailKeys = readonly string[];

const BODY_KEYS: readonly string[] = ["details", "idempotency_key"];

/** A body, and whether the form had the keys of `details` at its top level. */
export interface FormBody {
  readonly body: unknown;
  readonly isFlat: boolean;
}

/** One value of a form. Reading it may run the caller's code, and may throw. */
interface Entry {
  /** `details.name` and `details[name]` are both `["details", "name"]`. */
  readonly path: readonly string[];
  read(): unknown;
}

/** Absent, or the `null` that clears a field. */
type Emptied = null | undefined;

/** Fields that an update can clear. */
const CLEARABLE: readonly string[] = ["description", "current_version_id"];

/** Represents a value whose getter threw. */
const unreadable = /* @__PURE__ */ Symbol("unreadable");

/**
 * Converts a form's values to a body. Values that are no form stay unchanged, so that the validator reports them. `isFlat`
 * applies if no key of the form decides it. `emptied` replaces the empty text of a field that can be cleared.
 */
export function bodyOf(values: unknown, detailKeys: DetailKeys, isFlat = false, emptied: Emptied = undefined): FormBody {
  const entries = entriesOf(values);
  if (entries === undefined) return { body: values, isFlat };
  if (entries.some(({ path: [first] }) => first === "details")) isFlat = false;
  else if (entries.some(({ path: [first = ""] }) => detailKeys.includes(first))) isFlat = true;

  const members = new Map<string, unknown>();
  const details = new Map<string, unknown>();
  for (const entry of entries) {
    const [first = "", ...rest] = entry.path;
    const inDetails = isFlat ? detailKeys.includes(first) : first === "details" && rest.length > 0;
    if (!inDetails) add(members, BODY_KEYS, entry, 0, emptied);
    else add(details, detailKeys, entry, isFlat ? 0 : 1, emptied);
  }
  // A value of the form for `details` itself replaces the object, and is then of the wrong type.
  return { body: objectOf(new Map([["details", objectOf(details)], ...members])), isFlat };
}

/** The values of a form, or `undefined` for anything else. */
function entriesOf(values: unknown): Entry[] | undefined {
  if (values == null) return [];
  const keys = keysOf(values);
  if (typeof keys === "number") return entriesOfFormData(values);
  return keys.flatMap((key) => entriesOfMember(values as Record<string, unknown>, key));
}

/**
 * Recognised by its methods, not by its class: a `FormData` may be of another realm or a polyfill, and a server may have a
 * `URLSearchParams` instead.
 */
function entriesOfFormData(values: unknown): Entry[] | undefined {
  try {
    const { getAll, entries } = values as FormData;
    if (typeof getAll !== "function" || typeof entries !== "function") return undefined;
    return Array.from(entries.call(values), ([name, value]) => ({ path: pathOf(name), read: () => value })).filter(
      ({ path, read }) => path.length > 1 || path[0] !== "details" || read() !== "",
    );
  } catch {
    return undefined;
  }
}

function entriesOfMember(values: Record<string, unknown>, key: string): Entry[] {
  if (key !== "details") return [{ path: pathOf(key), read: () => values[key] }];
  const details = attempt(() => values[key]);
  if (details == null || details === "") return [];
  const keys = keysOf(details);
  if (typeof keys === "number") return [{ path: [key], read: () => details }];
  return keys.map((inner) => ({ path: [key, inner], read: () => (details as Record<string, unknown>)[inner] }));
}

/** Parses `details.name`, `details[name]` and `details["name"]` to the same path. */
function pathOf(name: string): string[] {
  return name.replace(/["'\]]/g, "").split(/[.[]/);
}

function attempt(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return unreadable;
  }
}

/**
 * Adds an entry under the key at `depth` in its path. An unknown key gets the value `undefined`: the validator lists it as
 * ignored, and JSON leaves it out.
 */
function add(members: Map<string, unknown>, known: readonly string[], { path, read }: Entry, depth: number, emptied: Emptied): void {
  const key = path[depth] as string;
  if (!known.includes(key)) return void members.set(key, undefined);
  const value = normalized(key, attempt(read), emptied);
  if (value === undefined) return;
  const before = members.get(key);
  // Two values for one field, or a value below a field, become a list, which is of the wrong type.
  members.set(key, before !== undefined ? [before, value] : path.length > depth + 1 ? [value] : value);
}

/**
 * Converts the text of a control. An empty control means an absent field, except for the name, which cannot be cleared.
 * Browsers send the line breaks of a text area as CR LF.
 */
function normalized(key: string, value: unknown, emptied: Emptied): unknown {
  if (value === "" && key !== "name") return CLEARABLE.includes(key) ? emptied : undefined;
  return key === "description" && typeof value === "string" ? value.replace(/\r\n/g, "\n") : value;
}

/** An object with these members, safe for any key. Members that could not be read throw again. */
function objectOf(members: ReadonlyMap<string, unknown>): object {
  const object: object = Object.fromEntries(members);
  for (const [key, value] of members) {
    if (value === unreadable) {
      // Without a prototype, the descriptor is not polluted.
      Object.defineProperty(object, key, { __proto__: null, enumerable: true, get: refuse } as PropertyDescriptor);
    }
  }
  return object;
}

function refuse(): never {
  throw new TypeError("The value could not be read.");
}
