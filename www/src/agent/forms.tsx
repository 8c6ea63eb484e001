// The small forms that register and finish instances, and create and finish spans.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { AgentInstance, AgentSpan } from "../../../js/generated/wire.js";
import { freshKey } from "../data/key.js";
import { describedBy, Field } from "../parts/field.js";
import { Choice, Input, SmallForm } from "./small-form.js";

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

function ResultField(props: Pick<Parameters<typeof Input>[0], "value" | "onInput" | "problems">): JSX.Element {
  return <Input {...props} id="span-result" label="Result" optional isJson help="A JSON object: what the step returned." />;
}

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
          <Field id="span-parent" label="Under" help="The span that it is a step of.">
            <select
              class="select"
              id="span-parent"
              aria-describedby={describedBy("span-parent")}
              value={under}
              onChange={(event) => setUnder(event.currentTarget.value)}
            >
              <option value="">The instance</option>
              {parents.map(({ id, word }) => (
                <option key={id} value={id}>
                  {word}
                </option>
              ))}
            </select>
          </Field>
          <Input
            id="span-payload"
            label="Payload"
            isJson
            value={payload}
            onInput={setPayload}
            problems={problemsAt(SPAN.payload)}
            help="A JSON object: what the step was given."
          />
          <ResultField value={result} onInput={setResult} problems={problemsAt(SPAN.result)} />
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
          <ResultField value={result} onInput={setResult} problems={problemsAt("result_payload")} />
        </>
      )}
    </SmallForm>
  );
}
