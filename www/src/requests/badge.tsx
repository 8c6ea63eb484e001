import type { JSX } from "preact";
import { Icon } from "../parts/icons.js";
import { Shape } from "../parts/shape.js";
import type { LogRecord } from "./log.js";
import { outcomeOf } from "./show.js";

/** The answer of a request as a badge: a shape and a word, the colour only repeats them. */
export function AnswerBadge({ record }: { readonly record: LogRecord }): JSX.Element {
  const outcome = outcomeOf(record);
  if (outcome === "waiting") {
    return (
      <span class="badge">
        <Shape of="pending" /> waiting
      </span>
    );
  }
  if (outcome === "none") return <span class="badge is-bad">no answer</span>;
  const kind = outcome === "2xx" ? "good" : outcome === "4xx" ? "warn" : "bad";
  const words = { good: "done", warn: "refused", bad: "failed" } as const;
  return (
    <span class={`badge is-${kind}`}>
      <Icon name={kind === "good" ? "check" : kind} size={14} />
      <span class="sr">{words[kind]} </span>
      {record.answer?.status}
    </span>
  );
}
