/** Passes an answer to its receiver, whose exception must not affect the others. */
export function deliver(give: () => void): void {
  try {
    give();
  } catch (cause) {
    queueMicrotask(() => {
      throw cause;
    });
  }
}
