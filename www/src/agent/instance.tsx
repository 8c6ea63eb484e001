// One instance: what can be done with it, its spans, and one of them.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Agent, AgentInstance, AgentSpan } from "../../../js/generated/wire.js";
import { call } from "../connection/client.js";
import { freshKey } from "../data/key.js";
import { messageOf, restsByConnection, succeeded } from "../data/resource.js";
import { seconds } from "../parts/age.js";
import { Button } from "../parts/button.js";
import { Foreign } from "../parts/foreign.js";
import { Json } from "../parts/json.js";
import { copyText, tell } from "../parts/messages.js";
import { Id } from "../parts/pfid.js";
import { shapeOf, Status } from "../parts/shape.js";
import { Empty, Failure, GreyRows, useWaiting } from "../parts/states.js";
import { counted, duration, exactTime, number } from "../parts/words.js";
import { navigate, query, withQuery } from "../router.js";
import { SPANS_PER_PAGE, useInstance, useSpans } from "./data.js";
import { FinishInstance, FinishSpan, NewSpan } from "./forms.js";
import { Spans, spanWord } from "./spans.js";
import { type Tree, treeOf } from "./tree.js";

/** How long an instance ran, or runs. */
export function ranFor(instance: AgentInstance, now: number): number | undefined {
  if (instance.started_at === null) return undefined;
  return (instance.finished_at === null ? now : Date.parse(instance.finished_at)) - Date.parse(instance.started_at);
}

const isRunning = (instance: AgentInstance): boolean => instance.status === "pending" || instance.status === "active";

function restOfStart(instance: AgentInstance): string | undefined {
  return restsByConnection() ?? (instance.status === "pending" ? undefined : "Only a pending instance can be started.");
}

function restOfFinish(instance: AgentInstance): string | undefined {
  return restsByConnection() ?? (isRunning(instance) ? undefined : "It is finished already.");
}

function restOfSpan(instance: AgentInstance): string | undefined {
  return restsByConnection() ?? (isRunning(instance) ? undefined : "Spans are accepted while the instance is pending or active.");
}

interface PaneProps {
  readonly agent: Agent;
  readonly id: string;
  readonly isNarrow: boolean;
  /** Something about the agent or its instances has changed. */
  readonly onChanged: () => void;
}

/** An open instance. While it runs, it is read again every few seconds. */
export function InstancePane({ agent, id, isNarrow, onChanged }: PaneProps): JSX.Element {
  const [pages, setPages] = useState(1);
  const [open, setOpen] = useState<"finish" | "span" | "finish-span" | undefined>(undefined);
  const resource = useInstance(agent.id, id);
  const spans = useSpans(agent.id, id, pages);
  const instance = resource.value;
  const running = instance !== undefined && isRunning(instance);
  // Draws the running bars each second.
  const now = running ? seconds.value : Date.now();
  const { rows: showGrey } = useWaiting(instance === undefined && resource.waiting);
  useEffect(() => setPages(1), [id]);
  const reloadAll = (): void => {
    resource.reload();
    spans.reload();
    onChanged();
  };
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => {
      if (document.visibilityState !== "visible") return;
      resource.reload();
      spans.reload();
    }, 5_000);
    return () => clearInterval(timer);
  }, [running, id, pages]);

  if (instance === undefined) {
    if (resource.failed !== undefined) {
      const gone = resource.failed.status === 404;
      return (
        <Failure
          title={gone ? "This instance is gone" : "The instance could not be loaded"}
          action={gone ? undefined : { label: "Try again", run: resource.reload }}
        >
          {messageOf(resource.failed)}
        </Failure>
      );
    }
    return <div aria-busy="true">{showGrey && <GreyRows count={6} />}</div>;
  }
  const folded = new Set((query.value.get("fold") ?? "").split(",").filter((one) => one !== ""));
  const tree = treeOf(spans.value?.rows ?? [], folded, now);
  const selected = query.value.get("span") ?? undefined;
  const span = spans.value?.rows.find((one) => one.id === selected);
  const start = async (): Promise<void> => {
    const answer = await call("POST", `/api/v1/agent_instance/${id}/start`, { idempotency_key: freshKey() }, { by: "you" });
    if (!succeeded(answer))
      tell({ kind: "bad", title: "Not started", text: `${messageOf(answer)}${answer.status === 0 ? "" : ` (${answer.status})`}` });
    reloadAll();
  };
  const fold = (ids: readonly string[]): void => navigate(withQuery({ fold: ids.join(",") }), { replace: true });
  const total = spans.value?.pagination.item_count ?? 0;
  const loaded = spans.value?.rows.length ?? 0;
  const ran = ranFor(instance, now);
  return (
    <section
      class="instance"
      aria-label="Instance"
      onKeyDown={(event) => {
        if (event.key === "Escape" && document.querySelector("dialog[open]") === null)
          document.querySelector<HTMLElement>(`[data-row="${id}"]`)?.focus();
      }}
    >
      <header class="instance-head">
        <Status of={shapeOf(instance.status)} word={instance.status} />
        <Id value={instance.id} copy={isNarrow} strong="random" />
        <span class="grow" />
        <span class="soft num instance-sum">
          {counted(total, "span")}
          {ran !== undefined && ` · ${duration(ran)}`}
        </span>
        <div class="instance-actions">
          <Button rests={restOfStart(instance)} onClick={() => void start()}>
            Start
          </Button>
          <Button rests={restOfFinish(instance)} onClick={() => setOpen("finish")}>
            Finish
          </Button>
          <Button icon="plus" label="Create a span" rests={restOfSpan(instance)} onClick={() => setOpen("span")}>
            Span
          </Button>
        </div>
      </header>
      <div class="instance-spans scrolls" data-scroll="spans">
        {spans.failed !== undefined && (
          <Failure title="The spans could not be loaded" action={{ label: "Try again", run: spans.reload }}>
            {messageOf(spans.failed)}
          </Failure>
        )}
        {spans.value !== undefined && tree.rows.length === 0 && (
          <Empty title="No spans">They are accepted while the instance is pending or active.</Empty>
        )}
        {tree.rows.length > 0 && (
          <Spans
            tree={tree}
            selected={selected}
            isNarrow={isNarrow}
            onSelect={(one) => navigate(withQuery({ span: one === selected ? "" : one }), { replace: true })}
            onFold={(one, isFolded) => fold(isFolded ? [...folded, one] : [...folded].filter((other) => other !== one))}
            onExpandAll={(ids) => fold([...folded].filter((other) => !ids.includes(other)))}
          />
        )}
        {loaded < total && (
          <div class="more">
            <Button onClick={() => setPages(pages + 1)}>
              Load {number(Math.min(SPANS_PER_PAGE, total - loaded))} more of {number(total)}
            </Button>
          </div>
        )}
      </div>
      {span !== undefined && <SpanPane span={span} tree={tree} instance={instance} now={now} onFinish={() => setOpen("finish-span")} />}
      {open === "finish" && <FinishInstance instance={instance} onClose={() => setOpen(undefined)} onDone={reloadAll} />}
      {open === "span" && (
        <NewSpan
          instance={id}
          parent={span?.id}
          parents={tree.rows.map((row) => ({ id: row.span.id, word: spanWord(row) }))}
          onClose={() => setOpen(undefined)}
          onDone={(made) => {
            reloadAll();
            navigate(withQuery({ span: made.id }), { replace: true });
          }}
        />
      )}
      {open === "finish-span" && span !== undefined && <FinishSpan span={span} onClose={() => setOpen(undefined)} onDone={reloadAll} />}
    </section>
  );
}

