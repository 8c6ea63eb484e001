import { isWellFormed, put, validator, words } from "./core.js";
import type {
  Accepted,
  CreateAgentDetails,
  CreateAgentResult,
  Issue,
  Pfid,
  Refused,
  UpdateAgentDetails,
  UpdateAgentResult,
} from "./types.js";

// Enums, because these numbers stand where they are used once this is bundled.

/** How a value arrived, in the numbers of the core. */
const enum Kind {
  Absent,
  Null,
  Present,
  WrongType,
  Unreadable,
  NotWellFormed,
  Known,
}

/**
 * Limits in UTF-16 units: a text of more is too long in any case. One character has at most two units; what counts
 * characters is the core.
 */
const enum Limit {
  Name = 2 * 255,
  Description = 2 * 10_000,
  Key = 2 * 128,
  Id = 2 * 32,
  /** How much of a long name is trimmed at once. */
  Piece = 16_384,
}

const NONE: readonly string[] = /* @__PURE__ */ Object.freeze([]);

/** Stands for a value whose reading threw. */
const unreadable = {};

/** What a body has; each property is read once. */
interface Fields {
  details: unknown;
  name: unknown;
  description: unknown;
  idempotency_key: unknown;
  environment_id: unknown;
  current_version_id: unknown;
  id: unknown;
  /** Paths of the keys that have no meaning. */
  ignored: readonly string[];
}

/** An object, for whose keys nothing is known. */
type Keyed = Readonly<Record<string, unknown>>;

/** The own enumerable string keys of a plain object; for anything else its kind. */
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

// One named access per key, not one for all: that is what engines make fast. The keys that have no meaning go to the
// front of the list of all keys: no `push`, which a setter on a polluted `Object.prototype` would swallow.

function readDetails(fields: Fields, update: boolean): number {
  const object = fields.details as Keyed;
  const keys = keysOf(object);
  if (typeof keys === "number") return keys;
  let ignored = 0;
  for (const key of keys) {
    try {
      if (key === "name") fields.name = object["name"];
      else if (key === "description") fields.description = object["description"];
      else if (key === "environment_id" && !update) fields.environment_id = object["environment_id"];
      else if (key === "id" && !update) fields.id = object["id"];
      else if (key === "current_version_id" && update) fields.current_version_id = object["current_version_id"];
      else keys[ignored++] = "details." + key;
    } catch {
      fields[key as "name"] = unreadable;
    }
  }
  if (ignored > 0) fields.ignored = keys.slice(0, ignored);
  return Kind.Present;
}

/** Reads everything and answers the kind of `details`. Caller's code may run in here, and may come back in. */
function read(fields: Fields, body: unknown, update: boolean): number {
  const object = body as Keyed;
  const keys = keysOf(object);
  if (typeof keys === "number") return keys;
  let details = Kind.Absent;
  let ignored = 0;
  let before = 0;
  for (const key of keys) {
    try {
      if (key === "idempotency_key") fields.idempotency_key = object["idempotency_key"];
      else if (key === "details") fields.details = object["details"];
      else keys[ignored++] = key;
    } catch {
      fields[key as "details"] = unreadable;
    }
    if (key === "details") {
      details = readDetails(fields, update);
      before = ignored;
    }
  }
  if (ignored > 0) fields.ignored = [...keys.slice(0, before), ...fields.ignored, ...keys.slice(before, ignored)];
  return details;
}

// How the texts are handed over. Between the first of them and the core's verdict no code but this module's runs.
/** All of them one after another, in the order of the core. */
let all = "";
// Where all but the last of them end.
let nameEnd = 0;
let descriptionEnd = 0;
let keyEnd = 0;
let otherIdEnd = 0;
/** Three bits for the kind of each. */
let kinds = 0;
/** The environment or version id that was right the last time: most forms have but one. At first, what equals nothing. */
let known: unknown = NaN;

