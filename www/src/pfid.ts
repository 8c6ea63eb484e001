import { el, formatNumber } from "./dom.js";

/** The positions in a PFID where the partition and the randomness begin. */
const PARTITION_AT = 10;
const RANDOM_AT = 16;

/** An id with one element for each of its parts: time, partition, randomness. */
export function pfidNodes(id: string): HTMLElement {
  return el(
    "code",
    { class: "pfid" },
    el("span", { class: "pfid-time" }, id.slice(0, PARTITION_AT)),
    el("span", { class: "pfid-partition" }, id.slice(PARTITION_AT, RANDOM_AT)),
    el("span", { class: "pfid-random" }, id.slice(RANDOM_AT)),
  );
}

/** The partition and the time of an id, as a sentence. */
export function describePfid(parts: { timestamp: number; partition: number }): string {
  return `Partition ${formatNumber(parts.partition)}, created ${formatTime(parts.timestamp)}.`;
}

const date = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" });

/** A date and time. The 48 bits of milliseconds of a PFID never exceed the range of `Date`. */
export function formatTime(time: number): string {
  return `${date.format(time)} UTC`;
}

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const units = [
  ["year", 31_557_600_000],
  ["month", 2_629_800_000],
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
] as const;

/** A time relative to now: "3 minutes ago". */
export function formatAge(time: number, now: number): string {
  const distance = time - now;
  for (const [unit, length] of units) {
    if (Math.abs(distance) >= length) return relative.format(Math.trunc(distance / length), unit);
  }
  return "just now";
}
