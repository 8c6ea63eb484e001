/** Says that a caller's value is not what it has to be. */
export function fail(field: string, rule: string): never {
  throw new TypeError(`${field} ${rule}`);
}

/** Whole Unix milliseconds of a Date (of any realm) or a number. */
export function millis(field: string, value: unknown, rule = "must be a Date or Unix milliseconds"): number {
  let time = NaN;
  try {
    time = typeof value === "number" ? value : Date.prototype.getTime.call(value);
  } catch {
    // No Date.
  }
  return Number.isFinite(time) ? Math.floor(time) : fail(field, rule);
}

const RULE = "must be an RFC 3339 text, a Date or Unix milliseconds, of the years 0000 to 9999";

/** A time in both forms that are needed: microseconds since the Unix epoch, and as the API writes it. */
export type Instant = readonly [micros: bigint, text: string];

/**
 * Reads a caller's time by the core's rule (src/model/timestamp.rs): RFC 3339 with any offset and up to nine digits
 * after the point, of which six count; a leap second is the last microsecond before it. Here and not in the core, for
 * engines have a calendar and every page would have to fetch another one.
 */
export function instant(field: string, value: unknown): Instant {
  let seconds: number;
  let fraction: string;
  if (typeof value === "string") {
    const [, date, time = "", digits = "", sign, hours = 0, minutes = 0] =
      /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/.exec(value) ?? [];
    const before = time.replace(/:60$/, ":59");
    const plain = date + "T" + before;
    fraction = before === time ? digits.padEnd(6, "0").slice(0, 6) : "999999";
    seconds = Date.parse(plain + "Z") / 1000;
    // Engines take 30 February for 2 March, and hour 24 for the next day.
    if (iso(seconds).slice(0, 19) !== plain) seconds = NaN;
    seconds -= Number(sign + "60") * (Number(hours) * 60 + Number(minutes)) || 0;
  } else {
    const ms = millis(field, value, RULE);
    seconds = Math.floor(ms / 1000);
    fraction = String(ms - seconds * 1000).padStart(3, "0") + "000";
  }
  const text = iso(seconds);
  // Other years have a sign and six digits.
  if (text.length !== 24) fail(field, RULE);
  return [BigInt(seconds) * BigInt(1_000_000) + BigInt(fraction), text.slice(0, 20) + fraction + "Z"];
}

function iso(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString();
}
