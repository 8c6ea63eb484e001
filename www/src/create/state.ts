// The state of the create view: draft, verdict, and what an attempt met.
import { computed, effect, signal } from "@preact/signals";
import { connection } from "../connection/client.js";
import { checkCreate, loadValidator, type Problem, validator, type Verdict } from "./check.js";
import {
  bodyOf,
  type Draft,
  draftOf,
  EMPTY,
  FIELDS,
  type FieldName,
  isEmpty,
  mergedDraft,
  storeDraft,
  storedDraft,
  textOf,
  withField,
} from "./draft.js";
import { recordOf } from "../requests/log.js";
import { scan } from "./scan.js";

/** The connection that the draft belongs to. */
const owner = computed(() => (connection.value.place === "page" ? "page" : (connection.value.address ?? "")));

export const draft = signal<Draft>(EMPTY);
/** The fields that show their problems: they were left, or an attempt was refused. */
export const checked = signal<ReadonlySet<FieldName>>(new Set());
/** What the service said about the present values. */
export const refused = signal<readonly Problem[]>([]);
export const typesEnvironment = signal(false);

let loadedFor: string | undefined;
effect(() => {
  const now = owner.value;
  if (now === "" || now === loadedFor) return;
  const before = loadedFor;
  loadedFor = now;
  const stored = storedDraft(now);
  if (before === undefined && !isEmpty(draft.peek())) {
    // Somebody typed before the page knew its connection.
    setDraft(mergedDraft(stored, draft.peek()));
    return;
  }
  draft.value = stored;
  checked.value = new Set();
  refused.value = [];
});

/** Puts a draft in place of the present one, and keeps it. */
export function setDraft(next: Draft): void {
  draft.value = next;
  if (loadedFor !== undefined) storeDraft(loadedFor, next);
}

/** Puts the body of a request of the log in place of the draft. The key of one that succeeded is left out: it is used up. */
export function editRequest(number: number): void {
  const record = recordOf(number);
  const text = record?.body?.text;
  if (text === undefined || record?.body?.isCut === true) return;
  try {
    const known = draftOf(JSON.parse(text) as unknown);
    const succeeded = record?.answer !== undefined && record.answer.status < 300;
    if (known === undefined) setDraft({ ...EMPTY, text });
    else setDraft(succeeded ? { ...known, fields: { ...known.fields, idempotency_key: "" } } : known);
  } catch {
    setDraft({ ...EMPTY, text });
  }
  checked.value = new Set();
  refused.value = [];
}

/** The environment of a new draft: the account's first. */
effect(() => {
  const [first] = connection.value.environments ?? [];
  const now = draft.value;
  if (first === undefined || now.fields.environment_id !== "" || now.text !== undefined || typesEnvironment.value) return;
  draft.value = { ...now, fields: { ...now.fields, environment_id: first.id } };
});

/** The text of the JSON mode, scanned. */
export const scanned = computed(() => scan(textOf(draft.value)));

/** The body to send. `undefined` while the text of the JSON mode is no JSON. */
export const body = computed<unknown>(() => {
  const { text } = draft.value;
  if (text === undefined) return bodyOf(draft.value);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
});

/** Whether the form can show the draft. */
export const fitsForm = computed(() => draft.value.text === undefined || draftOf(body.value) !== undefined);

/** What is wrong with the draft. */
export const verdict = computed<Verdict>(() => {
  void validator.value;
  const found = body.value === undefined ? { problems: [], ignored: [] } : checkCreate(body.value);
  return { ...found, problems: [...found.problems, ...refused.value] };
});

/** The messages about a path. */
export const messagesAt = (path: string): readonly string[] =>
  verdict.value.problems.filter((one) => one.path === path).map(({ message }) => message);

const pathOf = (name: FieldName): string => FIELDS.find((field) => field.name === name)?.path ?? name;

/** A person typed into a field. */
export function type(name: FieldName, text: string): void {
  refused.value = refused.value.filter(({ path }) => path !== pathOf(name));
  const { text: _text, ...rest } = draft.value;
  setDraft(withField(rest, name, text));
  // A problem that more typing can't take away shows at once.
  if (!checked.value.has(name) && staysWrong(name)) show(name);
}

/** A person typed into the JSON mode. */
export function typeText(text: string): void {
  refused.value = [];
  let next: Draft = { ...draft.value, text };
  try {
    const known = draftOf(JSON.parse(text) as unknown);
    if (known !== undefined) next = { ...known, text };
  } catch {
    // The fields keep what the text last said.
  }
  setDraft(next);
}

function staysWrong(name: FieldName): boolean {
  return verdict.value.problems.some(({ path, reason }) => path === pathOf(name) && reason === "too_long");
}

/** A field shows its problems from now on. */
export function show(...names: readonly FieldName[]): void {
  checked.value = new Set([...checked.value, ...names]);
}

/** Empties the fields that are as they were sent; what was typed meanwhile stays. */
export function emptySent(sent: Draft): void {
  const now = draft.value;
  checked.value = new Set();
  refused.value = [];
  if (sent.text !== undefined || now.text !== undefined) {
    if (sent.text === now.text) setDraft({ ...EMPTY, fields: { ...EMPTY.fields, environment_id: sent.fields.environment_id } });
    return;
  }
  const fields = { ...now.fields };
  for (const { name } of FIELDS) if (name !== "environment_id" && fields[name] === sent.fields[name]) fields[name] = "";
  setDraft({ fields, others: now.others === sent.others ? EMPTY.others : now.others });
}

void loadValidator();
