// The draft of an agent. Form and JSON are one draft: the form's fields, and what of the JSON the form has no field for.
import { property } from "../data/property.js";

/** The texts of the form's controls. */
export interface Fields {
  readonly name: string;
  readonly environment_id: string;
  readonly description: string;
  readonly id: string;
  readonly idempotency_key: string;
}

export type FieldName = keyof Fields;

/** The fields in the order of the contract, with the dotted paths that the validator and the service use. */
export const FIELDS: readonly { readonly name: FieldName; readonly path: string; readonly word: string }[] = [
  { name: "name", path: "details.name", word: "Name" },
  { name: "environment_id", path: "details.environment_id", word: "Environment" },
  { name: "description", path: "details.description", word: "Description" },
  { name: "id", path: "details.id", word: "ID" },
  { name: "idempotency_key", path: "idempotency_key", word: "Idempotency key" },
];

type JsonObject = Readonly<Record<string, unknown>>;

export interface Draft {
  readonly fields: Fields;
  /** Keys of the body, and of its details, that the form has no field for; and values of its fields that are no text. */
  readonly others: { readonly body: JsonObject; readonly details: JsonObject };
  /** The text of the JSON mode, as long as it says something else than the fields, or the same in another form. */
  readonly text?: string;
}

export const EMPTY: Draft = {
  fields: { name: "", environment_id: "", description: "", id: "", idempotency_key: "" },
  others: { body: {}, details: {} },
};

/** Whether a form has anything that a person typed. */
export const isEmpty = (draft: Draft): boolean =>
  FIELDS.every(({ name }) => name === "environment_id" || draft.fields[name] === "") &&
  Object.keys(draft.others.body).length + Object.keys(draft.others.details).length === 0;

const IN_DETAILS = ["name", "environment_id", "description", "id"] as const;

/** The body that is sent. An empty control is an absent key. Ids are trimmed, because copying often adds white space. */
export function bodyOf(draft: Draft): JsonObject {
  const { fields, others } = draft;
  const details: Record<string, unknown> = {};
  for (const name of IN_DETAILS) {
    const text = name === "id" || name === "environment_id" ? fields[name].trim() : fields[name];
    if (Object.hasOwn(others.details, name)) details[name] = others.details[name];
    else if (name === "name" || text !== "") details[name] = text;
  }
  const key = Object.hasOwn(others.body, "idempotency_key") ? others.body["idempotency_key"] : fields.idempotency_key;
  return {
    details: { ...details, ...others.details },
    ...(key !== "" && { idempotency_key: key }),
    ...others.body,
  };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The draft of a body. `undefined` if the form can't show it. */
export function draftOf(body: unknown): Draft | undefined {
  if (!isObject(body)) return undefined;
  const details = property(body, "details") ?? {};
  if (!isObject(details)) return undefined;
  const fields: Record<FieldName, string> = { ...EMPTY.fields };
  const othersOfBody: Record<string, unknown> = {};
  const othersOfDetails: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(details)) {
    if ((IN_DETAILS as readonly string[]).includes(key) && typeof value === "string") fields[key as FieldName] = value;
    else othersOfDetails[key] = value;
  }
  for (const [key, value] of Object.entries(body)) {
    if (key === "idempotency_key" && typeof value === "string") fields.idempotency_key = value;
    else if (key !== "details") othersOfBody[key] = value;
  }
  return { fields, others: { body: othersOfBody, details: othersOfDetails } };
}

/** The draft with another text in one field. The field's value in the JSON that was no text goes. */
export function withField(draft: Draft, name: FieldName, text: string): Draft {
  const { [name]: _inBody, ...body } = draft.others.body;
  const { [name]: _inDetails, ...details } = draft.others.details;
  return {
    fields: { ...draft.fields, [name]: text },
    others: name === "idempotency_key" ? { ...draft.others, body } : { ...draft.others, details },
  };
}

/** A draft with what was typed before it was known: the later text of each field, and the later text of the JSON mode. */
export function mergedDraft(stored: Draft, typed: Draft): Draft {
  if (typed.text !== undefined) return typed;
  const { text, ...rest } = stored;
  const merged = FIELDS.reduce<Draft>((draft, { name }) => {
    const typedText = typed.fields[name];
    return typedText === "" ? draft : withField(draft, name, typedText);
  }, rest);
  return text === undefined || isOfForm(text) ? merged : { ...merged, text };
}

/** Whether the form can show a text of the JSON mode. */
function isOfForm(text: string): boolean {
  try {
    return draftOf(JSON.parse(text) as unknown) !== undefined;
  } catch {
    return false;
  }
}

/** What a control shows. */
export function shownIn(draft: Draft, name: FieldName): string {
  const others = name === "idempotency_key" ? draft.others.body : draft.others.details;
  if (!Object.hasOwn(others, name)) return draft.fields[name];
  const value = others[name];
  return value === null ? "" : JSON.stringify(value);
}

/** The text of the JSON mode. */
export const textOf = (draft: Draft): string => draft.text ?? JSON.stringify(bodyOf(draft), null, 2);

const storedAt = (connection: string): string => `agent-registrar.draft ${connection}`;

/** The draft of this tab for a connection. */
export function storedDraft(connection: string): Draft {
  try {
    const text = sessionStorage.getItem(storedAt(connection));
    if (text === null) return EMPTY;
    const stored: unknown = JSON.parse(text);
    const draft = draftOf(property(stored, "body")) ?? EMPTY;
    const typed = property(stored, "text");
    return typeof typed === "string" ? { ...draft, text: typed } : draft;
  } catch {
    return EMPTY;
  }
}

export function storeDraft(connection: string, draft: Draft): void {
  try {
    if (draft.text === undefined && isEmpty(draft)) sessionStorage.removeItem(storedAt(connection));
    else
      sessionStorage.setItem(
        storedAt(connection),
        JSON.stringify({ body: bodyOf(draft), ...(draft.text !== undefined && { text: draft.text }) }),
      );
  } catch {
    // Without storage the draft lasts as long as the page.
  }
}
