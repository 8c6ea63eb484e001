import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Agent } from "../../../js/generated/wire.js";
import { type Answer, call } from "../connection/client.js";
import { freshKey } from "../data/key.js";
import { forget, property, restsByConnection, succeeded } from "../data/resource.js";
import { addToBadge } from "../frame/badges.js";
import type { Typed } from "../frame/first.js";
import { titlePrefix, viewTitle } from "../frame/title.js";
import { Button } from "../parts/button.js";
import { Foreign } from "../parts/foreign.js";
import { Icon } from "../parts/icons.js";
import { tell } from "../parts/messages.js";
import { counted } from "../parts/words.js";
import { href, navigate, query, withQuery } from "../router.js";
import { type Problem, problemsOf, validator } from "./check.js";
import { bodyOf, type Draft, EMPTY, FIELDS, isEmpty, shownIn, textOf } from "./draft.js";
import { Editor, errorSentence, lineOf } from "./editor.js";
import { controlId, Fields } from "./form.js";
import { IdBox, PATH, Preview } from "./preview.js";
import * as state from "./state.js";
import { type Refusal, Summary, type SummaryItem } from "./summary.js";

/** For so long after a success an untouched form ignores Enter, so that a second press creates nothing. */
const RESTS_AFTER = 500;
const TEXT_ID = "agent-json";

const busy = signal(false);
const met = signal<{ readonly attempt: number; readonly problems: readonly Problem[]; readonly answer?: Answer } | undefined>(undefined);
let succeededAt = -RESTS_AFTER;
let touched = false;
let attempts = 0;

const isJson = (): boolean => query.peek().get("mode") === "json";

function refuse(problems: readonly Problem[], answer?: Answer): void {
  state.show(...FIELDS.map(({ name }) => name));
  met.value = { attempt: ++attempts, problems, ...(answer !== undefined && { answer }) };
}

/** Sends the draft, if it passes. */
async function submit(): Promise<void> {
  if (busy.peek()) return;
  if (!touched && performance.now() - succeededAt < RESTS_AFTER) return;
  const body = state.body.peek();
  if (body === undefined) {
    const message = errorSentence(textOf(state.draft.peek()), state.scanned.peek()) ?? "This is no JSON.";
    return refuse([{ path: "", message }]);
  }
  state.refused.value = [];
  const { problems } = state.verdict.peek();
  if (problems.length > 0) return refuse(problems);
  const sent = state.draft.peek();
  busy.value = true;
  const answer = await call("POST", PATH, body, { by: "the create form" });
  busy.value = false;
  if (!succeeded(answer)) {
    const found = problemsOf(answer);
    state.refused.value = found;
    return refuse(found, found.length === 0 ? answer : undefined);
  }
  finish(sent, answer);
}

function finish(sent: Draft, answer: Answer): void {
  const { details } = answer.body as { details: Agent };
  met.value = undefined;
  succeededAt = performance.now();
  touched = false;
  state.emptySent(sent);
  forget("agents ");
  const replayed = answer.headers.get("idempotency-replayed") === "true";
  if (!replayed) addToBadge("agents", 1);
  tell({
    kind: "done",
    text: (
      <>
        <Foreign text={details.name} /> {replayed ? "existed already: the same key and body were sent before." : "was created."}
      </>
    ),
    action: { label: "Open", run: () => navigate(href(`/agents/${details.id}`)) },
  });
  requestAnimationFrame(() => document.getElementById(isJson() ? TEXT_ID : controlId("name"))?.focus());
}

/** The problems of the last attempt, each with its place; what is fixed meanwhile is marked so. */
function itemsOf(problems: readonly Problem[], json: boolean): readonly SummaryItem[] {
  const now = state.verdict.value.problems;
  const text = textOf(state.draft.value);
  const found = state.scanned.value;
  return problems.map(({ path, message }, index) => {
    const field = FIELDS.find((one) => one.path === path);
    const isFixed = path === "" ? found.error === undefined : !now.some((one) => one.path === path && one.message === message);
    const base = { key: `${index} ${path} ${message}`, isFixed };
    if (json) {
      const line = path === "" ? undefined : lineOf(text, found, path);
      return {
        ...base,
        text: line === undefined ? message : `${message} Line ${line}`,
        go: () => selectIn(path),
      };
    }
    if (field === undefined) return { ...base, text: `${path}: ${message}` };
    return { ...base, text: message, go: () => document.getElementById(controlId(field.name))?.focus() };
  });
}

