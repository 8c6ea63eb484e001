import type { ComponentChildren, JSX } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { Icon, type IconName } from "./icons.js";

export interface ButtonProps {
  readonly kind?: "main" | "plain" | "danger" | "quiet";
  readonly icon?: IconName;
  readonly children?: ComponentChildren;
  readonly onClick?: (event: MouseEvent) => void;
  /** Why the action rests. The button stays in place and keeps the focus. */
  readonly rests?: string | undefined;
  readonly type?: "button" | "submit";
  /** The accessible name, where the content is not enough. */
  readonly label?: string;
  readonly title?: string;
  readonly class?: string;
  readonly id?: string;
  readonly expanded?: boolean;
  readonly pressed?: boolean;
  readonly controls?: string;
  readonly hasPopup?: "menu" | "dialog" | "true";
  readonly autofocus?: boolean;
}

/** Pixels between a reason and the edge of the window. */
const LEAST_MARGIN = 8;

/** Moves the reason that stands under a button into the window. */
function keepReasonInside(box: HTMLElement): void {
  const reason = box.querySelector<HTMLElement>(".reason");
  if (reason === null) return;
  reason.style.translate = "";
  const { left, right } = reason.getBoundingClientRect();
  const outside = Math.max(LEAST_MARGIN - left, 0) || Math.min(document.documentElement.clientWidth - LEAST_MARGIN - right, 0);
  reason.style.translate = `${outside}px`;
}

/** A button. One whose action rests is not `disabled`, because a disabled button loses the focus. */
export function Button(props: ButtonProps): JSX.Element {
  const { kind = "plain", icon, children, rests, type = "button" } = props;
  const reason = useId();
  const box = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    // The action came to rest under the pointer.
    if (rests !== undefined && box.current?.matches(":hover, :focus-within") === true) keepReasonInside(box.current);
  }, [rests]);
  return (
    <span
      ref={box}
      class="button-box"
      onPointerEnter={(event) => keepReasonInside(event.currentTarget)}
      onFocusIn={(event) => keepReasonInside(event.currentTarget)}
    >
      <button
        type={type}
        id={props.id}
        class={`button is-${kind}${children === undefined ? " icon-only" : ""}${props.class === undefined ? "" : ` ${props.class}`}`}
        aria-label={props.label}
        aria-disabled={rests === undefined ? undefined : "true"}
        aria-describedby={rests === undefined || rests === "" ? undefined : reason}
        aria-expanded={props.expanded}
        aria-pressed={props.pressed}
        aria-controls={props.controls}
        aria-haspopup={props.hasPopup}
        autofocus={props.autofocus}
        onClick={(event) => {
          if (rests === undefined) props.onClick?.(event);
          else event.preventDefault();
        }}
      >
        {icon !== undefined && <Icon name={icon} />}
        {children !== undefined && <span>{children}</span>}
      </button>
      {rests !== undefined && rests !== "" && (
        <span class="reason" role="tooltip" id={reason}>
          {rests}
        </span>
      )}
    </span>
  );
}

/** A link that looks like a button. */
export function LinkButton({
  href,
  icon,
  kind = "plain",
  children,
}: {
  readonly href: string;
  readonly icon?: IconName;
  readonly kind?: "main" | "plain" | "quiet";
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <a class={`button is-${kind}`} href={href}>
      {icon !== undefined && <Icon name={icon} />}
      <span>{children}</span>
    </a>
  );
}
