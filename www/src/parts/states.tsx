// What a view shows while it waits, when there is nothing, and when something failed.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Button } from "./button.js";
import { Icon } from "./icons.js";
import "./states.css";

/** How long something has been true, in the steps that the page shows: nothing, grey rows, a bar, a button. */
export function useWaiting(waiting: boolean): { readonly rows: boolean; readonly bar: boolean; readonly stop: boolean } {
  const [step, setStep] = useState(0);
  useEffect(() => {
    setStep(0);
    if (!waiting) return;
    const timers = [200, 500, 5000].map((delay, index) => setTimeout(() => setStep(index + 1), delay));
    return () => {
      for (const timer of timers) clearTimeout(timer);
    };
  }, [waiting]);
  return { rows: waiting && step >= 1, bar: waiting && step >= 2, stop: waiting && step >= 3 };
}

/** Progress under a header. Its space is always kept. */
export function Progress({ waiting, onStop }: { readonly waiting: boolean; readonly onStop?: (() => void) | undefined }): JSX.Element {
  const { bar, stop } = useWaiting(waiting);
  return (
    <div class={bar ? "progress is-on" : "progress"}>
      <div class="progress-bar" />
      <span class="progress-text" role="status">
        {bar && "Still waiting for the service"}
        {stop && onStop !== undefined && <Button onClick={onStop}>Stop</Button>}
      </span>
    </div>
  );
}

/** Grey rows at full height. */
export function GreyRows({ count }: { readonly count: number }): JSX.Element {
  return (
    <div class="grey-rows" aria-hidden="true">
      {Array.from({ length: count }, (_, index) => (
        <div class="grey-row" key={index}>
          <i />
          <i />
          <i />
          <i />
        </div>
      ))}
    </div>
  );
}

/** Nothing to show: what would be here, and the one next step. */
export function Empty({
  title,
  children,
  actions,
}: {
  readonly title: ComponentChildren;
  readonly children?: ComponentChildren;
  readonly actions?: ComponentChildren;
}): JSX.Element {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children !== undefined && <p class="soft">{children}</p>}
      {actions !== undefined && <div class="empty-actions">{actions}</div>}
    </div>
  );
}

/** Something failed: what, why, and one button. */
export function Failure({
  title,
  children,
  action,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
  readonly action?: { readonly label: string; readonly run: () => void } | undefined;
}): JSX.Element {
  return (
    <div class="note is-bad failure" role="group" aria-label={title}>
      <Icon name="bad" />
      <div>
        <h2>{title}</h2>
        {children !== undefined && <p>{children}</p>}
        {action !== undefined && (
          <Button icon="refresh" onClick={action.run}>
            {action.label}
          </Button>
        )}
      </div>
    </div>
  );
}
