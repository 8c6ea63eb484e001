import { signal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Button } from "./button.js";
import "./dialog.css";

/** A modal dialog. It opens when it is rendered, and gives the focus back when it closes. */
export function Dialog({
  title,
  children,
  onClose,
  canEscape = true,
}: {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly onClose: () => void;
  /** Whether Esc closes it. */
  readonly canEscape?: boolean;
}): JSX.Element {
  const element = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const before = document.activeElement;
    const dialog = element.current;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected && document.activeElement === document.body) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      class="dialog"
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        if (canEscape) onClose();
      }}
    >
      <h2 id={heading}>{title}</h2>
      {children}
    </dialog>
  );
}

interface Question {
  readonly title: string;
  readonly body: ComponentChildren;
  readonly yes: string;
  readonly no: string;
  /** Whether the answer destroys something. */
  readonly danger?: boolean;
}

const asked = signal<{ readonly question: Question; readonly answer: (yes: boolean) => void } | undefined>(undefined);

/** Asks a question. The focus starts on the safe button. */
export function ask(question: Question): Promise<boolean> {
  asked.peek()?.answer(false);
  return new Promise((resolve) => {
    asked.value = {
      question,
      answer: (yes) => {
        asked.value = undefined;
        resolve(yes);
      },
    };
  });
}

/** The place of questions in the frame. */
export function Questions(): JSX.Element | null {
  const now = asked.value;
  if (now === undefined) return null;
  const { question, answer } = now;
  return (
    <Dialog title={question.title} onClose={() => answer(false)}>
      <div class="dialog-body">{question.body}</div>
      <div class="dialog-buttons">
        <Button autofocus onClick={() => answer(false)}>
          {question.no}
        </Button>
        <Button kind={question.danger === true ? "danger" : "main"} onClick={() => answer(true)}>
          {question.yes}
        </Button>
      </div>
    </Dialog>
  );
}
