// The small forms that register and finish instances, and create and finish spans.
import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import type { AgentInstance, AgentSpan } from "../../../js/generated/wire.js";
import { type Answer, call, type Method } from "../connection/client.js";
import { freshKey } from "../data/key.js";
import { messageOf, restsByConnection, succeeded } from "../data/resource.js";
import { problemsOf } from "../create/check.js";
import { Button } from "../parts/button.js";
import { Dialog } from "../parts/dialog.js";
import { Icon } from "../parts/icons.js";
import { Shape, shapeOf } from "../parts/shape.js";

interface Sent {
  readonly method: Method;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A dialog whose form sends one request. */
function SmallForm({
  title,
  verb,
  children,
  request,
  onDone,
  onClose,
}: {
  readonly title: string;
  readonly verb: string;
  readonly children: ComponentChildren;
  /** The request; a sentence if the fields make none. */
  readonly request: () => Sent | string;
  readonly onDone: (answer: Answer) => void;
  readonly onClose: () => void;
}): JSX.Element {
  const [wrong, setWrong] = useState<readonly string[]>([]);
  const [busy, setBusy] = useState(false);
  const send = async (): Promise<void> => {
    if (busy) return;
    const sent = request();
    if (typeof sent === "string") return setWrong([sent]);
    setBusy(true);
    const answer = await call(sent.method, sent.path, sent.body, { by: "you" });
    setBusy(false);
    if (succeeded(answer)) {
      onClose();
      return onDone(answer);
    }
    const problems = problemsOf(answer).map(({ message }) => message);
    setWrong(problems.length > 0 ? problems : [`${messageOf(answer)}${answer.status === 0 ? "" : ` (${answer.status})`}`]);
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void send();
        }}
      >
        <div class="dialog-body">
          <div aria-live="polite">
            {wrong.map((message) => (
              <p class="note is-bad" key={message}>
                <Icon name="bad" />
                {message}
              </p>
            ))}
          </div>
          {children}
        </div>
        <div class="dialog-buttons">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="main" rests={restsByConnection()}>
            {busy ? "Sending…" : verb}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Input({
  id,
  label,
  value,
  onInput,
  help,
}: {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly onInput: (text: string) => void;
  readonly help?: string;
}): JSX.Element {
  return (
    <div class="field">
      <div class="field-head">
        <label for={id}>{label}</label>
      </div>
      <input
        class="input"
        id={id}
        value={value}
        autocomplete="off"
        aria-describedby={`${id}-help`}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      <div class="field-help" id={`${id}-help`}>
        {help}
      </div>
    </div>
  );
}

function JsonInput({
  id,
  label,
  value,
  onInput,
}: {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly onInput: (text: string) => void;
}): JSX.Element {
  return (
    <div class="field">
      <div class="field-head">
        <label for={id}>{label}</label>
      </div>
      <textarea
        class="textarea mono"
        id={id}
        rows={3}
        spellcheck={false}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </div>
  );
}

function Choice<T extends string>({
  legend,
  values,
  value,
  onChange,
}: {
  readonly legend: string;
  readonly values: readonly T[];
  readonly value: T;
  readonly onChange: (value: T) => void;
}): JSX.Element {
  return (
    <fieldset class="choice">
      <legend>{legend}</legend>
      {values.map((one) => (
        <label class="check" key={one}>
          <input type="radio" name={legend} checked={value === one} onChange={() => onChange(one)} />
          <Shape of={shapeOf(one)} />
          {one}
        </label>
      ))}
    </fieldset>
  );
}

/** The value of a text of JSON; `undefined` if it is none. Empty text is no value. */
function objectOf(text: string): Readonly<Record<string, unknown>> | null | undefined {
  if (text.trim() === "") return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

export function Register({
  agent,
  version,
  onDone,
  onClose,
}: {
  readonly agent: string;
  readonly version: string;
  readonly onDone: (instance: AgentInstance) => void;
  readonly onClose: () => void;
}): JSX.Element {
  const [identifier, setIdentifier] = useState(version);
  return (
    <SmallForm
      title="Register an instance"
      verb="Register instance"
      onClose={onClose}
      onDone={(answer) => onDone((answer.body as { details: AgentInstance }).details)}
      request={() => ({
        method: "POST",
        path: "/api/v1/agent_instance/register",
        body: {
          agent_id: agent,
          ...(identifier.trim() !== "" && { agent_version: { external_identifier: identifier.trim() } }),
          idempotency_key: freshKey(),
        },
      })}
    >
      <p class="soft">An instance is one run of the agent. It is pending until it is started.</p>
      <Input
        id="register-version"
        label="Version"
        value={identifier}
        onInput={setIdentifier}
        help="Your own name for the version of the code. A new one is made at first sight."
      />
    </SmallForm>
  );
}

export const FINAL = ["complete", "failed", "cancelled"] as const;

export function FinishInstance({
  instance,
  onDone,
  onClose,
}: {
  readonly instance: AgentInstance;
  readonly onDone: () => void;
  readonly onClose: () => void;
}): JSX.Element {
  const [status, setStatus] = useState<(typeof FINAL)[number]>(instance.status === "pending" ? "cancelled" : "complete");
  return (
    <SmallForm
      title="Finish the instance"
      verb="Finish instance"
      onClose={onClose}
      onDone={onDone}
      request={() => ({
        method: "POST",
        path: `/api/v1/agent_instance/${instance.id}/finish`,
        body: { status, idempotency_key: freshKey() },
      })}
    >
      <Choice legend="It ended as" values={FINAL} value={status} onChange={setStatus} />
      {instance.status === "pending" && <p class="soft">A pending instance can only be cancelled.</p>}
    </SmallForm>
  );
}

const SPAN_STATUSES = ["active", "complete", "failed", "cancelled", "pending"] as const;

export function NewSpan({
  instance,
  parents,
  parent,
  onDone,
  onClose,
}: {
  readonly instance: string;
  readonly parents: readonly { readonly id: string; readonly word: string }[];
  readonly parent: string | undefined;
  readonly onDone: (span: AgentSpan) => void;
  readonly onClose: () => void;
}): JSX.Element {
  const [name, setName] = useState("");
  const [status, setStatus] = useState<(typeof SPAN_STATUSES)[number]>("active");
  const [under, setUnder] = useState(parent ?? "");
  const [payload, setPayload] = useState("{}");
  const [result, setResult] = useState("");
  return (
    <SmallForm
      title="Create a span"
      verb="Create span"
      onClose={onClose}
      onDone={(answer) => onDone((answer.body as { details: AgentSpan }).details)}
      request={() => {
        const [given, returned] = [objectOf(payload), objectOf(result)];
        if (given === undefined || given === null) return "Payload must be a JSON object.";
        if (returned === undefined) return "Result must be a JSON object, or empty.";
        return {
          method: "POST",
          path: "/api/v1/agent_spans",
          body: {
            details: {
              agent_instance_id: instance,
              schema_name: name,
              status,
              payload: given,
              ...(under !== "" && { parent_span_id: under }),
              ...(returned !== null && { result_payload: returned }),
            },
            idempotency_key: freshKey(),
          },
        };
      }}
    >
      <Input id="span-name" label="Name" value={name} onInput={setName} help="The kind of step, such as llm:chat." />
      <Choice legend="Status" values={SPAN_STATUSES} value={status} onChange={setStatus} />
      <div class="field">
        <div class="field-head">
          <label for="span-parent">Under</label>
        </div>
        <select class="select" id="span-parent" value={under} onChange={(event) => setUnder(event.currentTarget.value)}>
          <option value="">The instance</option>
          {parents.map(({ id, word }) => (
            <option key={id} value={id}>
              {word}
            </option>
          ))}
        </select>
      </div>
      <JsonInput id="span-payload" label="Payload" value={payload} onInput={setPayload} />
      <JsonInput id="span-result" label="Result, optional" value={result} onInput={setResult} />
    </SmallForm>
  );
}

export function FinishSpan({
  span,
  onDone,
  onClose,
}: {
  readonly span: AgentSpan;
  readonly onDone: () => void;
  readonly onClose: () => void;
}): JSX.Element {
  const [status, setStatus] = useState<(typeof FINAL)[number]>("complete");
  const [result, setResult] = useState("");
  return (
    <SmallForm
      title="Finish the span"
      verb="Finish span"
      onClose={onClose}
      onDone={onDone}
      request={() => {
        const returned = objectOf(result);
        if (returned === undefined) return "Result must be a JSON object, or empty.";
        return {
          method: "POST",
          path: `/api/v1/agent_spans/${span.id}/finish`,
          body: { status, ...(returned !== null && { result_payload: returned }), idempotency_key: freshKey() },
        };
      }}
    >
      <Choice legend="It ended as" values={FINAL} value={status} onChange={setStatus} />
      <JsonInput id="span-result" label="Result, optional" value={result} onInput={setResult} />
    </SmallForm>
  );
}
