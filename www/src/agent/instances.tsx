import type { JSX } from "preact";
import type { Agent, AgentInstance, AgentVersion } from "../../../js/generated/wire.js";
import { messageOf, restsByConnection, type Resource } from "../data/resource.js";
import { minutes, seconds } from "../parts/age.js";
import { Button } from "../parts/button.js";
import { plainText } from "../parts/foreign.js";
import { shortId } from "../parts/pfid.js";
import { shapeOf, Status } from "../parts/shape.js";
import { Empty, Failure, GreyRows } from "../parts/states.js";
import { age, duration, number } from "../parts/words.js";
import { href, navigate, withQuery } from "../router.js";
import type { Page } from "./data.js";
import { ranFor } from "./instance.js";

function Line({
  instance,
  version,
  isOpen,
  offset,
}: {
  readonly instance: AgentInstance;
  readonly version: string;
  readonly isOpen: boolean;
  readonly offset: number;
}): JSX.Element {
  const isFresh = instance.status === "active" || Date.now() - Date.parse(instance.inserted_at) < 60_000;
  const now = isFresh ? seconds.value : minutes.value;
  const ran = ranFor(instance, now);
  return (
    <a
      class="instance-row"
      data-row={instance.id}
      href={href(`/agents/${instance.agent_id}/instances/${instance.id}`, { offset: offset === 0 ? "" : offset })}
      aria-current={isOpen ? "true" : undefined}
      onClick={(event) => {
        // The open one, again: goes in.
        if (!isOpen || event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        document.querySelector<HTMLElement>(".instance [role=row][tabindex='0'], .instance button")?.focus();
      }}
    >
      <Status of={shapeOf(instance.status)} word={instance.status} />
      <span class="num instance-ran">{ran === undefined ? "" : `${instance.status === "active" ? "running " : ""}${duration(ran)}`}</span>
      <code>{shortId(instance.id)}</code>
      <span class="soft num cut">
        {version !== "" && `${version} · `}
        {age(Math.max(0, now - Date.parse(instance.inserted_at)))} ago
      </span>
    </a>
  );
}

/** The instances of an agent, newest first. */
export function Instances({
  agent,
  resource,
  versions,
  open,
  offset,
  onRegister,
}: {
  readonly agent: Agent;
  readonly resource: Resource<Page<AgentInstance>>;
  readonly versions: readonly AgentVersion[];
  readonly open: string | undefined;
  readonly offset: number;
  readonly onRegister: () => void;
}): JSX.Element {
  const rests = restsByConnection() ?? (agent.status === "retired" ? "A retired agent takes no instances. Reinstate it first." : undefined);
  const page = resource.value;
  const nameOf = (id: string | null): string => plainText(versions.find((one) => one.id === id)?.external_identifier ?? "");
  return (
    <section class="instances" aria-label="Instances">
      <header class="instances-head">
        <span class="soft small">Newest first</span>
        <Button icon="plus" rests={rests} onClick={onRegister}>
          Register instance
        </Button>
      </header>
      <div class="instances-list scrolls" data-scroll="instances">
        {resource.failed !== undefined && (
          <Failure title="The instances could not be loaded" action={{ label: "Try again", run: resource.reload }}>
            {messageOf(resource.failed)}
          </Failure>
        )}
        {page === undefined && resource.waiting && <GreyRows count={5} />}
        {page?.rows.map((instance) => (
          <Line
            key={instance.id}
            instance={instance}
            version={nameOf(instance.agent_version_id)}
            isOpen={instance.id === open}
            offset={offset}
          />
        ))}
        {page !== undefined && page.rows.length === 0 && (
          <Empty title="No instances yet">
            Register one, or let <a href={href("/traffic")}>Traffic</a> do it.
          </Empty>
        )}
      </div>
      {page !== undefined && page.pagination.page_count > 1 && (
        <footer class="instances-pages">
          <Button
            icon="left"
            label="Newer instances"
            rests={page.pagination.previous_page_offset === null ? "" : undefined}
            onClick={() => navigate(withQuery({ offset: page.pagination.previous_page_offset || "" }))}
          />
          <span class="soft num small">
            {number(page.pagination.item_start)}–{number(page.pagination.item_end)} of {number(page.pagination.item_count)}
          </span>
          <Button
            icon="right"
            label="Older instances"
            rests={page.pagination.next_page_offset === null ? "" : undefined}
            onClick={() => navigate(withQuery({ offset: page.pagination.next_page_offset ?? "" }))}
          />
        </footer>
      )}
    </section>
  );
}
