// Messages after an action: one polite region.
import { signal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Button } from "./button.js";
import { Icon } from "./icons.js";
import "./messages.css";

export interface Message {
  readonly id: number;
  readonly kind: "done" | "copied" | "bad";
  readonly title?: ComponentChildren;
  readonly text: ComponentChildren;
  readonly action?: { readonly label: string; readonly run: () => void };
  /** The id of what it tells of. A later message about the same takes its place, because its action is out of date. */
  readonly about?: string;
  /** When it was told, in milliseconds of the page. */
  readonly at: number;
}

const STAYS = 8_000;
const MOST = 3;

const shown = signal<readonly Message[]>([]);
let lastId = 0;

/** Shows a message. It goes after 8 s; one with an action, and an error, stays until it is dismissed or the view changes. */
export function tell(message: Omit<Message, "id" | "at">): () => void {
  const id = ++lastId;
  const dismiss = (): void => {
    shown.value = shown.value.filter((other) => other.id !== id);
  };
  const others = shown.value.filter(({ about }) => about === undefined || about !== message.about);
  shown.value = [...others.slice(-(MOST - 1)), { ...message, id, at: performance.now() }];
  if (message.action === undefined && message.kind !== "bad") setTimeout(dismiss, STAYS);
  return dismiss;
}

/** What tells of the step that leads to the next view, as a delete does, stays in that view. */
const IS_OF_THIS_STEP = 500;

/** Removes the messages that belong to the view that is left. */
export function clearMessages(): void {
  const since = performance.now() - IS_OF_THIS_STEP;
  if (shown.peek().some(({ at }) => at < since)) shown.value = shown.peek().filter(({ at }) => at >= since);
}

/** Copies a text, and says so. If the browser refuses, says that. */
export async function copyText(text: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    tell({ kind: "copied", text: done });
  } catch {
    tell({ kind: "bad", title: "Not copied", text: "The browser does not allow it here. Select the text and copy it with your keyboard." });
  }
}

export function Messages(): JSX.Element {
  return (
    <section class="messages" aria-label="Messages">
      <div aria-live="polite" class="messages-list">
        {shown.value.map((message) => (
          <Shown key={message.id} message={message} />
        ))}
      </div>
    </section>
  );
}

function Shown({ message }: { readonly message: Message }): JSX.Element {
  const element = useRef<HTMLDivElement>(null);
  const before = useRef<Element | null>(null);
  useEffect(() => {
    before.current = document.activeElement;
  }, []);
  const dismiss = (): void => {
    const held = element.current?.contains(document.activeElement) === true;
    shown.value = shown.value.filter((other) => other.id !== message.id);
    if (held && before.current instanceof HTMLElement && before.current.isConnected) before.current.focus();
    else if (held) document.querySelector<HTMLElement>("h1")?.focus();
  };
  return (
    <div ref={element} class={`message is-${message.kind}`}>
      <Icon name={message.kind === "bad" ? "bad" : message.kind === "copied" ? "copy" : "check"} />
      <div class="message-text">
        {message.title !== undefined && <strong>{message.title}</strong>}
        <span>{message.text}</span>
      </div>
      {message.action !== undefined && (
        <Button
          onClick={() => {
            const { action } = message;
            dismiss();
            action?.run();
          }}
        >
          {message.action.label}
        </Button>
      )}
      <Button kind="quiet" icon="delete" label="Dismiss" class="message-close" onClick={dismiss} />
    </div>
  );
}
