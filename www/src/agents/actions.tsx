// The four actions on an agent, for the list and the detail. Which are available is what `available_actions` says.
import type { Agent, AgentSummary } from "../../../js/generated/wire.js";
import { type Answer, call } from "../connection/client.js";
import { freshKey } from "../data/key.js";
import { forget, messageOf, restsByConnection, succeeded } from "../data/resource.js";
import { addToBadge } from "../frame/badges.js";
import { ask } from "../parts/dialog.js";
import { Foreign, hiddenIn } from "../parts/foreign.js";
import { Icon } from "../parts/icons.js";
import { tell } from "../parts/messages.js";
import { Id } from "../parts/pfid.js";

export type ActionName = "update" | "retire" | "reinstate" | "delete";

type AnyAgent = Agent | AgentSummary;

/** Why an action rests, short as in menus and long as in hints; `undefined` if it is available. */
export function restOf(agent: AnyAgent, action: ActionName): { readonly short: string; readonly long: string } | undefined {
  const offline = restsByConnection();
  if (offline !== undefined) return { short: "not connected", long: offline };
  if (agent.available_actions[action]) return undefined;
  const retired = agent.status === "retired";
  switch (action) {
    case "update":
      return { short: "retired", long: "A retired agent can’t be edited. Reinstate it first." };
    case "retire":
      return { short: "retired", long: "It is retired already." };
    case "reinstate":
      return { short: "not retired", long: "Only a retired agent can be reinstated." };
    case "delete":
      return {
        short: "has instances",
        long: `An agent with instances can’t be deleted. ${retired ? "It is kept retired." : "Retire it instead."}`,
      };
  }
}

const DONE = { retire: "was retired.", reinstate: "was reinstated.", delete: "was deleted." } as const;
const NOT = { retire: "retired", reinstate: "reinstated", delete: "deleted" } as const;

/** Actions under way, so that a second press does nothing. */
const underWay = new Set<string>();

interface Handlers {
  /** The agent as the service has it now. */
  readonly changed: (agent: Agent) => void;
  readonly deleted: (id: string) => void;
}

/** Reads the agent anew where an action was refused: somebody else changed it. */
async function readAgain(id: string, handlers: Handlers): Promise<Agent | undefined> {
  const answer = await call("GET", `/api/v1/agent/${id}`, undefined, { by: "the list" });
  if (answer.status === 404) handlers.deleted(id);
  if (!succeeded(answer)) return undefined;
  const { details } = answer.body as { details: Agent };
  handlers.changed(details);
  return details;
}

async function refused(agent: AnyAgent, action: keyof typeof NOT, answer: Answer, handlers: Handlers): Promise<void> {
  const now = answer.status === 409 || answer.status === 404 ? await readAgain(agent.id, handlers) : undefined;
  const already =
    now !== undefined && ((action === "retire" && now.status === "retired") || (action === "reinstate" && now.status !== "retired"));
  const why =
    answer.status === 404
      ? "It is gone (404). Its row was removed."
      : already
        ? `It is ${action === "retire" ? "retired already" : "not retired"} (409). Its row was updated.`
        : answer.status === 0
          ? messageOf(answer)
          : `${messageOf(answer)} (${answer.status})`;
  tell({
    kind: "bad",
    about: agent.id,
    title: (
      <>
        <Foreign text={agent.name} /> was not {NOT[action]}
      </>
    ),
    text: why,
  });
}

/** Retires, reinstates or deletes an agent. Deleting asks first. */
export async function act(agent: AnyAgent, action: keyof typeof DONE, handlers: Handlers): Promise<void> {
  const mark = `${agent.id} ${action}`;
  if (underWay.has(mark) || restOf(agent, action) !== undefined) return;
  if (action === "delete" && !(await askDelete(agent))) return;
  underWay.add(mark);
  const body = { idempotency_key: freshKey() };
  const answer =
    action === "delete"
      ? await call("DELETE", `/api/v1/agent/${agent.id}`, body, { by: "you" })
      : await call("POST", `/api/v1/agent/${agent.id}/${action}`, body, { by: "you" });
  underWay.delete(mark);
  if (!succeeded(answer)) return refused(agent, action, answer, handlers);
  const { details } = answer.body as { details: Agent };
  if (action === "delete") {
    forget(`agent ${agent.id}`);
    addToBadge("agents", -1);
    handlers.deleted(agent.id);
  } else handlers.changed(details);
  tell({
    kind: "done",
    about: agent.id,
    text: (
      <>
        <Foreign text={agent.name} /> {DONE[action]}
      </>
    ),
    ...(action === "retire" && { action: { label: "Reinstate", run: () => void act(details, "reinstate", handlers) } }),
  });
}

function askDelete(agent: AnyAgent): Promise<boolean> {
  const hidden = hiddenIn(agent.name);
  return ask({
    title: "Delete this agent?",
    danger: true,
    no: "Keep it",
    yes: "Delete agent",
    body: (
      <>
        <div>
          <strong>
            <Foreign text={agent.name} />
          </strong>
          <div>
            <Id value={agent.id} strong="partition" />
          </div>
        </div>
        {hidden !== undefined && (
          <p class="note is-warn">
            <Icon name="warn" />
            <span>The name has hidden characters. {hidden}</span>
          </p>
        )}
        <p class="soft">It has no instances. This can’t be undone.</p>
      </>
    ),
  });
}
