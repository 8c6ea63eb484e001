import { signal } from "@preact/signals";
import type { Place } from "../router.js";

/** What stands beside a place in the navigation: a number, or a word about what runs there. */
export const badges = signal<Readonly<Partial<Record<Place, number | string>>>>({});

export function setBadge(place: Place, content: number | string | undefined): void {
  const { [place]: before, ...others } = badges.peek();
  if (before !== content) badges.value = content === undefined ? others : { ...others, [place]: content };
}

/** Follows what this page added to the things of a place or took away, if their number is known. */
export function addToBadge(place: Place, change: number): void {
  const before = badges.peek()[place];
  if (typeof before === "number") setBadge(place, before + change);
}