/** Selects the value at a path in the JSON mode. */
function selectIn(path: string): void {
  const area = document.getElementById(TEXT_ID);
  if (!(area instanceof HTMLTextAreaElement)) return;
  const { places, error } = state.scanned.peek();
  const place = places.findLast((one) => path === one.path || path.startsWith(`${one.path}.`));
  area.focus();
  if (error !== undefined) area.setSelectionRange(error.offset, error.offset + 1);
  else if (place !== undefined) area.setSelectionRange(place.start, place.end);
}

function generateId(): void {
  const known = validator.peek();
  const environment = shownIn(state.draft.peek(), "environment_id").trim();
  const partition = known?.parsePfid(environment)?.partition;
  if (known === undefined) return;
  if (partition === undefined) {
    // An id has the partition of its environment, so that comes first.
    state.show("environment_id");
    document.getElementById(controlId("environment_id"))?.focus();
    return;
  }
  typed("id", known.generatePfid({ partition }));
}

function typed(name: Parameters<typeof state.type>[0], text: string): void {
  touched = true;
  state.type(name, text);
}

/** Takes what was typed into the form of index.html. The fields that were left are checked. */
export function adopt({ texts, focused }: Typed): void {
  for (const { name } of FIELDS) {
    const text = texts.get(controlId(name)) ?? "";
    if (text === "") continue;
    typed(name, text);
    if (focused !== controlId(name)) state.show(name);
  }
}

function clearDraft(): void {
  const before = state.draft.peek();
  const { environment_id } = before.fields;
  state.setDraft({ ...EMPTY, fields: { ...EMPTY.fields, environment_id } });
  state.checked.value = new Set();
  state.refused.value = [];
  met.value = undefined;
  tell({ kind: "done", text: "The draft was cleared.", action: { label: "Undo", run: () => state.setDraft(before) } });
}

function Aside({ json }: { readonly json: boolean }): JSX.Element {
  const body = state.body.value;
  const { problems, ignored } = state.verdict.value;
  const { text: _text, ...fields } = state.draft.value;
  const shownBody = body ?? bodyOf(fields);
  const details = property(shownBody, "details");
  const idOf = (key: string): string => {
    const value = property(details, key);
    return typeof value === "string" ? value : "";
  };
  // Before it is asked to, the preview marks no more than the fields do.
  const shown =
    met.value !== undefined
      ? problems
      : problems.filter(({ path }) => FIELDS.some((one) => one.path === path && state.checked.value.has(one.name)));
  const text = textOf(state.draft.value);
  return (
    <aside class="create-aside" aria-label="About the draft">
      {ignored.length > 0 && (
        <section class="note is-warn" aria-label="Ignored keys">
          <Icon name="warn" />
          <div>
            <h3>{counted(ignored.length, "key")} will be ignored</h3>
            <p>The API accepts {ignored.length === 1 ? "it and drops it" : "them and drops them"}.</p>
            <ul>
              {ignored.map((path) => (
                <li key={path}>
                  <code>
                    <Foreign text={path} />
                  </code>
                  {json && ` line ${lineOf(text, state.scanned.value, path)}`}
                </li>
              ))}
            </ul>
          </div>
        </section>
      )}
      {!json && <Preview body={shownBody} problems={shown} />}
      <IdBox id={idOf("id").trim()} environment={idOf("environment_id").trim()} problems={problems} />
      {json && (
        <p class="soft small">JSON and form are one draft: what you change here is there too. Keys that the form has no field for stay.</p>
      )}
    </aside>
  );
}

