import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { type Answer, connection, send } from "../connection/client.js";
import { Button } from "../parts/button.js";
import { Icon } from "../parts/icons.js";
import { Json, type Mark } from "../parts/json.js";
import { MenuButton } from "../parts/menu.js";
import { duration } from "../parts/words.js";
import { AnswerBadge } from "../requests/badge.js";
import { copyItems } from "../requests/detail.js";
import { type LogRecord, logged, logVersion, recordOf } from "../requests/log.js";
import { problemsIn } from "../requests/show.js";
import { href } from "../router.js";
import { InputField } from "./input.js";
import { bodyOf, type Document, type Input, keyOf, type Operation, targetOf, type Values, valuesOf } from "./model.js";
import { Description } from "./description.js";

interface OperationFormProps {
  readonly document: Document;
  readonly operation: Operation;
  /** What a request of the log was sent with. */
  readonly given: { readonly values: Values; readonly text: string | undefined } | undefined;
}

/** What would be sent; or why it can't be. */
type Draft = { readonly path: string; readonly body: string | undefined } | { readonly problem: string; readonly key?: string };

const parsed = (text: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
};

function bodyText(operation: Operation, values: Values): string | undefined {
  const body = bodyOf(operation, values);
  return body === undefined ? undefined : JSON.stringify(body);
}

/** One operation: its fields, and what it answered. */
export function OperationForm({ document, operation, given }: OperationFormProps): JSX.Element {
  const [values, setValues] = useState<Values>(given?.values ?? {});
  const isOther = operation.mediaType !== "application/json";
  const [text, setText] = useState(given?.text ?? (isOther ? "" : "{}"));
  const [isJson, setJson] = useState(given?.text !== undefined || isOther);
  const [answer, setAnswer] = useState<Answer | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<{ readonly text: string; readonly key?: string } | undefined>(undefined);
  const { state, generation } = connection.value;
  const heading = useRef<HTMLHeadingElement>(null);
  // On narrow screens the link that was followed is hidden: the focus goes on here.
  useEffect(() => {
    const timer = setTimeout(() => {
      const active = window.document.activeElement;
      if (active === window.document.body || (active instanceof HTMLElement && active.offsetParent === null)) heading.current?.focus();
    }, 50);
    return () => clearTimeout(timer);
  }, []);
  void logVersion.value;
  const record = answer === undefined || answer.generation !== generation ? undefined : recordOf(answer.logId);
  const problems = record === undefined ? new Map<string, string>() : problemsIn(record);

  const draft = (): Draft => {
    const missing = operation.inputs.find((input) => input.place === "path" && (values[keyOf(input)] ?? "") === "");
    if (missing !== undefined) return { problem: `${missing.path} must not be blank.`, key: keyOf(missing) };
    const path = targetOf(operation, values);
    if (!operation.hasBody) return { path, body: undefined };
    if (isJson) return { path, body: text.trim() === "" ? undefined : text };
    try {
      return { path, body: bodyText(operation, values) };
    } catch {
      const wrong = operation.inputs.find((input) => input.kind === "json" && parsed(values[keyOf(input)] || "0") === undefined);
      return { problem: `${wrong?.path ?? "The body"} must be JSON.`, ...(wrong !== undefined && { key: keyOf(wrong) }) };
    }
  };
  const submit = async (): Promise<void> => {
    if (isBusy || state !== "answering") return;
    const made = draft();
    if ("problem" in made) {
      setProblem({ text: made.problem, ...(made.key !== undefined && { key: made.key }) });
      if (made.key !== undefined) window.document.getElementById(idOf(made.key))?.focus();
      return;
    }
    setProblem(undefined);
    setBusy(true);
    setAnswer(await send(operation.method, made.path, made.body, { by: "the explorer", mediaType: operation.mediaType }));
    setBusy(false);
  };
  const set = (input: Input, value: string): void => setValues({ ...values, [keyOf(input)]: value });
  const showJson = (): void => {
    try {
      setText(JSON.stringify(bodyOf(operation, values) ?? {}, null, 2));
      setJson(true);
    } catch {
      setProblem({ text: "A field is not JSON yet." });
    }
  };
  const showForm = (): void => {
    const found = parsed(text);
    if (found === undefined) return;
    const others = Object.fromEntries(Object.entries(values).filter(([key]) => !key.startsWith("body:")));
    setValues({ ...others, ...valuesOf(operation, found.value) });
    setJson(false);
  };
  const inputs = (place: Input["place"]): readonly Input[] => operation.inputs.filter((input) => input.place === place);
  const field = (input: Input): JSX.Element => (
    <InputField
      key={keyOf(input)}
      id={idOf(keyOf(input))}
      operation={operation}
      input={input}
      value={values[keyOf(input)] ?? ""}
      onChange={(value) => set(input, value)}
      problem={problem?.key === keyOf(input) ? problem.text : problems.get(input.path)}
    />
  );
  const isText = isJson ? parsed(text) : { value: undefined };
  return (
    <>
      <form
        class="operation scrolls"
        data-scroll="operation"
        aria-label={operation.title}
        noValidate
        autocomplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          void submit();
        }}
      >
        <a class="back" href={href("/explorer")}>
          <Icon name="left" />
          Explorer
        </a>
        <h2 ref={heading} tabIndex={-1}>
          {operation.title} <code class="badge">{operation.id}</code>
        </h2>
        <p class="operation-path">
          <code>
            {operation.method} {operation.path}
          </code>
        </p>
        <p class="soft">{operation.description}</p>
        {[...inputs("path"), ...inputs("query")].map(field)}
        {operation.hasBody && (
          <div class="body-head">
            <h3>Body</h3>
            {isOther ? (
              <code>{operation.mediaType}</code>
            ) : (
              <span class="segments" role="group" aria-label="Body as">
                <button
                  type="button"
                  aria-pressed={!isJson}
                  aria-disabled={isJson && isText === undefined ? "true" : undefined}
                  onClick={showForm}
                >
                  Form
                </button>
                <button type="button" aria-pressed={isJson} onClick={showJson}>
                  JSON
                </button>
              </span>
            )}
          </div>
        )}
        {operation.hasBody && isJson && (
          <div class="field">
            <textarea
              class="textarea mono"
              rows={10}
              spellcheck={false}
              aria-label={isOther ? "Body" : "Body as JSON"}
              aria-describedby="explorer-json-help"
              value={text}
              onInput={(event) => setText(event.currentTarget.value)}
            />
            <p class="field-help" id="explorer-json-help">
              {isText === undefined && !isOther ? "This is not JSON yet. It can be sent all the same." : "Sent as it stands here."}
            </p>
          </div>
        )}
        {operation.hasBody && !isJson && inputs("body").map(field)}
        {problem !== undefined && problem.key === undefined && <p class="note is-bad">{problem.text}</p>}
        <div class="operation-actions">
          <Button kind="main" type="submit" icon="start" rests={state === "answering" ? undefined : "The service is not answering."}>
            {isBusy ? "Sending…" : "Send"}
          </Button>
          <CopyDraft operation={operation} draft={draft} />
          <span class="keys" aria-hidden="true">
            <kbd>Ctrl</kbd> <kbd>Enter</kbd>
          </span>
        </div>
        <div class="operation-answer" aria-live="polite">
          {answer !== undefined && answer.generation === generation && <ShownAnswer answer={answer} record={record} />}
        </div>
      </form>
      <Description document={document} operation={operation} />
    </>
  );
}

