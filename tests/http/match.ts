import type { Json } from "./row.ts";

export type Names = Record<string, Json>;

const kinds: Record<string, (value: unknown) => boolean> = {
  $PFID: (value) => typeof value === "string" && /^[0-7][0-9abcdefghjkmnpqrstvwxyz]{31}$/.test(value),
  $TIMESTAMP: (value) =>
    typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(value) && !Number.isNaN(Date.parse(value)),
  $HOUR: (value) => typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:00:00\.000000Z$/.test(value),
  $TOKEN: (value) => typeof value === "string" && /^registrar(_[0-9abcdefghjkmnpqrstvwxyz]+){3}$/.test(value) && value.length === 57,
  $TEXT: (value) => typeof value === "string" && value !== "",
  $INTEGER: (value) => Number.isInteger(value),
  $ANY: () => true,
};

/** Puts the named values into a text. */
export function fillText(text: string, names: Names): string {
  return text.replace(/\$([a-zA-Z]\w*)/g, (whole, name: string) => {
    if (whole in kinds) return whole;
    const value = names[name];
    if (value === undefined) throw new Error(`the row uses ${whole} before it has a value`);
    return String(value);
  });
}

/** Puts the named values into every text of a value. */
export function fill(value: Json, names: Names): Json {
  if (typeof value === "string") {
    const saved = /^\$[a-z]\w*$/.test(value) ? names[value.slice(1)] : undefined;
    return saved ?? fillText(value, names);
  }
  if (Array.isArray(value)) return value.map((item: Json) => fill(item, names));
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [fillText(key, names), fill(item, names)]));
  }
  return value;
}

/** Where `found` is not what a filled pattern says: one sentence for each place, none when all is well. */
export function differences(pattern: Json, found: unknown, at = "the body"): string[] {
  if (typeof pattern === "string" && pattern in kinds) {
    return kinds[pattern]?.(found) === true ? [] : [`${at} is ${show(found)}, not ${pattern}`];
  }
  if (Array.isArray(pattern)) {
    if (!Array.isArray(found)) return [`${at} is ${show(found)}, not a list`];
    if (found.length !== pattern.length) return [`${at} has ${found.length} items, not ${pattern.length}: ${show(found)}`];
    return pattern.flatMap((item: Json, index) => differences(item, found[index], `${at}[${index}]`));
  }
  if (pattern !== null && typeof pattern === "object") {
    if (found === null || typeof found !== "object" || Array.isArray(found)) return [`${at} is ${show(found)}, not an object`];
    const open = "..." in pattern;
    const wanted = Object.keys(pattern).filter((key) => key !== "...");
    const there = Object.keys(found).filter((key) => !open || wanted.includes(key));
    if (open ? wanted.some((key) => !there.includes(key)) : wanted.join("\n") !== there.join("\n")) {
      return [`${at} has the keys ${Object.keys(found).join(", ")}, not ${wanted.join(", ")}${open ? ", …" : ""}`];
    }
    const values = new Map<string, unknown>(Object.entries(found));
    return wanted.flatMap((key) => differences((pattern as Record<string, Json>)[key] ?? null, values.get(key), `${at}.${key}`));
  }
  return Object.is(pattern, found) ? [] : [`${at} is ${show(found)}, not ${show(pattern)}`];
}

/** The value at a dotted path: `details.id`, `summaries.0.id`. */
export function at(value: unknown, path: string): Json | undefined {
  let here: unknown = value;
  for (const key of path.split(".")) {
    if (here === null || typeof here !== "object" || !Object.hasOwn(here, key)) return undefined;
    here = (here as Record<string, unknown>)[key];
  }
  return here as Json;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
