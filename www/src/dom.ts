/** The element of this id; the page's own HTML always has it. */
export function byId<E extends HTMLElement>(id: string, kind: { new (): E }): E {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
  return found;
}

interface Properties {
  class?: string;
  attributes?: Readonly<Record<string, string>>;
}

/** A new element. Strings become text nodes, never markup: what a stranger named an agent stays text. */
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

/** Sets the text only where it differs, so that live regions speak only when there is news. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Tells people who can't see the page what just happened. */
export function say(text: string): void {
  const region = byId("said", HTMLElement);
  // The same sentence twice is news too: emptied first, it is spoken again.
  region.textContent = "";
  setTimeout(() => {
    region.textContent = text;
  }, 50);
}

/** Copies a text; where the browser refuses, selects what shows it, for the person to copy by hand. */
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

/** Lets a button say for a moment that it has done its work. */
export function flash(button: HTMLButtonElement): void {
  button.dataset["done"] = "";
  setTimeout(() => {
    delete button.dataset["done"];
  }, 1500);
}

const count = new Intl.NumberFormat("en");

/** A number with thousands marked. */
export const formatNumber = (value: number): string => count.format(value);
