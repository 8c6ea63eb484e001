import { el, formatNumber } from "./dom.js";

/** Where an id's time ends and its partition, then where the partition ends and its randomness. */
const PARTITION_AT = 10;
const RANDOM_AT = 16;

/** An id with its three parts told apart: time, partition, randomness. */
export function pfidNodes(id: string): HTMLElement {
  return el(
    "code",
    { class: "pfid" },
    el("span", { class: "pfid-time" }, id.slice(0, PARTITION_AT)),
    el("span", { class: "pfid-partition" }, id.slice(PARTITION_AT, RANDOM_AT)),
    el("span", { class: "pfid-random" }, id.slice(RANDOM_AT)),
  );
}

/** What an id says about itself. */
export function describePfid(parts: { timestamp: number; partition: number }): string {
  return `Partition ${formatNumber(parts.partition)}, made ${formatTime(parts.timestamp)}.`;
}

const date = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" });

/** A point of time in full. Forty-eight bits of milliseconds always fit a date. */
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

/** A point of time as people say it: "3 minutes ago". */
export function formatAge(time: number, now: number): string {
  const distance = time - now;
  for (const [unit, length] of units) {
    if (Math.abs(distance) >= length) return relative.format(Math.trunc(distance / length), unit);
  }
  return "just now";
}
