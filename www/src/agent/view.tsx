import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Agent } from "../../../js/generated/wire.js";
import { act } from "../agents/actions.js";
import { connection } from "../connection/client.js";
import { forget, messageOf, restsByConnection } from "../data/resource.js";
import { lastList } from "../data/last-list.js";
import { onKeys } from "../frame/keys.js";
import { viewTitle } from "../frame/title.js";
import { plainText } from "../parts/foreign.js";
import { Icon } from "../parts/icons.js";
import { copyText, tell } from "../parts/messages.js";
import { Empty, Failure, GreyRows, Progress, useWaiting } from "../parts/states.js";
import { LinkButton } from "../parts/button.js";
import { clockTime, number } from "../parts/words.js";
import { href, match, navigate, type Params, query } from "../router.js";
import { useAgent, useInstances, useSchemas, useVersions } from "./data.js";
import { Facts } from "./facts.js";
import { Register } from "./forms.js";
import { AgentHeader, startEdit } from "./header.js";
import { InstancePane } from "./instance.js";
import { Instances } from "./instances.js";
import { AgentJson, Schemas, Versions } from "./tabs.js";
import "./agent.css";

type Tab = "instances" | "versions" | "schemas" | "json";

const WIDE = "(min-width: 1216px)";
const REFRESHES_EVERY = 10_000;

/** Whether list and instance stand side by side. */
function useWide(): boolean {
  const [wide, setWide] = useState(matchMedia(WIDE).matches);
  useEffect(() => {
    const media = matchMedia(WIDE);
    const change = (): void => setWide(media.matches);
    media.addEventListener("change", change);
    return () => media.removeEventListener("change", change);
  }, []);
  return wide;
}

function tabOf(): Tab {
  const [, , , name] = match.value?.route.pattern.split("/") ?? [];
  return name === "versions" || name === "schemas" || name === "json" ? name : "instances";
}

function Tabs({
  id,
  tab,
  counts,
}: {
  readonly id: string;
  readonly tab: Tab;
  readonly counts: Readonly<Partial<Record<Tab, number | undefined>>>;
}): JSX.Element {
  const one = (name: Tab, word: string): JSX.Element => {
    const count = counts[name];
    return (
      <a class="tab" href={href(`/agents/${id}${name === "instances" ? "" : `/${name}`}`)} aria-current={tab === name ? "page" : undefined}>
        {word}
        {count !== undefined && <span class="badge">{number(count)}</span>}
      </a>
    );
  };
  return (
    <nav class="tabs" aria-label="Parts of the agent">
      {one("instances", "Instances")}
      {one("versions", "Versions")}
      {one("schemas", "Schemas")}
      {one("json", "JSON")}
    </nav>
  );
}

function useKeys(agent: Agent | undefined, handlers: { readonly changed: (agent: Agent) => void; readonly deleted: () => void }): void {
  const latest = useRef({ agent, handlers });
  latest.current = { agent, handlers };
  useEffect(() => {
    const on = (run: (agent: Agent) => void) => (event: KeyboardEvent) => {
      const { agent } = latest.current;
      if (agent !== undefined && !event.repeat) run(agent);
    };
    return onKeys({
      e: on((agent) => agent.available_actions.update && startEdit()),
      c: on((agent) => void copyText(agent.id, "ID copied.")),
      r: on((agent) => void act(agent, "retire", latest.current.handlers)),
      i: on((agent) => void act(agent, "reinstate", latest.current.handlers)),
    });
  }, []);
}

