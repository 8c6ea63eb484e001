// The small forms that register and finish instances, and create and finish spans.
import type { ComponentChildren, JSX, TargetedEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { AgentInstance, AgentSpan } from "../../../js/generated/wire.js";
import { type Answer, call, type Method } from "../connection/client.js";
import { freshKey } from "../data/key.js";
import { messageOf, restsByConnection, succeeded } from "../data/resource.js";
import { type Problem, problemsOf } from "../create/check.js";
import { Button } from "../parts/button.js";
import { Dialog } from "../parts/dialog.js";
import { describedBy, Field } from "../parts/field.js";
import { hiddenIn } from "../parts/foreign.js";
import { Icon } from "../parts/icons.js";
import { Shape, shapeOf } from "../parts/shape.js";

interface Sent {
  readonly method: Method;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The messages about the value at a dotted path of the body. */
type ProblemsAt = (path: string) => readonly string[];

/** A dialog whose form sends one request. */
function SmallForm({
  title,
  verb,
  fields,
  children,
  request,
  onDone,
  onClose,
}: {
  readonly title: string;
  readonly verb: string;
  /** The dotted paths of the body whose problems the fields show. */
  readonly fields: readonly string[];
  readonly children: (problemsAt: ProblemsAt) => ComponentChildren;
  /** The request; what is wrong if the fields make none. */
  readonly request: () => Sent | Problem;
  readonly onDone: (answer: Answer) => void;
  readonly onClose: () => void;
}): JSX.Element {
  const [wrong, setWrong] = useState<readonly Problem[]>([]);
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [wrong]);
  const send = async (): Promise<void> => {
    if (busy) return;
    const sent = request();
    if ("message" in sent) return setWrong([sent]);
    setBusy(true);
    const answer = await call(sent.method, sent.path, sent.body, { by: "you" });
    setBusy(false);
    if (succeeded(answer)) {
      onClose();
      return onDone(answer);
    }
    const problems = problemsOf(answer);
    const message = `${messageOf(answer)}${answer.status === 0 ? "" : ` (${answer.status})`}`;
    setWrong(problems.length > 0 ? problems : [{ path: "", message }]);
  };
  const problemsAt = (path: string): readonly string[] => wrong.filter((one) => one.path === path).map(({ message }) => message);
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        ref={form}
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
            {wrong
              .filter(({ path }) => !fields.includes(path))
              .map(({ message }) => (
                <p class="note is-bad" key={message}>
                  <Icon name="bad" />
                  {message}
                </p>
              ))}
          </div>
          {children(problemsAt)}
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

interface InputProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly onInput: (text: string) => void;
  readonly help?: string;
  readonly optional?: boolean;
  readonly problems: readonly string[];
  readonly isJson?: boolean;
}

/** A field of one line, or of JSON. */
function Input({ id, label, value, onInput, help, optional = false, problems, isJson = false }: InputProps): JSX.Element {
  const control = {
    id,
    value,
    "aria-invalid": problems.length > 0 ? ("true" as const) : undefined,
    "aria-describedby": describedBy(id),
    onInput: (event: TargetedEvent<HTMLInputElement | HTMLTextAreaElement>) => onInput(event.currentTarget.value),
  };
  return (
    <Field id={id} label={label} optional={optional} help={help} problems={problems} more={isJson ? undefined : hiddenIn(value)}>
      {isJson ? (
        <textarea class="textarea mono" rows={3} spellcheck={false} {...control} />
      ) : (
        <input class="input" autocomplete="off" {...control} />
      )}
    </Field>
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
    <fieldset class="choices">
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

const VERSION = "agent_version.external_identifier";

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
      fields={[VERSION]}
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
      {(problemsAt) => (
        <>
          <p class="soft">An instance is one run of the agent. It is pending until it is started.</p>
          <Input
            id="register-version"
            label="Version"
            optional
            value={identifier}
            onInput={setIdentifier}
            problems={problemsAt(VERSION)}
            help="Your own name for the version of the code. A name that is new here makes a version."
          />
        </>
      )}
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
      fields={[]}
      onClose={onClose}
      onDone={onDone}
      request={() => ({
        method: "POST",
        path: `/api/v1/agent_instance/${instance.id}/finish`,
        body: { status, idempotency_key: freshKey() },
      })}
    >
      {() => (
        <>
          <Choice legend="It ended as" values={FINAL} value={status} onChange={setStatus} />
          {instance.status === "pending" && <p class="soft">A pending instance can only be cancelled.</p>}
        </>
      )}
    </SmallForm>
  );
}

const RESULT_MESSAGE = "Result must be a JSON object, or empty.";
const SPAN = { name: "details.schema_name", payload: "details.payload", result: "details.result_payload" } as const;
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
      fields={Object.values(SPAN)}
      onClose={onClose}
      onDone={(answer) => onDone((answer.body as { details: AgentSpan }).details)}
      request={() => {
        const [given, returned] = [objectOf(payload), objectOf(result)];
        if (given === undefined || given === null) return { path: SPAN.payload, message: "Payload must be a JSON object." };
        if (returned === undefined) return { path: SPAN.result, message: RESULT_MESSAGE };
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
      {(problemsAt) => (
        <>
          <Input
            id="span-name"
            label="Schema name"
            value={name}
            onInput={setName}
            problems={problemsAt(SPAN.name)}
            help="The kind of step, such as llm:chat."
          />
          <Choice legend="Status" values={SPAN_STATUSES} value={status} onChange={setStatus} />
          <Field id="span-parent" label="Under">
            <select class="select" id="span-parent" value={under} onChange={(event) => setUnder(event.currentTarget.value)}>
              <option value="">The instance</option>
              {parents.map(({ id, word }) => (
                <option key={id} value={id}>
                  {word}
                </option>
              ))}
            </select>
          </Field>
          <Input id="span-payload" label="Payload" isJson value={payload} onInput={setPayload} problems={problemsAt(SPAN.payload)} />
          <Input id="span-result" label="Result" optional isJson value={result} onInput={setResult} problems={problemsAt(SPAN.result)} />
        </>
      )}
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
      fields={["result_payload"]}
      onClose={onClose}
      onDone={onDone}
      request={() => {
        const returned = objectOf(result);
        if (returned === undefined) return { path: "result_payload", message: RESULT_MESSAGE };
        return {
          method: "POST",
          path: `/api/v1/agent_spans/${span.id}/finish`,
          body: { status, ...(returned !== null && { result_payload: returned }), idempotency_key: freshKey() },
        };
      }}
    >
      {(problemsAt) => (
        <>
          <Choice legend="It ended as" values={FINAL} value={status} onChange={setStatus} />
          <Input
            id="span-result"
            label="Result"
            optional
            isJson
            value={result}
            onInput={setResult}
            problems={problemsAt("result_payload")}
          />
        </>
      )}
    </SmallForm>
  );
}
