// Keyboard shortcuts. Single keys work outside fields only, and can be turned off.
import { signal } from "@preact/signals";
import { href, navigate } from "../router.js";

const STORED = "agent-registrar.single-keys";

function stored(): boolean {
  try {
    return localStorage.getItem(STORED) !== "off";
  } catch {
    return true;
  }
}

/** Whether single keys do anything. */
export const singleKeys = signal(stored());

export function setSingleKeys(on: boolean): void {
  singleKeys.value = on;
  try {
    localStorage.setItem(STORED, on ? "on" : "off");
  } catch {
    // Without storage the choice holds until the page is closed.
  }
}

/** Whether the list of shortcuts is open. */
export const shortcutsOpen = signal(false);

type Action = (event: KeyboardEvent) => void;
const actions: { readonly key: string; readonly run: Action }[] = [];

/** Adds actions of a view by key. Returns what removes them. A later view wins. */
export function onKeys(keys: Readonly<Record<string, Action>>): () => void {
  const added = Object.entries(keys).map(([key, run]) => ({ key, run }));
  actions.push(...added);
  return () => {
    for (const one of added) actions.splice(actions.indexOf(one), 1);
  };
}

const PLACES: Readonly<Record<string, string>> = { a: "/agents", r: "/requests", e: "/explorer", t: "/traffic", c: "/connection" };
const WAITS = 1_500;
/** When `g` was pressed, in milliseconds since the page opened. */
let went = Number.NEGATIVE_INFINITY;

function isField(element: Element | null): boolean {
  return (
    element instanceof HTMLTextAreaElement ||
    element instanceof HTMLSelectElement ||
    (element instanceof HTMLInputElement && !["checkbox", "radio", "range", "button"].includes(element.type)) ||
    (element instanceof HTMLElement && element.isContentEditable)
  );
}

/** The rows of the view that `j` and `k` go through. */
function moveRow(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>("main [data-row]")].filter((row) => row.offsetParent !== null);
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[at < 0 ? (step === 1 ? 0 : rows.length - 1) : at + step];
  const target = next?.matches("a,button,[tabindex]") ? next : next?.querySelector<HTMLElement>("a,button,[tabindex]");
  target?.focus();
}

function openRow(): void {
  const row = document.activeElement?.closest<HTMLElement>("[data-row]");
  (row?.matches("a") ? row : row?.querySelector<HTMLElement>("a"))?.click();
}

function pressed(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const active = document.activeElement;
  if (event.key === "Escape") {
    if (isField(active) && active instanceof HTMLElement && document.querySelector("dialog[open]") === null) active.blur();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (!singleKeys.peek() || isField(active) || document.querySelector("dialog[open], [role=menu]") !== null) return;
  const key = event.key;
  if (performance.now() - went < WAITS && PLACES[key] !== undefined) {
    went = Number.NEGATIVE_INFINITY;
    event.preventDefault();
    navigate(href(PLACES[key]));
    return;
  }
  const action = actions.findLast((one) => one.key === key);
  if (action !== undefined) {
    event.preventDefault();
    action.run(event);
    return;
  }
  const common: Readonly<Record<string, () => void>> = {
    "?": () => {
      shortcutsOpen.value = true;
    },
    "/": () => document.querySelector<HTMLElement>("main [type=search]")?.focus(),
    n: () => navigate(href("/agents/new")),
    g: () => {
      went = performance.now();
    },
    j: () => moveRow(1),
    k: () => moveRow(-1),
    o: openRow,
  };
  const run = Object.hasOwn(common, key) ? common[key] : undefined;
  if (run === undefined) return;
  event.preventDefault();
  run();
}

export function startKeys(): void {
  document.addEventListener("keydown", pressed);
}