function SpanPane({
  span,
  tree,
  instance,
  now,
  onFinish,
}: {
  readonly span: AgentSpan;
  readonly tree: Tree;
  readonly instance: AgentInstance;
  readonly now: number;
  readonly onFinish: () => void;
}): JSX.Element {
  const [shown, setShown] = useState<"payload" | "result">(span.result_payload === null ? "payload" : "result");
  const row = tree.rows.find((one) => one.span.id === span.id);
  const parent = tree.rows.find((one) => one.span.id === span.parent_span_id)?.span;
  const took = row === undefined ? 0 : row.end - row.start;
  const whole = ranFor(instance, now) ?? tree.end - tree.start;
  const value = shown === "payload" ? span.payload : span.result_payload;
  const isOpen = span.finished_at === null;
  return (
    <section class="span-pane" aria-label="Span">
      <dl class="span-facts">
        <div>
          <dt>Span</dt>
          <dd>
            <Foreign text={span.schema_name} />
          </dd>
        </div>
        <div>
          <dt>Status</dt>
          <dd>
            <Status of={shapeOf(span.status)} word={span.status} />
            {isOpen && (
              <Button rests={restsByConnection()} onClick={onFinish}>
                Finish span
              </Button>
            )}
          </dd>
        </div>
        <div>
          <dt>Started</dt>
          <dd class="num">{exactTime(span.started_at)}</dd>
        </div>
        <div>
          <dt>Duration</dt>
          <dd class="num">
            {duration(took)}
            {whole > 0 && took <= whole && `, ${Math.round((100 * took) / whole)}% of the instance`}
          </dd>
        </div>
        {span.parent_span_id !== null && (
          <div>
            <dt>Parent</dt>
            <dd>
              {parent === undefined ? (
                <code>…{span.parent_span_id.slice(-12)}</code>
              ) : (
                <a href={withQuery({ span: parent.id })}>
                  <Foreign text={parent.schema_name} />
                </a>
              )}
            </dd>
          </div>
        )}
      </dl>
      <div class="span-json">
        <div class="span-json-head">
          <div class="segments" role="group" aria-label="What is shown">
            <button type="button" aria-pressed={shown === "payload"} onClick={() => setShown("payload")}>
              Payload
            </button>
            <button type="button" aria-pressed={shown === "result"} onClick={() => setShown("result")}>
              Result
            </button>
          </div>
          <Button kind="quiet" icon="copy" onClick={() => void copyText(JSON.stringify(value, null, 2), "Copied as JSON.")}>
            Copy JSON
          </Button>
        </div>
        <Json value={value} label={shown === "payload" ? "Payload" : "Result"} />
      </div>
    </section>
  );
}
