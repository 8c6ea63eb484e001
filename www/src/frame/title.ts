import { effect, signal } from "@preact/signals";

/** The title of the view: "Invoice reader: Agent". */
export const viewTitle = signal("");
/** What stands before it: "4 problems". */
export const titlePrefix = signal("");

effect(() => {
  const parts = [titlePrefix.value, viewTitle.value].filter((part) => part !== "");
  document.title = [parts.join(": "), "Agent Registrar"].filter((part) => part !== "").join(" · ");
});
