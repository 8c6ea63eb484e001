import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useId, useRef, useState } from "preact/hooks";
import { age, exactTime } from "./words.js";
import "./age.css";

/** Now, to the second and to the minute. Two signals, so that a row that is hours old is not drawn each second. */
export const seconds = signal(Date.now());
export const minutes = signal(Date.now());

setInterval(() => {
  const now = Date.now();
  seconds.value = now;
  if (now - minutes.peek() >= 60_000) minutes.value = now;
}, 1000);

/** Whether an exact time shows, and where. */
interface Shown {
  readonly top: number;
  readonly right: number;
}

/** "3 h ago". The exact time shows on hover, focus and tap. */
export function Age({ time, suffix = " ago" }: { readonly time: string; readonly suffix?: string }): JSX.Element {
  const at = Date.parse(time);
  const isFresh = Date.now() - at < 60_000;
  const now = Math.max(isFresh ? seconds.value : minutes.value, Date.now() - 60_000);
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const [shown, setShown] = useState<Shown | undefined>(undefined);
  const show = (): void => {
    const box = button.current?.getBoundingClientRect();
    if (box !== undefined) setShown({ top: box.bottom + 4, right: Math.max(8, document.documentElement.clientWidth - box.right) });
  };
  const hide = (): void => setShown(undefined);
  return (
    <span class="age-box">
      <button
        ref={button}
        type="button"
        class="age num"
        aria-describedby={shown === undefined ? undefined : id}
        onPointerEnter={show}
        onPointerLeave={hide}
        onFocus={show}
        onBlur={hide}
        onClick={show}
        onKeyDown={(event) => {
          if (event.key === "Escape") hide();
        }}
      >
        {age(now - at)}
        {suffix}
      </button>
      {shown !== undefined && (
        <span class="exact" role="tooltip" id={id} style={{ top: `${shown.top}px`, right: `${shown.right}px` }}>
          {exactTime(time)}
        </span>
      )}
    </span>
  );
}
