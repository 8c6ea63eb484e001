import { signal } from "@preact/signals";
import type { Place } from "../router.js";

/** What stands beside a place in the navigation: a number, or a word about what runs there. */
export const badges = signal<Readonly<Partial<Record<Place, string>>>>({});

export function setBadge(place: Place, text: string | undefined): void {
  const { [place]: before, ...others } = badges.peek();
  if (before !== text) badges.value = text === undefined ? others : { ...others, [place]: text };
}