/** Adds a text and answers where it ends. `wary`: it may have a lone surrogate. */
function add(value: unknown, place: number, limit: number, wary: boolean): number {
  let kind = Kind.Present;
  if (typeof value !== "string") {
    kind = value === undefined ? Kind.Absent : value === null ? Kind.Null : value === unreadable ? Kind.Unreadable : Kind.WrongType;
  } else if (value.length > limit) {
    kind = Kind.NotWellFormed;
    if (isWellFormed(value)) {
      kind = Kind.Present;
      // The beginning, without half of a surrogate pair, is all that counts, and the full stop is one character too many.
      all += value.slice(0, limit + Number((value.charCodeAt(limit) & 0xfc00) !== 0xd800)) + ".";
    }
  } else if (wary && !isWellFormed(value)) kind = Kind.NotWellFormed;
  else all += value;
  kinds |= kind << (3 * place);
  return all.length;
}

function gather(fields: Fields, details: number, otherId: unknown, wary: boolean): void {
  all = "";
  kinds = details;
  nameEnd = add(fields.name, 1, Limit.Name, wary);
  descriptionEnd = add(fields.description, 2, Limit.Description, wary);
  otherIdEnd = keyEnd = add(fields.idempotency_key, 3, Limit.Key, wary);
  if (otherId === known) {
    // Known is enough, and its partition where an id in the same body is held against it.
    kinds |= Kind.Known << (3 * 4);
    if (fields.id != null) all += (known as string).slice(10, 16);
    otherIdEnd = all.length;
  } else otherIdEnd = add(otherId, 4, Limit.Id, wary);
  add(fields.id, 5, Limit.Id, wary);
}

/** Whether a text ends with the first half of a surrogate pair. */
function isInPair(end: number): boolean {
  return (all.charCodeAt(end - 1) & 0xfc00) === 0xd800;
}

/** The core's verdict. */
function check(fields: Fields, details: number, otherId: unknown, update: 0 | 1): number {
  gather(fields, details, otherId, false);
  const { length } = all;
  let written = length && put(all);
  // ASCII takes as many bytes, and has no surrogates. A lone one must not find its other half in the next text.
  if (written !== length && (!isWellFormed(all) || [nameEnd, descriptionEnd, keyEnd, otherIdEnd].some(isInPair))) {
    gather(fields, details, otherId, true);
    written = put(all);
  }
  return validator().core.check(nameEnd, descriptionEnd, keyEnd, otherIdEnd, all.length, written, kinds, update);
}

/** Trims a name that is too long as it stands, piece by piece; the core says what is white space. */
function trimLong(name: unknown): unknown {
  if (typeof name !== "string" || name.length <= Limit.Name || !isWellFormed(name)) return name;
  const { core } = validator();
  let from = 0;
  let to = name.length;
  let piece: string;
  let white: number;
  do {
    piece = name.slice(from, from + Limit.Piece);
    white = core.white_space(put(piece)) >>> 16;
    from += white;
  } while (white > 0 && white === piece.length);
  do {
    piece = name.slice(Math.max(from, to - Limit.Piece), to);
    white = core.white_space(put(piece)) & 0xffff;
    to -= white;
  } while (white > 0 && white === piece.length);
  return name.slice(from, to);
}

/** The faults of a set, as they were told before: a form is wrong in the same few ways most of the time. */
const told = /* @__PURE__ */ new Map<number, Told>();

type Told = Pick<Refused, "issues" | "error">;

