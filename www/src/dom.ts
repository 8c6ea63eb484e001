/** The element with an id. Throws if the page's HTML has none of this kind. */
export function byId<E extends HTMLElement>(id: string, kind: { new (): E }): E {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
  return found;
}

interface Properties {
  class?: string;
  attributes?: Readonly<Record<string, string>>;
}

/** Creates an element. Strings become text nodes, so the name of an agent is never parsed as markup. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (properties.class !== undefined) element.className = properties.class;
  for (const [name, value] of Object.entries(properties.attributes ?? {})) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Sets the text only if it differs, so that live regions announce changes only. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Announces a sentence to screen readers. */
export function say(text: string): void {
  const region = byId("said", HTMLElement);
  // The region is emptied first, so that the same sentence is announced again.
  region.textContent = "";
  setTimeout(() => {
    region.textContent = text;
  }, 50);
}

/** Copies a text. If the browser refuses, selects the element that shows it, to be copied by hand. Returns whether it was copied. */
export async function copy(text: string, what: string, shown: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    say(`Copied ${what}.`);
    return true;
  } catch {
    getSelection()?.selectAllChildren(shown);
    say(`Selected ${what}. Copy it with your keyboard.`);
    return false;
  }
}

/** Marks a button as done for a moment. */
export function flash(button: HTMLButtonElement): void {
  button.dataset["done"] = "";
  setTimeout(() => {
    delete button.dataset["done"];
  }, 1500);
}

const count = new Intl.NumberFormat("en");

/** A number with grouped thousands. */
export const formatNumber = (value: number): string => count.format(value);
