import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Agent, AgentSummary } from "../../../js/generated/wire.js";
import { connection } from "../connection/client.js";
import { type AgentPage, FILTERED_HERE, listAgents, type Question } from "../data/agents.js";
import { rememberList } from "../data/last-list.js";
import { messageOf, type Resource, restsByConnection, useResource } from "../data/resource.js";
import { setBadge } from "../frame/badges.js";
import { onKeys } from "../frame/keys.js";
import { titlePrefix, viewTitle } from "../frame/title.js";
import { seconds } from "../parts/age.js";
import { Button, LinkButton } from "../parts/button.js";
import { Foreign } from "../parts/foreign.js";
import { Empty, Failure, GreyRows, Progress, useWaiting } from "../parts/states.js";
import { age, clockTime, counted, number } from "../parts/words.js";
import { href, navigate, query } from "../router.js";
import { ExamplesBanner } from "./examples.js";
import { asked, isFiltered, questionOf, SIZES } from "./question.js";
import { AgentTable, type RowHandlers, runOnAgent } from "./table.js";
import { Toolbar } from "./toolbar.js";
import "../parts/search.css";
import "./agents.css";

const REFRESHES_EVERY = 30_000;

/** Rows that stay in place while somebody works with them. */
interface Held {
  readonly key: string;
  readonly rows: readonly AgentSummary[];
  /** How many of the newest answer are not among the rows. */
  readonly newer: number;
}

/** Agents that were deleted from here: they leave the rows that stay in place. */
const gone = new Set<string>();

/** The rows to show: those of the last answer, or the former ones in place while a row has the focus or the pointer. */
function useSteadyRows(
  key: string,
  page: AgentPage | undefined,
): { readonly rows: readonly AgentSummary[] | undefined; readonly newer: number; readonly show: () => void } {
  const held = useRef<Held | undefined>(undefined);
  const last = useRef<AgentPage | undefined>(undefined);
  const [, redraw] = useState(0);
  if (page !== last.current) {
    last.current = page;
    const before = held.current;
    const isBusy = document.querySelector(".agents tbody:hover, .agents tbody :focus, [role=menu]") !== null;
    if (page === undefined) held.current = undefined;
    else if (before === undefined || before.key !== key || !isBusy) held.current = { key, rows: page.rows, newer: 0 };
    else {
      const now = new Map(page.rows.map((row) => [row.id, row]));
      const newest =
        before.rows
          .map(({ inserted_at }) => inserted_at)
          .sort()
          .at(-1) ?? "";
      const newer = page.rows.filter(({ inserted_at }) => inserted_at > newest).length;
      held.current = {
        key,
        // A row that is on another page now stays, too, until nobody works here.
        rows: before.rows.filter(({ id }) => !gone.has(id)).map((row) => now.get(row.id) ?? row),
        newer,
      };
    }
  }
  return {
    rows: held.current?.key === key ? held.current.rows : page?.rows,
    newer: held.current?.key === key ? held.current.newer : 0,
    show: () => {
      if (page !== undefined) held.current = { key, rows: page.rows, newer: 0 };
      redraw((n) => n + 1);
    },
  };
}

function Updated({ at }: { readonly at: number | undefined }): JSX.Element {
  const now = seconds.value;
  return <span class="updated soft num">{at === undefined ? "" : `Updated ${age(now - at)} ago`}</span>;
}

