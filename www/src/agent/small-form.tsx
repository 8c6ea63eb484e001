// A dialog with a form that sends one request, and its fields.
import type { ComponentChildren, JSX, TargetedEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { type Answer, call, type Method } from "../connection/client.js";
import { type Problem, problemsOf } from "../create/check.js";
import { messageOf, restsByConnection, succeeded } from "../data/resource.js";
import { Button } from "../parts/button.js";
import { Dialog } from "../parts/dialog.js";
import { describedBy, Field } from "../parts/field.js";
import { hiddenIn } from "../parts/foreign.js";
import { Icon } from "../parts/icons.js";
import { Shape, shapeOf } from "../parts/shape.js";

/** A request to send. */
export interface Sent {
  readonly method: Method;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The messages about the value at a dotted path of the body. */
type ProblemsAt = (path: string) => readonly string[];

/** A dialog whose form sends one request. */
export function SmallForm({
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
export function Input({ id, label, value, onInput, help, optional = false, problems, isJson = false }: InputProps): JSX.Element {
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

/** One of a few statuses. */
export function Choice<T extends string>({
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
