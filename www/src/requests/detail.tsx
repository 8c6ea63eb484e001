import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { connection, currentTarget, send } from "../connection/client.js";
import { Button } from "../parts/button.js";
import { ask } from "../parts/dialog.js";
import { Foreign } from "../parts/foreign.js";
import { Icon } from "../parts/icons.js";
import { Json, type Mark } from "../parts/json.js";
import { MenuButton, type MenuItem } from "../parts/menu.js";
import { copyText } from "../parts/messages.js";
import { bytes, duration } from "../parts/words.js";
import { href, navigate, withQuery } from "../router.js";
import { AnswerBadge } from "./badge.js";
import { type CopyForm, copyAs, typeOf, USUAL_ADDRESS } from "./copy.js";
import { endOf, type Headers, type LoggedText, type LogRecord } from "./log.js";
import { problemsIn } from "./show.js";

const INCLUDES = "agent-registrar.copies-token";
let includes = readIncludes();

function readIncludes(): boolean {
  try {
    return sessionStorage.getItem(INCLUDES) === "yes";
  } catch {
    return false;
  }
}

/** Whether copies include the token: remembered for this tab. */
function setIncludes(value: boolean): void {
  includes = value;
  try {
    sessionStorage.setItem(INCLUDES, value ? "yes" : "no");
  } catch {
    // Remembered until the page is closed.
  }
}

const FORMS: readonly { readonly form: CopyForm; readonly label: string; readonly hint: string; readonly done: string }[] = [
  { form: "curl", label: "As curl", hint: "POSIX shell", done: "Copied as curl" },
  { form: "fetch", label: "As fetch", hint: "JavaScript", done: "Copied as fetch" },
  { form: "core", label: "As @prefactor/core", hint: "TypeScript", done: "Copied as @prefactor/core" },
  { form: "request", label: "Request body", hint: "JSON", done: "Request body copied" },
  { form: "answer", label: "Answer body", hint: "JSON", done: "Answer body copied" },
  { form: "link", label: "Link to this request", hint: "", done: "Link copied" },
];

