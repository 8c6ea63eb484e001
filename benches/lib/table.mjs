/** A Markdown table; the first column is text, the others are numbers. */
export function table(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, at) => (at === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

/** A number with three significant digits at most, and thousands apart. */
export function number(value) {
  if (value >= 100) return Math.round(value).toLocaleString("en-US");
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** Nanoseconds in a suitable unit. */
export function duration(nanoseconds) {
  if (nanoseconds < 10_000) return `${number(nanoseconds)} ns`;
  if (nanoseconds < 10_000_000) return `${number(nanoseconds / 1e3)} \u00b5s`;
  return nanoseconds < 10_000_000_000 ? `${number(nanoseconds / 1e6)} ms` : `${number(nanoseconds / 1e9)} s`;
}

export const ratio = (value) => `${value >= 10 ? Math.round(value) : value.toFixed(2)}\u00d7`;