function tell(bits: number): Told {
  const [first = [], ...rows] = words();
  let issues: readonly Issue[] = [];
  const errors = new Map<string, string[]>();
  for (const [bit, [path = "", reason, message = "", code = "invalid_value"]] of rows.entries()) {
    // There are too many bits for bitwise operators.
    if (Math.floor(bits / 2 ** bit) % 2 === 0) continue;
    issues = [...issues, Object.freeze({ path: Object.freeze(path.split(".")), code, reason, message } as unknown as Issue)];
    errors.set(path, [...(errors.get(path) ?? []), message]);
  }
  errors.forEach(Object.freeze);
  const answer = {
    issues: Object.freeze(issues),
    error: Object.freeze({
      status: "error",
      code: "validation_errors",
      message: first.at(-1),
      errors: Object.freeze(Object.fromEntries(errors)),
    }),
  } as unknown as Told;
  // Whoever sends every set there is must not fill the memory.
  if (told.size > 999) told.clear();
  told.set(bits, answer);
  return answer;
}

function blank(): Fields {
  return {
    details: undefined,
    name: undefined,
    description: undefined,
    idempotency_key: undefined,
    environment_id: undefined,
    current_version_id: undefined,
    id: undefined,
    ignored: NONE,
  };
}

/** Puts what was read to the core. Answers what is wrong, or the name as it is to be stored. */
function judge(fields: Fields, details: number, otherId: unknown, update: 0 | 1): Refused | string | undefined {
  const name = (fields.name = trimLong(fields.name));
  const verdict = check(fields, details, otherId, update);
  if (verdict > 0) {
    const { issues, error } = told.get(verdict) ?? tell(verdict);
    return { ok: false, issues, error, ignored: fields.ignored };
  }
  if (typeof otherId === "string") known = otherId;
  // No fault: it is a string, or in an update absent.
  const good = name as string | undefined;
  return verdict < 0 ? good?.slice(-verdict >>> 16, good.length - (-verdict & 0xffff)) : good;
}

function accept<T>(details: T, { idempotency_key: key, ignored }: Fields): Accepted<{ details: T; idempotency_key?: string }> {
  const value = key == null ? { details } : { details, idempotency_key: key as string };
  return { ok: true, value, ignored };
}

/**
 * Says whether a value is a valid body of `POST /api/v1/agent`: gives it normalised, or everything that is wrong with
 * it. Never throws, whatever the value is; a runtime that cannot load WebAssembly gets a `WasmLoadError`.
 *
 * Only own enumerable string keys of plain objects count; keys without a meaning are dropped and listed in `ignored`.
 * `options.environmentId` stands in for an absent `environment_id`, as over HTTP the environment of a token does. [ours]
 */
export function validateCreateAgent(
  input: unknown,
  options?: { readonly environmentId?: Pfid | undefined },
): CreateAgentResult {
  const fields = blank();
  const kind = read(fields, input, false);
  const isDefault = fields.environment_id == null && options != null && Object.hasOwn(options, "environmentId");
  const environment_id = (isDefault ? options.environmentId : fields.environment_id) as Pfid;
  const name = judge(fields, kind, environment_id, 0) as Refused | string;
  if (typeof name === "object") return name;
  // Literals, not assignments, which a setter on a polluted `Object.prototype` would swallow.
  const description = fields.description as string | null | undefined;
  const id = fields.id as Pfid | null | undefined;
  const details: CreateAgentDetails =
    id == null
      ? description === undefined
        ? { name, environment_id }
        : { name, environment_id, description }
      : description === undefined
        ? { name, environment_id, id }
        : { name, environment_id, description, id };
  return accept(details, fields);
}

/**
 * Says whether a value is a valid body of `PUT /api/v1/agent/{id}`, as {@link validateCreateAgent} does. An absent key
 * keeps its value and `null` clears it; a name can't be cleared.
 */
export function validateUpdateAgent(input: unknown): UpdateAgentResult {
  const fields = blank();
  const kind = read(fields, input, true);
  const name = judge(fields, kind, fields.current_version_id, 1);
  if (typeof name === "object") return name;
  const { description, current_version_id } = fields as { description?: string | null; current_version_id?: Pfid | null };
  const details: UpdateAgentDetails = {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(current_version_id !== undefined && { current_version_id }),
  };
  return accept(details, fields);
}