/** The items of a copy menu. */
export function copyItems(record: LogRecord, changed: () => void): readonly MenuItem[] {
  const token = tokenOf(record);
  const isCut = record.body?.isCut === true;
  const items = FORMS.map(({ form, label, hint, done }): MenuItem => {
    const isCode = form === "curl" || form === "fetch" || form === "core";
    const missing = (form === "request" && record.body === undefined) || (form === "answer" && record.answer === undefined);
    const rests = missing ? "there is none" : isCode && isCut ? "the body was cut" : undefined;
    return {
      label,
      hint: <span class="menu-reason">{hint}</span>,
      rests,
      run: () => {
        const context = { token: includes ? token : undefined, page: location.href.replace(/#.*/, "") };
        const server = record.address === undefined ? `, for a server at ${new URL(USUAL_ADDRESS).host}` : "";
        const about = isCode ? `${server}, ${context.token === undefined ? "without" : "with"} the token` : "";
        void copyText(copyAs(form, record, context), `${done}${about}.`);
      },
    };
  });
  return [
    ...items,
    {
      label: includes ? "Leave the token out" : "Include the token",
      apart: true,
      hint: <span class="menu-reason">{includes ? "now in the code" : "now $TOKEN"}</span>,
      rests: token === undefined ? "not known any more" : undefined,
      run: () => {
        setIncludes(!includes);
        changed();
      },
    },
  ];
}

/** The token that a request carried, if it is still the connection's. */
function tokenOf(record: LogRecord): string | undefined {
  const target = currentTarget();
  if (target === undefined || target.place === "page" || target.address !== record.address) return undefined;
  const sent = record.headers.find(([name]) => name === "authorization")?.[1];
  return sent?.endsWith(endOf(target.token)) === true && target.token !== "" ? target.token : undefined;
}

export async function sendAgain(record: LogRecord): Promise<void> {
  const { place, address } = connection.peek();
  const here = place === "page" ? undefined : address;
  if (record.address !== here) {
    const name = (origin: string | undefined): string => (origin === undefined ? "the service in this page" : new URL(origin).host);
    const yes = await ask({
      title: "Send it to another server?",
      body: `It went to ${name(record.address)}. It would now go to ${name(here)}.`,
      no: "Don’t send",
      yes: `Send to ${name(here)}`,
    });
    if (!yes) return;
  }
  const { logId } = await send(record.method, record.path, record.body?.text, { by: "you, again", mediaType: typeOf(record) });
  if (logId !== 0) navigate(href(`/requests/${logId}`));
}

/** Where a request can be edited: the form that makes agents, or the explorer. */
function editAddress({ number, method, path }: LogRecord): string {
  return method === "POST" && path === "/api/v1/agent" ? href("/agents/new", { from: number }) : href("/explorer", { from: number });
}

/** One request and its answer. */
export function Detail({ record }: { readonly record: LogRecord }): JSX.Element {
  const [, redraw] = useState(0);
  const heading = useRef<HTMLHeadingElement>(null);
  // On narrow screens the row that was opened is hidden: the focus goes on here. Beside its list, it stays there.
  useEffect(() => {
    const frame = setTimeout(() => {
      const active = document.activeElement;
      if (active === document.body || (active instanceof HTMLElement && active.offsetParent === null)) heading.current?.focus();
    }, 50);
    return () => clearTimeout(frame);
  }, []);
  const { answer, failure, body } = record;
  const rests =
    body?.isCut === true
      ? "Its body was cut in the log."
      : connection.value.state === "answering"
        ? undefined
        : "The service is not answering.";
  const isReplayed = answer?.headers.some(([name, value]) => name === "idempotency-replayed" && value === "true");
  const time = new Date(record.startedAt).toISOString();
  return (
    <article class="request" aria-label={`Request ${record.number}`}>
      <a class="back" href={withQuery({}).replace(/^#[^?]*/, "#/requests")}>
        <Icon name="left" />
        Requests
      </a>
      <div class="request-head">
        <h2 ref={heading} tabIndex={-1}>
          <code>{record.method}</code>{" "}
          <code class="request-path">
            <Foreign text={record.path} />
          </code>
        </h2>
        <AnswerBadge record={record} />
        {isReplayed && <span class="badge">Replayed</span>}
        <span class="request-actions">
          <Button icon="refresh" rests={rests} onClick={() => void sendAgain(record)}>
            Send again
          </Button>
          <Button icon="edit" rests={body?.isCut === true ? rests : undefined} onClick={() => navigate(editAddress(record))}>
            Edit and send
          </Button>
          <MenuButton label="Copy" icon="copy" class="button" items={copyItems(record, () => redraw((n) => n + 1))}>
            <Icon name="copy" />
            <span>Copy</span>
          </MenuButton>
        </span>
        <p class="soft small request-facts">
          Request {record.number} · {time.slice(11, 23)} UTC
          {answer !== undefined && ` · answered in ${duration(answer.milliseconds)}`} · {bytes(body?.bytes ?? 0)} sent
          {answer !== undefined && `, ${bytes(answer.body.bytes)} received`} · by {record.by} ·{" "}
          {record.address === undefined ? "in this page" : record.address}
        </p>
      </div>
      <h3>Request</h3>
      <Fields headers={record.headers} token={tokenOf(record)} />
      {body === undefined ? <p class="soft">No body.</p> : <Body text={body} label="Body of the request" problems={problemsIn(record)} />}
      <h3>Answer</h3>
      {answer !== undefined && (
        <>
          <Fields headers={answer.headers} token={undefined} />
          {answer.body.bytes === 0 ? <p class="soft">No body.</p> : <Body text={answer.body} label="Body of the answer" problems={NONE} />}
        </>
      )}
      {failure !== undefined && (
        <div class="note is-bad">
          <Icon name="bad" />
          <p>
            <strong>No answer.</strong> {failure}
          </p>
        </div>
      )}
      {answer === undefined && failure === undefined && <p class="soft">Waiting for it.</p>}
    </article>
  );
}

const NONE: ReadonlyMap<string, string> = new Map();

function Fields({ headers, token }: { readonly headers: Headers; readonly token: string | undefined }): JSX.Element {
  const [isShown, setShown] = useState(false);
  return (
    <dl class="headers">
      {headers.map(([name, value]) => (
        <div key={`${name} ${value}`}>
          <dt>
            <code>{name}</code>
          </dt>
          <dd>
            <code>{name === "authorization" && isShown && token !== undefined ? `Bearer ${token}` : <Foreign text={value} />}</code>
            {name === "authorization" && token !== undefined && (
              <Button icon="eye" pressed={isShown} onClick={() => setShown(!isShown)}>
                {isShown ? "Hide token" : "Show token"}
              </Button>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Body({
  text,
  label,
  problems,
}: {
  readonly text: LoggedText;
  readonly label: string;
  readonly problems: ReadonlyMap<string, string>;
}): JSX.Element {
  const value = useMemo(() => parsed(text), [text]);
  const marks = useMemo(() => new Map([...problems].map(([path, note]): [string, Mark] => [path, { kind: "bad", note }])), [problems]);
  return (
    <>
      {text.isCut && (
        <div class="note is-warn">
          <Icon name="warn" />
          <p>The first 64 KB of {bytes(text.bytes)}. The rest is not in the log.</p>
        </div>
      )}
      {value === undefined ? (
        <pre class="code" tabIndex={0} aria-label={label}>
          <Foreign text={text.text.slice(0, 20_000)} />
        </pre>
      ) : (
        <Json value={value.json} label={label} marks={marks} />
      )}
    </>
  );
}

function parsed({ text, isCut }: LoggedText): { readonly json: unknown } | undefined {
  if (isCut) return undefined;
  try {
    return { json: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}
