/** Words and numbers as the page writes them. */
const count = new Intl.NumberFormat("en");

/** A number with separators. */
export const number = (value: number): string => count.format(value);

/** "1 problem", "2 problems". */
export const counted = (value: number, one: string, many = `${one}s`): string => `${number(value)} ${value === 1 ? one : many}`;

const parts = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: "UTC" } as const;
const stamp = new Intl.DateTimeFormat("en-GB", parts);
const stampWithYear = new Intl.DateTimeFormat("en-GB", { ...parts, year: "numeric" });

/** An exact time: "22 Nov, 20:40:00 UTC"; with its year, if that is not the present one. */
export const exactTime = (time: string | number): string => {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return String(time);
  return `${(date.getUTCFullYear() === new Date().getUTCFullYear() ? stamp : stampWithYear).format(date)} UTC`;
};

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: "UTC" });

/** A time of day: "20:38:12". */
export const clockTime = (time: string | number): string => clock.format(new Date(time));

const UNITS = [
  [86_400_000 * 365.25, "year"],
  [86_400_000 * 30.44, "month"],
  [86_400_000 * 7, "week"],
  [86_400_000, "day"],
  [3_600_000, "h"],
  [60_000, "min"],
] as const;

/** How long ago: "12 s", "2 min", "3 h", "6 days". */
export function age(milliseconds: number): string {
  for (const [length, unit] of UNITS) {
    if (milliseconds < length) continue;
    const value = Math.floor(milliseconds / length);
    return unit === "h" || unit === "min" ? `${value} ${unit}` : counted(value, unit);
  }
  return `${Math.max(0, Math.floor(milliseconds / 1000))} s`;
}

/** A length of time: "640 ms", "8.42 s", "3 min 12 s". */
export function duration(milliseconds: number): string {
  if (milliseconds < 1) return `${milliseconds < 0.095 ? 0 : milliseconds.toFixed(1)} ms`;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(2)} s`;
  const seconds = Math.floor(milliseconds / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A size in bytes: "184 B", "1.4 MB". */
export function bytes(size: number): string {
  if (size < 1000) return `${size} B`;
  return size < 1_000_000 ? `${(size / 1000).toFixed(1)} KB` : `${(size / 1_000_000).toFixed(1)} MB`;
}
