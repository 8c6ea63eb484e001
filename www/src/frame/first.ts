// The form that index.html has as markup: its fields take text before the scripts are there, and nothing of it is lost.

import type { ViewModule } from "../router.js";

/** The texts of controls, by their ids, and the id of the control that has the focus. */
export interface Typed {
  readonly texts: ReadonlyMap<string, string>;
  readonly focused: string | undefined;
}

/** After so many milliseconds without the code of its view the form goes, so that the other views can be reached. */
const PATIENCE = 5_000;

let kept: Typed | undefined;

/** Gives a view what was typed, once. */
export function handTyped(view: ViewModule | undefined): void {
  if (kept === undefined || view?.adopt === undefined) return;
  view.adopt(kept);
  kept = undefined;
}

/**
 * Draws the page over the markup of index.html. Where that is the form, it stays until the code of its view is there, which gets the
 * texts that were typed meanwhile. Preact goes on with the elements, so focus, selection and the composition of an input method stay.
 */
export async function takeOver(view: Promise<ViewModule | undefined>, draw: (app: Element) => void): Promise<void> {
  // The script may run before the rest of index.html is there.
  if (document.readyState === "loading") await new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve));
  const app = document.getElementById("app");
  if (app === null) return;
  const form = app.querySelector<HTMLElement>(".first:target");
  if (form === null) app.querySelector(".first")?.remove();
  else {
    const module = await Promise.race([view, new Promise<undefined>((resolve) => setTimeout(resolve, PATIENCE))]);
    const controls = [...form.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("input, textarea")];
    kept = { texts: new Map(controls.map(({ id, value }) => [id, value])), focused: document.activeElement?.id };
    // If its code is not there yet, the view gets the texts later.
    handTyped(module);
    app.querySelector(".first-rows")?.remove();
  }
  removeSpace(app);
  draw(app);
}

/** Removes comments, and the white space between elements: Preact would move the elements around it, and the focus would be lost. */
function removeSpace(app: Element): void {
  const nodes = document.createTreeWalker(app, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_COMMENT);
  const found: ChildNode[] = [];
  while (nodes.nextNode()) {
    const node = nodes.currentNode as Text | Comment;
    if (node.nodeType === Node.COMMENT_NODE || node.data.trim() === "") found.push(node);
  }
  for (const node of found) node.remove();
}
