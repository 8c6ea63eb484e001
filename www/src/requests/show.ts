// How requests are shown, and which of them.
import type { LogRecord } from "./log.js";

const PFID = /[0-7][0-9a-hjkmnp-tv-z]{31}/g;

/** A path without what all have in common, ids cut to their ends: "/agent/…dr0xq/retire". */
export function shortPath(path: string): string {
  let shown = path.replace(/^\/api\/v1/, "");
  try {
    shown = decodeURI(shown);
  } catch {
    // Shown as it was sent.
  }
  return shown.replace(PFID, (id) => `…${id.slice(-5)}`);
}

export type Outcome = "waiting" | "2xx" | "4xx" | "5xx" | "none";

/** What became of a request. */
export function outcomeOf({ answer, failure }: LogRecord): Outcome {
  if (answer === undefined) return failure === undefined ? "waiting" : "none";
  return answer.status < 400 ? "2xx" : answer.status < 500 ? "4xx" : "5xx";
}

export interface Filter {
  readonly text: string;
  readonly method: string;
  readonly outcome: string;
  readonly withReads: boolean;
}

/** The records that a filter lets through. */
export function filtered(records: readonly LogRecord[], { text, method, outcome, withReads }: Filter): readonly LogRecord[] {
  const sought = text.trim().toLowerCase();
  return records.filter((record) => {
    if (method !== "" && record.method !== method) return false;
    if (outcome !== "" && outcomeOf(record) !== outcome) return false;
    if (!withReads && record.method === "GET") return false;
    return (
      sought === "" ||
      [record.path, `#${record.number}`, requestIdOf(record), record.by, record.address ?? "in this page"].some((part) =>
        part?.toLowerCase().includes(sought),
      )
    );
  });
}

export const requestIdOf = ({ answer }: LogRecord): string | undefined => answer?.headers.find(([name]) => name === "x-request-id")?.[1];

/** The messages of an answer 422 by the path of the value in the sent body. */
export function problemsIn({ answer }: LogRecord): ReadonlyMap<string, string> {
  if (answer?.status !== 422 && answer?.status !== 409) return new Map();
  try {
    const { errors = {} } = JSON.parse(answer.body.text) as { readonly errors?: Readonly<Record<string, readonly string[]>> };
    return new Map(Object.entries(errors).map(([path, messages]) => [path, messages.join(" ")]));
  } catch {
    return new Map();
  }
}
