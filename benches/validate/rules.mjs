// The rules of the create body that JavaScript schema libraries do not have, written once and shared
// by the peers, so that each does the same work.

export const PFID = /^[0-7][0-9abcdefghjkmnpqrstvwxyz]{31}$/;
export const KEY = /^[\x20-\x7e]{1,128}$/;
export const NAME_LIMIT = 255;
export const DESCRIPTION_LIMIT = 10_000;

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const CONTROL_BUT_LAYOUT = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;
const WHITE = /\p{White_Space}/u;

/** The characters that the fast path of `trim` keeps: the printable ASCII characters but the space. */
const isPlain = (unit) => unit > 0x20 && unit < 0x7f;

/** Trims Unicode `White_Space`, which is not what `String.prototype.trim` trims (U+0085, U+FEFF). */
export function trim(text) {
  let start = 0;
  let end = text.length;
  while (start < end && !isPlain(text.charCodeAt(start)) && WHITE.test(text[start])) start++;
  while (end > start && !isPlain(text.charCodeAt(end - 1)) && WHITE.test(text[end - 1])) end--;
  return end - start === text.length ? text : text.slice(start, end);
}

/** Whether the text has more than `limit` Unicode scalar values. */
export function isLonger(text, limit) {
  if (text.length <= limit) return false;
  if (text.length > 2 * limit) return true;
  let scalars = text.length;
  for (let at = 0; at < text.length; at++) {
    if ((text.charCodeAt(at) & 0xfc00) === 0xd800) scalars--;
  }
  return scalars > limit;
}

export const isWellFormed = (text) => text.isWellFormed();
export const isNotBlank = (text) => text.length > 0;
export const fitsName = (text) => !isLonger(text, NAME_LIMIT);
export const fitsDescription = (text) => !isLonger(text, DESCRIPTION_LIMIT);
export const hasNoControl = (text) => !CONTROL.test(text);
export const hasOnlyLayoutControl = (text) => !CONTROL_BUT_LAYOUT.test(text);

const partition = (pfid) => pfid.slice(10, 16);

/** Whether `id` has the partition of the environment. Other rules check each of them. */
export function isHome(details) {
  const { id, environment_id: environment } = details;
  if (typeof id !== "string" || typeof environment !== "string") return true;
  return partition(id) === partition(environment) || !PFID.test(id) || !PFID.test(environment);
}

export const MESSAGES = {
  notWellFormed: "must be well-formed Unicode",
  blank: "must not be blank",
  nameLength: "must be at most 255 characters",
  descriptionLength: "must be at most 10,000 characters",
  control: "must not contain control characters",
  pfid: "must be a PFID",
  key: "must be 1 to 128 characters of printable ASCII",
  foreign: "must have the partition of the environment",
};

const TOP = new Set(["details", "idempotency_key"]);
const DETAILS = new Set(["name", "environment_id", "description", "id"]);

/** The keys that the service will drop, dotted. */
export function dropped(input) {
  const out = [];
  for (const key of Object.keys(input)) {
    if (!TOP.has(key)) out.push(key);
    else if (key === "details" && isRecord(input.details)) {
      for (const inner of Object.keys(input.details)) if (!DETAILS.has(inner)) out.push(`details.${inner}`);
    }
  }
  return out;
}

export const isRecord = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** `null` counts as absent, but in `description`. For libraries that already made an object of their own. */
export function withoutNulls(value) {
  if (value.details.id === null) delete value.details.id;
  if (value.idempotency_key === null) delete value.idempotency_key;
  return value;
}

/** The normalised request from a valid input. For libraries that only check. */
export function normalised(input) {
  const { details, idempotency_key: key } = input;
  const value = { details: { name: trim(details.name), environment_id: details.environment_id } };
  if (details.description !== undefined) value.details.description = details.description;
  if (details.id !== undefined && details.id !== null) value.details.id = details.id;
  if (key !== undefined && key !== null) value.idempotency_key = key;
  return value;
}
