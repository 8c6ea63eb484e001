import type { JSX } from "preact";
import { Button } from "../parts/button.js";
import { Dialog } from "../parts/dialog.js";
import { setSingleKeys, shortcutsOpen, singleKeys } from "./keys.js";

const SHORTCUTS: readonly (readonly [keys: readonly string[], does: string])[] = [
  [["?"], "This list"],
  [["/"], "Search or filter"],
  [["n"], "Create an agent"],
  [["g", "then", "a", "r", "e", "t", "c"], "Agents, Requests, Explorer, Traffic, Connection"],
  [["j", "k"], "Next or previous row"],
  [["Enter", "o"], "Open the row"],
  [["[", "]"], "Previous or next page"],
  [["e", "c", "r", "i"], "Edit, copy ID, retire, reinstate"],
  [["Ctrl", "Enter"], "Send the form"],
  [["Esc"], "Close, or leave the field"],
];

/** The list of shortcuts. */
export function Shortcuts(): JSX.Element | null {
  if (!shortcutsOpen.value) return null;
  const close = (): void => {
    shortcutsOpen.value = false;
  };
  return (
    <Dialog title="Shortcuts" onClose={close}>
      <dl class="shortcuts">
        {SHORTCUTS.map(([keys, does]) => (
          <div key={does}>
            <dt>{keys.map((key) => (key === "then" ? <span key={key}>then</span> : <kbd key={key}>{key}</kbd>))}</dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input type="checkbox" checked={singleKeys.value} onChange={(event) => setSingleKeys(event.currentTarget.checked)} />
        Single-key shortcuts
      </label>
      <div class="dialog-buttons">
        <Button onClick={close} autofocus>
          Close
        </Button>
      </div>
    </Dialog>
  );
}