/** The create view: form or JSON. */
export default function Create(): JSX.Element {
  const json = query.value.get("mode") === "json" || !state.fitsForm.value;
  const draft = state.draft.value;
  const form = useRef<HTMLFormElement>(null);
  const offline = restsByConnection();
  const now = met.value;
  const items = now === undefined ? [] : itemsOf(now.problems, json);
  const open = items.filter(({ isFixed }) => !isFixed).length;
  const refusal: Refusal | undefined =
    now === undefined ? undefined : { attempt: now.attempt, items, ...(now.answer !== undefined && { answer: now.answer }) };

  useLayoutEffect(() => {
    viewTitle.value = "Create an agent";
    return () => {
      titlePrefix.value = "";
    };
  }, []);
  useEffect(() => {
    titlePrefix.value = open > 0 ? counted(open, "problem") : "";
  }, [open]);
  const from = query.value.get("from");
  useEffect(() => {
    if (from === null) return;
    state.editRequest(Number(from));
    navigate(withQuery({ from: "" }), { replace: true });
  }, [from]);
  useEffect(() => {
    // A refusal belongs to the visit.
    return () => {
      met.value = undefined;
    };
  }, []);

  const shownOf = (name: (typeof FIELDS)[number]["name"]): readonly string[] => {
    const path = FIELDS.find((field) => field.name === name)?.path ?? name;
    return state.checked.value.has(name) ? state.messagesAt(path) : [];
  };
  return (
    <div class="view create-view">
      <header class="view-head">
        <a class="back" href={href("/agents")}>
          <Icon name="left" />
          <span>Agents</span>
        </a>
        <h1 tabIndex={-1}>Create an agent</h1>
        <span class="grow" />
        <span class="soft small kept">{isEmpty(draft) && draft.text === undefined ? "" : "Draft kept in this browser"}</span>
        <nav class="segments" aria-label="Mode">
          <a
            href={withQuery({ mode: "" })}
            aria-current={json ? undefined : "true"}
            aria-disabled={state.fitsForm.value ? undefined : "true"}
            onClick={(event) => {
              if (!state.fitsForm.peek()) event.preventDefault();
            }}
          >
            Form
          </a>
          <a href={withQuery({ mode: "json" })} aria-current={json ? "true" : undefined}>
            JSON
          </a>
        </nav>
      </header>
      <div class="scrolls create-body" data-scroll="create">
        <form
          ref={form}
          class="create-form"
          noValidate
          aria-label="Create an agent"
          onSubmit={(event) => {
            event.preventDefault();
            void submit();
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
              event.preventDefault();
              void submit();
            }
          }}
        >
          {refusal !== undefined && <Summary refusal={refusal} onSendAgain={() => void submit()} />}
          {json ? (
            <Editor
              id={TEXT_ID}
              text={textOf(draft)}
              scanned={state.scanned.value}
              problems={state.verdict.value.problems}
              ignored={state.verdict.value.ignored}
              path={PATH}
              onInput={(text) => {
                touched = true;
                state.typeText(text);
              }}
            />
          ) : (
            <Fields
              draft={draft}
              problems={shownOf}
              onInput={typed}
              onLeave={(name) => {
                // An empty form that is left has no problem yet.
                if (shownIn(state.draft.peek(), name) !== "" || state.checked.peek().has(name)) state.show(name);
              }}
              typesEnvironment={state.typesEnvironment.value}
              onTypeEnvironment={(typedId) => {
                state.typesEnvironment.value = typedId;
              }}
              onGenerateId={generateId}
              onGenerateKey={() => typed("idempotency_key", freshKey())}
            />
          )}
          <div class="create-buttons">
            <Button type="submit" kind="main" rests={offline}>
              {busy.value ? "Creating…" : "Create agent"}
            </Button>
            <Button kind="quiet" onClick={clearDraft}>
              Clear draft
            </Button>
            <span class="grow" />
            <span class="keys" aria-hidden="true">
              <kbd>Ctrl</kbd> <kbd>Enter</kbd>
            </span>
          </div>
        </form>
        <Aside json={json} />
      </div>
    </div>
  );
}
