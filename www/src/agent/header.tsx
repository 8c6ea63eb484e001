import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { DESCRIPTION_LIMIT, NAME_LIMIT } from "../../../js/generated/rules.js";
import type { Agent } from "../../../js/generated/wire.js";
import { act, restOf } from "../agents/actions.js";
import { call } from "../connection/client.js";
import { loadValidator, problemsOf, scalarCount, trim, validator } from "../create/check.js";
import { freshKey } from "../data/key.js";
import { forget, messageOf, restsByConnection, succeeded } from "../data/resource.js";
import { Button } from "../parts/button.js";
import { describedBy, Field } from "../parts/field.js";
import { Foreign, hiddenIn } from "../parts/foreign.js";
import { tell } from "../parts/messages.js";
import { Id } from "../parts/pfid.js";
import { shapeOf, Status } from "../parts/shape.js";
import { navigate, query, withQuery } from "../router.js";

interface HeaderProps {
  readonly agent: Agent;
  readonly onChanged: (agent: Agent) => void;
  readonly onDeleted: () => void;
}

const saving = signal(false);

export function startEdit(): void {
  navigate(withQuery({ edit: 1 }), { replace: true });
}

function stopEdit(): void {
  navigate(withQuery({ edit: "" }), { replace: true });
  requestAnimationFrame(() => document.getElementById("edit-button")?.focus());
}

/** The four actions, always in the same places. */
export function Actions({ agent, onChanged, onDeleted }: HeaderProps): JSX.Element {
  const handlers = { changed: onChanged, deleted: onDeleted };
  const rests = (action: Parameters<typeof restOf>[1]): string | undefined => restOf(agent, action)?.long;
  return (
    <div class="agent-actions">
      <Button id="edit-button" icon="edit" rests={rests("update")} onClick={startEdit}>
        Edit
      </Button>
      <Button icon="retire" rests={rests("retire")} onClick={() => void act(agent, "retire", handlers)}>
        Retire
      </Button>
      <Button icon="reinstate" rests={rests("reinstate")} onClick={() => void act(agent, "reinstate", handlers)}>
        Reinstate
      </Button>
      <Button icon="delete" rests={rests("delete")} onClick={() => void act(agent, "delete", handlers)}>
        Delete
      </Button>
    </div>
  );
}

/** Name, status, id, description; or the form that changes them in place. */
export function AgentHeader(props: HeaderProps): JSX.Element {
  const { agent } = props;
  const isEditing = query.value.get("edit") === "1" && agent.available_actions.update;
  return (
    <div class="agent-head">
      {isEditing ? (
        <Edit {...props} />
      ) : (
        <div class="agent-words">
          <div class="agent-title">
            <h1 tabIndex={-1}>
              <Foreign text={agent.name} />
            </h1>
            <Status of={shapeOf(agent.status)} word={agent.status} />
          </div>
          <div class="agent-about">
            <Id value={agent.id} copy strong="partition" />
            {agent.description !== null && agent.description !== "" && (
              <p class="soft agent-description">
                <Foreign text={agent.description} />
              </p>
            )}
          </div>
        </div>
      )}
      <Actions {...props} />
    </div>
  );
}

/** The details of an update: what differs. An empty description is none. */
function changeOf(agent: Agent, name: string, description: string): { name?: string; description?: string | null } {
  return {
    ...(name !== agent.name && { name }),
    ...(description !== (agent.description ?? "") && { description: description === "" ? null : description }),
  };
}

function Edit({ agent, onChanged, onDeleted }: HeaderProps): JSX.Element {
  const [name, setName] = useState(agent.name);
  const [description, setDescription] = useState(agent.description ?? "");
  const [attempted, setAttempted] = useState(false);
  const [refused, setRefused] = useState<readonly { path: string; message: string }[]>([]);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    void loadValidator();
    field.current?.focus();
    field.current?.select();
  }, []);
  const details = changeOf(agent, name, description);
  const result = validator.value?.validateUpdateAgent({ details });
  const found =
    result === undefined || result.ok
      ? []
      : result.issues.map(({ path, message, reason }) => ({ path: path.join("."), message, reason: reason as string }));
  const messages = (path: string): readonly string[] => [
    ...found.filter((one) => one.path === path && (attempted || one.reason !== "blank")).map(({ message }) => message),
    ...refused.filter((one) => one.path === path).map(({ message }) => message),
  ];
  const save = async (): Promise<void> => {
    setAttempted(true);
    setRefused([]);
    if (found.length > 0) return field.current?.focus();
    if (Object.keys(details).length === 0) return stopEdit();
    if (saving.peek()) return;
    saving.value = true;
    const answer = await call("PUT", `/api/v1/agent/${agent.id}`, { details, idempotency_key: freshKey() }, { by: "you" });
    saving.value = false;
    if (succeeded(answer)) {
      forget("agents ");
      onChanged((answer.body as { details: Agent }).details);
      tell({ kind: "done", text: "Saved." });
      return stopEdit();
    }
    if (answer.status === 404) onDeleted();
    const problems = problemsOf(answer);
    setRefused(problems);
    if (problems.length === 0)
      tell({ kind: "bad", title: "Not saved", text: `${messageOf(answer)}${answer.status === 0 ? "" : ` (${answer.status})`}` });
  };
  return (
    <form
      class="agent-edit"
      aria-label="Edit the agent"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          event.stopPropagation();
          stopEdit();
        } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void save();
      }}
    >
      <h1 class="sr" tabIndex={-1}>
        Edit <Foreign text={agent.name} />
      </h1>
      <Field
        id="edit-name"
        label="Name"
        counter={{ count: scalarCount(trim(name)), limit: NAME_LIMIT }}
        problems={messages("details.name")}
        more={hiddenIn(name)}
      >
        <input
          ref={field}
          class="input"
          id="edit-name"
          value={name}
          aria-invalid={messages("details.name").length > 0 ? "true" : undefined}
          aria-describedby={describedBy("edit-name")}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </Field>
      <Field
        id="edit-description"
        label="Description"
        optional
        counter={{ count: scalarCount(description), limit: DESCRIPTION_LIMIT }}
        problems={messages("details.description")}
        more={hiddenIn(description)}
      >
        <textarea
          class="textarea"
          id="edit-description"
          rows={2}
          value={description}
          aria-invalid={messages("details.description").length > 0 ? "true" : undefined}
          aria-describedby={describedBy("edit-description")}
          onInput={(event) => setDescription(event.currentTarget.value)}
        />
      </Field>
      <div class="edit-buttons">
        <Button type="submit" kind="main" rests={restsByConnection()}>
          {saving.value ? "Saving…" : "Save"}
        </Button>
        <Button onClick={stopEdit}>Cancel</Button>
      </div>
    </form>
  );
}
