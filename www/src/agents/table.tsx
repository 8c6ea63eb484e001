import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { Agent, AgentSummary } from "../../../js/generated/wire.js";
import { connection } from "../connection/client.js";
import type { Question } from "../data/agents.js";
import { Age } from "../parts/age.js";
import { Counts } from "../parts/counts.js";
import { Foreign, plainText } from "../parts/foreign.js";
import { Icon } from "../parts/icons.js";
import { MenuButton } from "../parts/menu.js";
import { copyText } from "../parts/messages.js";
import { Id, shortId } from "../parts/pfid.js";
import { shapeOf, Status } from "../parts/shape.js";
import { href, navigate } from "../router.js";
import { act, restOf } from "./actions.js";
import { asked } from "./question.js";

export interface RowHandlers {
  readonly changed: (agent: Agent) => void;
  readonly deleted: (id: string) => void;
}

/** Why an order can't be chosen now. */
function restOfOrder(field: string, question: Question): string | undefined {
  if (question.q !== "" && field !== "name") return "While a name is searched, the order is by name.";
  if (question.q === "" && question.status !== "") return "While one status is shown, the order is by last activity.";
  return undefined;
}

function Header({
  field,
  word,
  question,
  first,
}: {
  readonly field: string;
  readonly word: string;
  readonly question: Question;
  readonly first: "asc" | "desc";
}): JSX.Element {
  const rests = restOfOrder(field, question);
  const sort = question.q !== "" ? (question.sort === "-name" ? "-name" : "name") : question.status !== "" ? "" : question.sort;
  const direction = sort === field ? "ascending" : sort === `-${field}` ? "descending" : undefined;
  const next = direction === "ascending" ? `-${field}` : direction === "descending" ? field : first === "asc" ? field : `-${field}`;
  const id = `order-${field}`;
  return (
    <th role="columnheader" scope="col" class={`col-${field}`} aria-sort={direction ?? "none"}>
      <button
        type="button"
        class="sort"
        aria-disabled={rests === undefined ? undefined : "true"}
        aria-describedby={rests === undefined ? undefined : id}
        onClick={() => {
          if (rests === undefined) navigate(asked({ sort: next }), { replace: true });
        }}
      >
        {word}
        <span class="sort-mark">
          {direction !== undefined && <Icon name={direction === "ascending" ? "arrowUp" : "arrowDown"} size={14} />}
        </span>
      </button>
      {rests !== undefined && (
        <span class="reason" role="tooltip" id={id}>
          {rests}
        </span>
      )}
    </th>
  );
}

/** What the menu of a row does, and the keys of a row. */
export function runOnAgent(agent: AgentSummary, action: "edit" | "copy" | "retire" | "reinstate" | "delete", handlers: RowHandlers): void {
  if (action === "edit") navigate(href(`/agents/${agent.id}`, { edit: 1 }));
  else if (action === "copy") void copyText(agent.id, "ID copied.");
  else void act(agent, action, handlers);
}

function Row({
  agent,
  handlers,
  isNew,
}: {
  readonly agent: AgentSummary;
  readonly handlers: RowHandlers;
  readonly isNew: boolean;
}): JSX.Element {
  const environment = connection.value.environments?.find((one) => one.id === agent.environment_id);
  const name = plainText(agent.name);
  const run = (action: Parameters<typeof runOnAgent>[1]) => () => runOnAgent(agent, action, handlers);
  return (
    <tr role="row" class={isNew ? "row is-new" : "row"} data-row={agent.id}>
      <td role="cell" class="col-name">
        <a class="name cut" href={href(`/agents/${agent.id}`)}>
          <Foreign text={agent.name} />
        </a>
      </td>
      <td role="cell" class="col-status">
        <Status of={shapeOf(agent.status)} word={agent.status} />
      </td>
      <td role="cell" class="col-counts">
        <Counts counts={agent.instance_counts ?? undefined} />
      </td>
      <td role="cell" class="col-id">
        <Id value={agent.id} copy />
      </td>
      <td role="cell" class="col-environment cut">
        {environment === undefined ? <code>{shortId(agent.environment_id)}</code> : <Foreign text={environment.name} />}
      </td>
      <td role="cell" class="col-inserted_at">
        <Age time={agent.inserted_at} />
      </td>
      <td role="cell" class="col-menu">
        <MenuButton
          label={`Actions for ${name}`}
          items={[
            { label: "Edit", icon: "edit", shortcut: "e", rests: restOf(agent, "update")?.short, run: run("edit") },
            { label: "Copy ID", icon: "copy", shortcut: "c", run: run("copy") },
            { label: "Retire", icon: "retire", shortcut: "r", apart: true, rests: restOf(agent, "retire")?.short, run: run("retire") },
            { label: "Reinstate", icon: "reinstate", shortcut: "i", rests: restOf(agent, "reinstate")?.short, run: run("reinstate") },
            { label: "Delete", icon: "delete", rests: restOf(agent, "delete")?.short, run: run("delete") },
          ]}
        />
      </td>
    </tr>
  );
}

/** The table. Roles are repeated, because `display: grid` on phones takes them away. */
export function AgentTable({
  rows,
  question,
  handlers,
  stale,
}: {
  readonly rows: readonly AgentSummary[];
  readonly question: Question;
  readonly handlers: RowHandlers;
  /** Whether the rows are of an earlier state. */
  readonly stale: boolean;
}): JSX.Element {
  const known = useRef<ReadonlySet<string> | undefined>(undefined);
  const before = known.current;
  known.current = new Set([...(before ?? []), ...rows.map(({ id }) => id)]);
  const isNew = (agent: AgentSummary): boolean =>
    before !== undefined && !before.has(agent.id) && Date.now() - Date.parse(agent.inserted_at) < 60_000;
  return (
    <table class={stale ? "agents is-stale" : "agents"} role="table" aria-label="Agents">
      <thead role="rowgroup">
        <tr role="row">
          <Header field="name" word="Name" question={question} first="asc" />
          <Header field="status" word="Status" question={question} first="asc" />
          <th role="columnheader" scope="col" class="col-counts">
            Instances
          </th>
          <th role="columnheader" scope="col" class="col-id">
            ID
          </th>
          <th role="columnheader" scope="col" class="col-environment">
            Environment
          </th>
          <Header field="inserted_at" word="Created" question={question} first="desc" />
          <th role="columnheader" scope="col" class="col-menu">
            <span class="sr">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((agent) => (
          <Row key={agent.id} agent={agent} handlers={handlers} isNew={isNew(agent)} />
        ))}
      </tbody>
    </table>
  );
}
