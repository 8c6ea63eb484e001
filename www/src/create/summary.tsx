import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Button } from "../parts/button.js";
import { Icon } from "../parts/icons.js";
import { counted } from "../parts/words.js";
import { messageOf } from "../data/resource.js";
import { withQuery } from "../router.js";
import type { Answer } from "../connection/client.js";

export interface SummaryItem {
  readonly key: string;
  readonly text: ComponentChildren;
  /** Goes to the place of the problem. */
  readonly go?: () => void;
  readonly isFixed: boolean;
}

/** What stood in the way of the last attempt: problems of fields, or an answer without a field. */
export interface Refusal {
  /** Changes with each attempt, which moves the focus here. */
  readonly attempt: number;
  readonly items: readonly SummaryItem[];
  /** The answer, where it names no field. */
  readonly answer?: Answer;
}

/** The title of a refusal. */
function titleOf({ items, answer }: Refusal): string {
  if (answer !== undefined) {
    if (answer.status === 0) return "Not sent. Your text is kept.";
    return "The agent was not created";
  }
  const open = items.filter(({ isFixed }) => !isFixed).length;
  return open === 0 ? "The problems are fixed" : `Fix ${counted(open, "problem")} to create the agent`;
}

/** Stands above the form after a refused attempt, with the focus. What is fixed stays in place, so that nothing moves while somebody types. */
export function Summary({ refusal, onSendAgain }: { readonly refusal: Refusal; readonly onSendAgain: () => void }): JSX.Element {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    element.current?.focus();
    element.current?.scrollIntoView?.({ block: "nearest" });
  }, [refusal.attempt]);
  const isDone = refusal.answer === undefined && refusal.items.every(({ isFixed }) => isFixed);
  return (
    <div ref={element} class={isDone ? "summary is-done" : "summary"} role="group" tabIndex={-1} aria-labelledby="summary-title">
      <h2 id="summary-title">{titleOf(refusal)}</h2>
      {refusal.answer !== undefined && (
        <>
          <p>
            {messageOf(refusal.answer)} <a href={`#/requests/${refusal.answer.logId}`}>Request {refusal.answer.logId}</a>
          </p>
          <Button icon="refresh" onClick={onSendAgain}>
            Send again
          </Button>
        </>
      )}
      {refusal.items.length > 0 && (
        <ul>
          {refusal.items.map(({ key, text, go, isFixed }) => (
            <li key={key} class={isFixed ? "is-fixed" : undefined}>
              {isFixed && <Icon name="check" size={14} />}
              {go === undefined ? (
                text
              ) : (
                <a
                  class="link"
                  href={withQuery({})}
                  onClick={(event) => {
                    event.preventDefault();
                    go();
                  }}
                >
                  {text}
                </a>
              )}
              {isFixed && <span class="sr"> (fixed)</span>}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
