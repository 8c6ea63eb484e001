// The focus is never lost to the body: where the element that had it is taken away, the heading of the view gets it.

/** Focuses the heading of the view, unless a dialog is open. */
export function focusHeading(): void {
  if (document.querySelector("dialog[open]") === null) document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
}

/** Watches for the focused element to be taken away. Called once. */
export function keepFocus(): void {
  let last: EventTarget | null = null;
  document.addEventListener("focusin", (event) => {
    last = event.target;
  });
  const observer = new MutationObserver(() => {
    if (!(last instanceof Node) || last.isConnected || document.activeElement !== document.body) return;
    last = null;
    focusHeading();
  });
  observer.observe(document.body, { childList: true, subtree: true });
}
