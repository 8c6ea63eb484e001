let released: Promise<void> | null = null;
let release: (() => void) | null = null;

document.addEventListener(
  "pointerdown",
  ({ button }) => {
    // The pointer may be released over the context menu, where the page gets no event.
    if (button !== 0) return;
    released ??= new Promise((resolve) => (release = resolve));
  },
  true,
);
for (const kind of ["pointerup", "pointercancel"] as const) {
  document.addEventListener(
    kind,
    () => {
      const done = release;
      released = release = null;
      // Resolves after the click event, which follows this one.
      if (done !== null) setTimeout(done);
    },
    true,
  );
}

/**
 * Waits until no pointer is down. A change of the page between press and release could move or replace the button under
 * the pointer, and the browser would send no click.
 */
export async function pointerReleased(): Promise<void> {
  await released;
}