function NothingHere({ question, page }: { readonly question: Question; readonly page: AgentPage }): JSX.Element {
  const clear = <Button onClick={() => navigate(href("/agents"), { replace: true })}>Clear filters</Button>;
  if (page.tooMany !== undefined) {
    return (
      <Empty title="Type more of the name" actions={clear}>
        {number(page.tooMany)} names start so. Name and status together are looked at for up to {number(FILTERED_HERE)}.
      </Empty>
    );
  }
  if (question.offset > 0 && page.total > 0) {
    return (
      <Empty title="The list ends before this page" actions={<Button onClick={() => navigate(asked({ offset: 0 }))}>First page</Button>} />
    );
  }
  if (isFiltered(question)) {
    return (
      <Empty
        title={
          question.q === "" ? (
            "No agent matches"
          ) : (
            <>
              No agent’s name starts with “<Foreign text={question.q} />”
            </>
          )
        }
        actions={clear}
      >
        {question.q !== "" && "Upper and lower case count. "}
        {page.all !== undefined &&
          page.all > 0 &&
          `${counted(page.all, "agent is", "agents are")} here without ${question.env === "" ? "the filters" : "name and status"}.`}
      </Empty>
    );
  }
  return (
    <Empty
      title="No agents yet"
      actions={
        <LinkButton kind="main" icon="plus" href={href("/agents/new")}>
          Create agent
        </LinkButton>
      }
    >
      An agent is one program whose runs you want to follow. Create one here, or with the API.
    </Empty>
  );
}

function Pages({ question, page }: { readonly question: Question; readonly page: AgentPage | undefined }): JSX.Element {
  const total = page?.total ?? 0;
  const first = page === undefined || page.rows.length === 0 ? 0 : question.offset + 1;
  const last = question.offset + (page?.rows.length ?? 0);
  return (
    <footer class="pages">
      <span class="soft num">
        {page === undefined ? "" : first === 0 ? "0 of 0" : `${number(first)}–${number(last)} of ${number(total)}`}
      </span>
      <span class="grow" />
      <label class="rows-label">
        <span class="soft">Rows</span>
        <select
          class="select"
          value={String(question.size)}
          onChange={(event) => navigate(asked({ size: Number(event.currentTarget.value) }), { replace: true })}
        >
          {SIZES.map((size) => (
            <option key={size}>{size}</option>
          ))}
        </select>
      </label>
      <Button icon="left" rests={question.offset === 0 ? "" : undefined} onClick={() => turn(question, page, -1)}>
        Previous
      </Button>
      <Button class="is-next" icon="right" rests={last >= total ? "" : undefined} onClick={() => turn(question, page, 1)}>
        Next
      </Button>
    </footer>
  );
}

function turn(question: Question, page: AgentPage | undefined, step: 1 | -1): void {
  const offset = step === 1 ? question.offset + (page?.rows.length ?? 0) : Math.max(0, question.offset - question.size);
  if (step === 1 ? offset < (page?.total ?? 0) : question.offset > 0) navigate(asked({ offset }));
}

/** What was returned for one row takes its place in the page. */
function handlersOf(resource: Resource<AgentPage>): RowHandlers {
  return {
    changed: (agent: Agent) => {
      const { value } = resource;
      if (value !== undefined) resource.put({ ...value, rows: value.rows.map((row) => (row.id === agent.id ? agent : row)) });
    },
    deleted: (id) => {
      gone.add(id);
      const { value } = resource;
      if (value === undefined) return;
      const rows = [...document.querySelectorAll<HTMLElement>(".agents [data-row]")];
      const at = rows.findIndex((row) => row.dataset["row"] === id);
      const next = (rows[at + 1] ?? rows[at - 1])?.querySelector<HTMLElement>("a");
      resource.put({ ...value, total: value.total - 1, rows: value.rows.filter((row) => row.id !== id) });
      requestAnimationFrame(() => (next ?? document.querySelector<HTMLElement>("h1"))?.focus());
    },
  };
}

function useRefresh(reload: () => void): void {
  const latest = useRef(reload);
  latest.current = reload;
  useEffect(() => {
    const now = (): void => {
      if (document.visibilityState === "visible" && connection.peek().state === "answering") latest.current();
    };
    const timer = setInterval(now, REFRESHES_EVERY);
    document.addEventListener("visibilitychange", now);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", now);
    };
  }, []);
}