/** One agent: facts, instances, versions, schemas, JSON. */
export default function AgentView({ params }: { readonly params: Params }): JSX.Element {
  const id = params["id"] ?? "";
  const open = params["instance"];
  const tab = tabOf();
  const wide = useWide();
  const offset = Math.max(0, Number.parseInt(query.value.get("offset") ?? "0", 10) || 0);
  const agent = useAgent(id);
  const instances = useInstances(id, offset);
  const versions = useVersions(id);
  const schemas = useSchemas(id);
  const [registers, setRegisters] = useState(false);
  const value = agent.value;
  const { rows: showGrey } = useWaiting(value === undefined && agent.waiting);
  const reload = (): void => {
    agent.reload();
    instances.reload();
    forget("agents ");
  };
  const own = useRef("");
  const changed = (now: Agent): void => {
    own.current = now.updated_at;
    agent.put(now);
    forget("agents ");
  };
  const deleted = (): void => {
    forget("agents ");
    navigate(lastList());
  };
  useKeys(value, { changed, deleted });

  const name = value === undefined ? "" : plainText(value.name);
  useLayoutEffect(() => {
    viewTitle.value = name === "" ? "Agent" : `${name}: Agent`;
  }, [name]);
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState !== "visible" || connection.peek().state !== "answering") return;
      agent.reload();
      instances.reload();
    }, REFRESHES_EVERY);
    return () => clearInterval(timer);
  }, [id, offset]);
  // Somebody else retired or reinstated it.
  const status = useRef(value?.status);
  useEffect(() => {
    const [before, now] = [status.current, value?.status];
    status.current = now;
    if (value === undefined || before === undefined || before === now || value.updated_at === own.current) return;
    if (now === "retired") tell({ kind: "done", text: "It was retired elsewhere." });
    else if (before === "retired") tell({ kind: "done", text: "It was reinstated elsewhere." });
  }, [value?.status]);
  // An instance that takes the place of its list takes the focus too.
  const before = useRef(open);
  useEffect(() => {
    if (before.current === open) return;
    before.current = open;
    if (!wide && document.activeElement === document.body) document.querySelector<HTMLElement>("main h1")?.focus();
  }, [open, wide]);

  const list = (
    <a class="back" href={lastList()}>
      <Icon name="left" />
      <span>Agents</span>
    </a>
  );
  if (value === undefined) return <Missing list={list} agent={agent} showGrey={showGrey} />;

  const version = versions.value?.rows.find((one) => one.id === value.current_version_id);
  const alone = !wide && open !== undefined;
  const pane = open !== undefined && <InstancePane key={open} agent={value} id={open} isNarrow={!wide} onChanged={reload} />;
  const isStale = agent.failed !== undefined || restsByConnection() !== undefined;
  return (
    <div class="view agent-view">
      <Progress waiting={agent.waiting && agent.value === undefined} />
      {!alone && (
        <div class="agent-top">
          {list}
          {isStale && (
            <Failure title={agent.failed?.status === 404 ? "This agent is gone" : "The agent could not be updated"}>
              {agent.failed === undefined ? (connection.value.cause ?? restsByConnection()) : messageOf(agent.failed)}
              {agent.at !== undefined && ` Shown is the state of ${clockTime(agent.at)} UTC.`}
            </Failure>
          )}
          <AgentHeader agent={value} onChanged={changed} onDeleted={deleted} />
          <Facts agent={value} version={version} />
          <Tabs
            id={id}
            tab={tab}
            counts={{
              instances: value.instance_counts.total,
              versions: versions.value?.pagination.item_count,
              schemas: schemas.value?.pagination.item_count,
            }}
          />
        </div>
      )}
      {tab === "instances" && (
        // One element in both layouts, so that a window that becomes wider or narrower does not empty the instance's forms.
        <div key="panes" class={alone ? "agent-alone" : open === undefined ? "agent-panes" : "agent-panes has-instance"}>
          {alone ? (
            <>
              <a class="back" href={href(`/agents/${id}`, { offset: offset === 0 ? "" : offset })}>
                <Icon name="left" />
                <span>{name}</span>
              </a>
              <h1 tabIndex={-1}>Instance</h1>
            </>
          ) : (
            <Instances
              agent={value}
              resource={instances}
              versions={versions.value?.rows ?? []}
              open={open}
              offset={offset}
              onRegister={() => setRegisters(true)}
            />
          )}
          {pane ||
            (wide && (instances.value?.rows.length ?? 0) > 0 && (
              <Empty title="No instance is open">Choose one at the left to see its spans.</Empty>
            ))}
        </div>
      )}
      {tab === "versions" && <Versions resource={versions} current={value.current_version_id} />}
      {tab === "schemas" && <Schemas resource={schemas} current={value.current_schema_version_id} />}
      {tab === "json" && <AgentJson agent={value} />}
      {registers && (
        <Register
          agent={id}
          version={version?.external_identifier ?? "v1"}
          onClose={() => setRegisters(false)}
          onDone={(made) => {
            reload();
            versions.reload();
            navigate(href(`/agents/${id}/instances/${made.id}`));
          }}
        />
      )}
    </div>
  );
}

function Missing({
  list,
  agent,
  showGrey,
}: {
  readonly list: JSX.Element;
  readonly agent: ReturnType<typeof useAgent>;
  readonly showGrey: boolean;
}): JSX.Element {
  const { failed } = agent;
  const offline = restsByConnection();
  const isGone = failed?.status === 404 || failed?.status === 422;
  return (
    <div class="view agent-view" aria-busy={agent.waiting}>
      <div class="agent-top">
        {list}
        <h1 tabIndex={-1}>{isGone ? "This agent is gone" : "Agent"}</h1>
      </div>
      {isGone ? (
        <Empty title="No agent has this ID here" actions={<LinkButton href={lastList()}>Agents</LinkButton>}>
          It was deleted, or it belongs to another account.
        </Empty>
      ) : failed !== undefined || (offline !== undefined && !agent.waiting) ? (
        <Failure title="The agent could not be loaded" action={{ label: "Try again", run: agent.reload }}>
          {failed === undefined ? (connection.value.cause ?? offline) : messageOf(failed)}
        </Failure>
      ) : (
        showGrey && <GreyRows count={6} />
      )}
      <Progress waiting={agent.waiting} onStop={agent.stop} />
    </div>
  );
}
