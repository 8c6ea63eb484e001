import { TIME_LENGTH, TIME_LIMIT } from "../generated/rules.js";
import { millisOf } from "../values/values.js";
import { agentCore, asciiLeft, putAscii } from "./agent-core.js";

/** Throws the `TypeError` for an invalid argument. */
export function fail(field: string, rule: string, cause?: unknown): never {
  throw new TypeError(`${field} ${rule}`, cause === undefined ? cause : { cause });
}

/** Whole Unix milliseconds of a Date (of any realm), a number, or a safe bigint, as database drivers give. */
export function millis(field: string, value: unknown, rule = "must be a Date or Unix milliseconds"): number {
  const time = millisOf(value);
  return Number.isFinite(time) ? Math.floor(time) : fail(field, rule);
}

const RULE = "must be an RFC 3339 text, a Date or Unix milliseconds, of the years 0000 to 9999";

/** The core's value for "no time". */
export const NO_TIME = BigInt("-9223372036854775808");

/** Beyond the year 9999, and its microseconds still fit in 64 bits. */
const MOST_MILLIS = 8.64e15;

/** A time as microseconds since the Unix epoch, and as the API writes it. */
export type Instant = readonly [micros: bigint, text: string];

/** Parses a caller's time by the rule in src/model/timestamp.rs. */
export function instant(field: string, value: unknown): Instant {
  const { core } = agentCore();
  let micros = NO_TIME;
  if (typeof value === "string") {
    if (value.length <= TIME_LIMIT && putAscii(value)) micros = core.read_timestamp(value.length);
  } else {
    const ms = millis(field, value, RULE);
    if (Math.abs(ms) <= MOST_MILLIS) {
      const given = BigInt(ms) * BigInt(1000);
      if (core.write_timestamp(given)) micros = given;
    }
  }
  return micros === NO_TIME ? fail(field, RULE) : [micros, asciiLeft(TIME_LENGTH)];
}