const idOf = (key: string): string => `explorer-${key.replace(/[^a-z0-9_]/gi, "-")}`;

function ShownAnswer({ answer, record }: { readonly answer: Answer; readonly record: LogRecord | undefined }): JSX.Element {
  return (
    <>
      <h3>
        Answer {record !== undefined && <AnswerBadge record={record} />} <span class="soft num">{duration(answer.milliseconds)}</span>
        {answer.logId !== 0 && (
          <a class="grow" href={href(`/requests/${answer.logId}`)}>
            Request {answer.logId}
          </a>
        )}
      </h3>
      {answer.status === 0 ? (
        <p class="note is-bad">{answer.cause}</p>
      ) : (
        <Json value={answer.body ?? null} label="Body of the answer" marks={NO_MARKS} />
      )}
    </>
  );
}

const NO_MARKS: ReadonlyMap<string, Mark> = new Map();

/** Copies what would be sent now. */
function CopyDraft({ operation, draft }: { readonly operation: Operation; readonly draft: () => Draft }): JSX.Element {
  const [, redraw] = useState(0);
  const { place, address, generation } = connection.value;
  const made = draft();
  const path = "problem" in made ? operation.path : made.path;
  const body = "problem" in made ? undefined : made.body;
  const record: LogRecord = {
    number: 0,
    ring: "own",
    by: "the explorer",
    address: place === "page" ? undefined : address,
    generation,
    method: operation.method,
    path,
    headers: body === undefined ? [] : [["content-type", operation.mediaType]],
    body: body === undefined ? undefined : logged(body),
    startedAt: 0,
  };
  const items = copyItems(record, () => redraw((n) => n + 1)).filter(
    ({ label }) => !["Answer body", "Link to this request"].includes(label),
  );
  return (
    <MenuButton label="Copy" class="button" items={items}>
      <Icon name="copy" />
      <span>Copy</span>
    </MenuButton>
  );
}