function useRowKeys(
  rows: readonly AgentSummary[] | undefined,
  handlers: RowHandlers,
  question: Question,
  page: AgentPage | undefined,
): void {
  const latest = useRef({ rows, handlers, question, page });
  latest.current = { rows, handlers, question, page };
  useEffect(() => {
    const onRow = (action: Parameters<typeof runOnAgent>[1]) => (event: KeyboardEvent) => {
      const id = document.activeElement?.closest<HTMLElement>("[data-row]")?.dataset["row"];
      const agent = latest.current.rows?.find((row) => row.id === id);
      if (agent !== undefined && !event.repeat) runOnAgent(agent, action, latest.current.handlers);
    };
    return onKeys({
      e: onRow("edit"),
      c: onRow("copy"),
      r: onRow("retire"),
      i: onRow("reinstate"),
      "[": () => turn(latest.current.question, latest.current.page, -1),
      "]": () => turn(latest.current.question, latest.current.page, 1),
    });
  }, []);
}

/** The list of agents. */
export default function Agents(): JSX.Element {
  const question = questionOf(query.value);
  const key = `agents ${JSON.stringify(question)}`;
  const resource = useResource(key, (signal) => listAgents(question, signal));
  const page = resource.value;
  const steady = useSteadyRows(key, page);
  const handlers = handlersOf(resource);
  const { rows: showGrey } = useWaiting(page === undefined && resource.waiting);
  const offline = restsByConnection();
  useRefresh(resource.reload);
  useRowKeys(steady.rows, handlers, question, page);

  useLayoutEffect(() => {
    viewTitle.value = "Agents";
    titlePrefix.value = "";
  }, []);
  useEffect(() => rememberList(location.hash), [key]);
  useEffect(() => {
    if (page?.all !== undefined && question.env === "") setBadge("agents", page.all);
  }, [page?.all, question.env]);

  const isStale = page !== undefined && (offline !== undefined || resource.failed !== undefined);
  const cause = resource.failed !== undefined ? messageOf(resource.failed) : (connection.value.cause ?? offline);
  return (
    <div class={page === undefined ? "view agents-view is-unknown" : "view agents-view"} aria-busy={page === undefined && resource.waiting}>
      <header class="view-head">
        <h1 tabIndex={-1}>Agents</h1>
        <span class="soft num total">{page === undefined ? "" : number(page.total)}</span>
        <span class="grow" />
        <Button icon="refresh" class="refresh" label="Refresh" onClick={resource.reload}>
          Refresh
        </Button>
        <LinkButton kind="main" icon="plus" href={href("/agents/new")}>
          Create agent
        </LinkButton>
      </header>
      <div class="toolbar-line">
        <Toolbar question={question} />
        <Updated at={resource.at} />
      </div>
      <Progress waiting={resource.waiting} onStop={resource.stop} />
      <ExamplesBanner changes={page?.total} />
      {(isStale || (page === undefined && !resource.waiting && cause !== undefined)) && (
        <Failure
          title={isStale ? "The list could not be updated" : "The list could not be loaded"}
          action={{ label: "Try again", run: resource.reload }}
        >
          {cause}
          {isStale && resource.at !== undefined && ` Shown is the state of ${clockTime(resource.at)} UTC.`}
          {isStale && offline !== undefined && " Actions are off."}
          {offline !== undefined && (
            <>
              {" "}
              <a href={href("/connection")}>Connection</a>
            </>
          )}
        </Failure>
      )}
      {steady.newer > 0 && (
        <div class="newer">
          {counted(steady.newer, "newer agent")}. <Button onClick={steady.show}>Show</Button>
        </div>
      )}
      <div class="scrolls agents-scroll" data-scroll="agents">
        {steady.rows !== undefined && page !== undefined && steady.rows.length > 0 && (
          <AgentTable rows={steady.rows} question={question} handlers={handlers} stale={isStale} />
        )}
        {page !== undefined && page.rows.length === 0 && !isStale && <NothingHere question={question} page={page} />}
        {page === undefined && showGrey && <GreyRows count={10} />}
      </div>
      <Pages question={question} page={page} />
    </div>
  );
}
