let released: Promise<void> | null = null;
let release: (() => void) | null = null;

document.addEventListener(
  "pointerdown",
  ({ button }) => {
    // Whoever opens a context menu may release the pointer in it, out of our sight.
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
      // The click, which follows this event, comes first.
      if (done !== null) setTimeout(done);
    },
    true,
  );
}

/**
 * Waits while a pointer is down. What changes between press and release moves or replaces the button under the pointer,
 * and the click is lost.
 */
export async function pointerReleased(): Promise<void> {
  await released;
}
