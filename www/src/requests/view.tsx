import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { viewTitle } from "../frame/title.js";
import { seconds } from "../parts/age.js";
import { Button } from "../parts/button.js";
import { ask } from "../parts/dialog.js";
import { Foreign } from "../parts/foreign.js";
import { SearchBox } from "../parts/search.js";
import { Empty, GreyRows } from "../parts/states.js";
import { clockTime, counted, duration, number } from "../parts/words.js";
import { connection } from "../connection/client.js";
import { href, navigate, type Params, query, withQuery } from "../router.js";
import { AnswerBadge } from "./badge.js";
import { Detail } from "./detail.js";
import { clearLog, isLoaded, isRecording, type LogRecord, logVersion, recordOf, records, type Ring } from "./log.js";
import { filtered, type Outcome, shortPath } from "./show.js";
import "./requests.css";

const METHODS = ["GET", "POST", "PUT", "DELETE"];
const OUTCOMES: readonly (readonly [Outcome, string])[] = [
  ["2xx", "2xx, done"],
  ["4xx", "4xx, refused"],
  ["5xx", "5xx, failed"],
  ["none", "No answer"],
];
const RINGS: readonly (readonly [Ring, string])[] = [
  ["own", "All but Traffic"],
  ["traffic", "Traffic"],
  ["checks", "Connection checks"],
];

/** The present filter, from the address. */
function filter(): {
  readonly text: string;
  readonly method: string;
  readonly outcome: string;
  readonly withReads: boolean;
  readonly ring: Ring;
} {
  const values = query.value;
  const ring = RINGS.find(([name]) => name === values.get("from"))?.[0] ?? "own";
  return {
    text: values.get("q") ?? "",
    method: values.get("method") ?? "",
    outcome: values.get("answer") ?? "",
    withReads: values.get("reads") !== "0",
    ring,
  };
}

/** How long a request took, or takes. */
function Took({ record }: { readonly record: LogRecord }): JSX.Element {
  const text =
    record.answer !== undefined
      ? duration(record.answer.milliseconds)
      : record.failure === undefined
        ? duration(Math.max(0, seconds.value - record.startedAt))
        : "";
  return <span class="took num">{text}</span>;
}

/** The address of a request, with the filter that is on. */
const addressOf = (number: number): string => withQuery({}).replace(/^#[^?]*/, `#/requests/${number}`);

function Row({ record, isOpen }: { readonly record: LogRecord; readonly isOpen: boolean }): JSX.Element {
  const { place, address } = connection.value;
  const isForeign = record.address !== (place === "page" ? undefined : address);
  return (
    <li>
      <a
        class={isForeign ? "request-row is-foreign" : "request-row"}
        href={addressOf(record.number)}
        data-row={record.number}
        aria-current={isOpen ? "true" : undefined}
      >
        <time class="num" dateTime={new Date(record.startedAt).toISOString()}>
          {clockTime(record.startedAt)}
        </time>
        <code class="method">{record.method}</code>
        <code class="path cut">
          <Foreign text={shortPath(record.path)} />
          {isForeign && <span class="soft"> {record.address === undefined ? "in this page" : new URL(record.address).host}</span>}
        </code>
        <AnswerBadge record={record} />
        <Took record={record} />
      </a>
    </li>
  );
}

function Filters(): JSX.Element {
  const { text, method, outcome, withReads, ring } = filter();
  const set = (values: Readonly<Record<string, string | undefined>>): void => navigate(withQuery(values), { replace: true });
  return (
    <div class="request-filters">
      <SearchBox label="Path, ID or request ID" value={text} onInput={(q) => set({ q })} />
      <select class="select" aria-label="Method" value={method} onChange={(event) => set({ method: event.currentTarget.value })}>
        <option value="">Any method</option>
        {METHODS.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <select class="select" aria-label="Answer" value={outcome} onChange={(event) => set({ answer: event.currentTarget.value })}>
        <option value="">Any answer</option>
        {OUTCOMES.map(([value, word]) => (
          <option key={value} value={value}>
            {word}
          </option>
        ))}
      </select>
      <select
        class="select"
        aria-label="Sent by"
        value={ring}
        onChange={(event) => set({ from: event.currentTarget.value === "own" ? "" : event.currentTarget.value })}
      >
        {RINGS.map(([value, word]) => (
          <option key={value} value={value}>
            {word}
          </option>
        ))}
      </select>
      <label class="check">
        <input type="checkbox" checked={withReads} onChange={(event) => set({ reads: event.currentTarget.checked ? "" : "0" })} />
        Show reads
      </label>
      <p class="soft small grow">Kept in this browser: the last 500, without tokens</p>
    </div>
  );
}

async function clear(): Promise<void> {
  const count = records("own").length + records("traffic").length;
  const yes = await ask({
    title: "Clear the log?",
    body: `${counted(count, "request")} and their answers go from this browser. The service is not asked.`,
    no: "Keep them",
    yes: "Clear log",
    danger: true,
  });
  if (!yes) return;
  clearLog();
  navigate(href("/requests"), { replace: true });
}

/** The log of the page, and one request beside it. */
export default function Requests({ params }: { readonly params: Params }): JSX.Element {
  void logVersion.value;
  const open = params["number"] === undefined ? undefined : Number(params["number"]);
  const record = open === undefined ? undefined : recordOf(open);
  const now = filter();
  const all = records(now.ring);
  const shown = filtered(all, now);
  useEffect(() => {
    viewTitle.value = open === undefined ? "Requests" : `Request ${open}: Requests`;
  }, [open]);
  return (
    <div class={open === undefined ? "view requests" : "view requests has-open"}>
      <header class="view-head">
        <h1 tabIndex={-1}>Requests</h1>
        <span class="soft num">{number(all.length)}</span>
        <span class="grow" />
        <Button
          icon={isRecording.value ? "stop" : "start"}
          pressed={!isRecording.value}
          onClick={() => {
            isRecording.value = !isRecording.value;
          }}
        >
          {isRecording.value ? "Pause log" : "Go on"}
        </Button>
        <Button onClick={() => void clear()} rests={all.length === 0 ? "Nothing is in it." : undefined}>
          Clear log
        </Button>
      </header>
      <Filters />
      <div class="request-panes">
        <div class="request-list scrolls" data-scroll="requests">
          {shown.length > 0 ? (
            <ul aria-label="Requests, newest first">
              {shown.map((one) => (
                <Row key={one.number} record={one} isOpen={one.number === open} />
              ))}
            </ul>
          ) : all.length > 0 ? (
            <Empty
              title="No request matches"
              actions={
                <Button onClick={() => navigate(href("/requests", { from: now.ring === "own" ? "" : now.ring }), { replace: true })}>
                  Clear filters
                </Button>
              }
            >
              {counted(all.length, "request is", "requests are")} here without the filters.
            </Empty>
          ) : (
            <Empty title="Nothing sent yet">Every request of this page will be listed here.</Empty>
          )}
        </div>
        <div class="request-detail scrolls" data-scroll="request">
          {record !== undefined ? (
            <Detail key={record.number} record={record} />
          ) : !isLoaded.value ? (
            <GreyRows count={3} />
          ) : open === undefined ? (
            <p class="soft pick">Choose a request to see what was sent and answered.</p>
          ) : (
            <Empty title={`Request ${open} is not here any more`}>
              The log holds the last 500 requests of this browser. <a href={href("/requests")}>Go to Requests</a>
            </Empty>
          )}
        </div>
      </div>
    </div>
  );
}
