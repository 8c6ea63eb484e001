import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { AGENT_STATUSES } from "../../../js/generated/rules.js";
import { call, connection } from "../connection/client.js";
import type { Question } from "../data/agents.js";
import { messageOf, succeeded } from "../data/resource.js";
import { plainText } from "../parts/foreign.js";
import { Icon } from "../parts/icons.js";
import { isId, shortId } from "../parts/pfid.js";
import { href, navigate } from "../router.js";
import { asked, isFiltered } from "./question.js";

const TYPING = 250;

/** Opens the agent of an id. Returns what stands in the way, as a sentence. */
async function openById(id: string): Promise<string | undefined> {
  const answer = await call("GET", `/api/v1/agent/${id}`, undefined, { by: "the search" });
  if (succeeded(answer)) {
    navigate(href(`/agents/${id}`));
    return undefined;
  }
  return answer.status === 404 ? "No agent has this ID." : messageOf(answer);
}

function Search({ question }: { readonly question: Question }): JSX.Element {
  const [text, setText] = useState(question.q);
  const [note, setNote] = useState("");
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const field = useRef<HTMLInputElement>(null);
  // The address changed by other means: Back, "Clear filters".
  useEffect(() => {
    if (question.q !== text.trim() && document.activeElement !== field.current) setText(question.q);
    if (question.q === "" && timer.current === undefined) setText((now) => (isId(now.trim().toLowerCase()) ? now : ""));
  }, [question.q]);

  const id = text.trim().toLowerCase();
  const search = (): void => {
    clearTimeout(timer.current);
    timer.current = undefined;
    const q = field.current?.value.trim() ?? "";
    if (!isId(q.toLowerCase()) && q !== question.q) navigate(asked({ q }), { replace: true });
  };
  return (
    <form
      class="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isId(id)) return search();
        setNote(text.trim() === id ? "" : "An ID has no upper-case letters; it was read in lower case.");
        void openById(id).then((problem) => {
          if (problem !== undefined) setNote(problem);
        });
      }}
    >
      <Icon name="search" />
      <input
        ref={field}
        class="input"
        type="search"
        aria-label="Name starts with, or an ID"
        aria-describedby="search-note"
        placeholder="Name starts with, or an ID"
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setNote("");
          clearTimeout(timer.current);
          timer.current = setTimeout(search, TYPING);
        }}
      />
      <kbd aria-hidden="true">/</kbd>
      <span class="search-note" id="search-note" aria-live="polite">
        {note !== "" ? note : isId(id) ? "This is an ID. Press Enter to open its agent." : ""}
      </span>
    </form>
  );
}

const ORDERS = [
  ["-inserted_at", "Newest"],
  ["inserted_at", "Oldest"],
  ["name", "Name, A to Z"],
  ["-name", "Name, Z to A"],
  ["status", "Status"],
  ["-updated_at", "Last change"],
] as const;

/** Search, filters, and the order where there are no headers. */
export function Toolbar({ question }: { readonly question: Question }): JSX.Element {
  const [open, setOpen] = useState(false);
  const environments = connection.value.environments ?? [];
  const known = question.env === "" || environments.some((one) => one.id === question.env);
  return (
    <div class={open ? "toolbar is-open" : "toolbar"}>
      <Search question={question} />
      <button type="button" class="button filters-button" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name="filter" />
        <span>Filters{isFiltered({ ...question, q: "" }) ? ", on" : ""}</span>
      </button>
      <select
        class="select order-select"
        aria-label="Order"
        value={question.sort}
        onChange={(event) => navigate(asked({ sort: event.currentTarget.value }), { replace: true })}
      >
        {ORDERS.map(([sort, word]) => (
          <option key={sort} value={sort}>
            {word}
          </option>
        ))}
        {!ORDERS.some(([sort]) => sort === question.sort) && <option value={question.sort}>Another order</option>}
      </select>
      <select
        class="select filter-select"
        aria-label="Environment"
        value={question.env}
        onChange={(event) => navigate(asked({ env: event.currentTarget.value }), { replace: true })}
      >
        <option value="">All environments</option>
        {environments.map(({ id, name }) => (
          <option key={id} value={id}>
            {plainText(name)}
          </option>
        ))}
        {!known && <option value={question.env}>{shortId(question.env)}</option>}
      </select>
      <select
        class="select filter-select"
        aria-label="Status"
        value={question.status}
        onChange={(event) => navigate(asked({ status: event.currentTarget.value as Question["status"] }), { replace: true })}
      >
        <option value="">Any status</option>
        {AGENT_STATUSES.map((status) => (
          <option key={status} value={status}>
            {status}
          </option>
        ))}
      </select>
    </div>
  );
}
