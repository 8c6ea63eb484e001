// What the package's validator and the service say about a draft.
import { signal } from "@preact/signals";
import type { Answer } from "../connection/client.js";
import { property } from "../data/resource.js";

/** The part of the package that the page needs. */
export type Validator = typeof import("./validator.js");

/** The validator, once it is loaded. Without it the service checks alone. */
export const validator = signal<Validator | undefined>(undefined);

let asked: Promise<void> | undefined;

/** Loads the validator. */
export function loadValidator(): Promise<void> {
  asked ??= import("./validator.js")
    .then((module) => {
      // The first call loads the WebAssembly, or throws.
      module.validateCreateAgent({});
      validator.value = module;
    })
    .catch(() => undefined);
  return asked;
}

export interface Problem {
  /** Dotted path. */
  readonly path: string;
  readonly message: string;
  /** The validator's reason; the service gives none. */
  readonly reason?: string;
}

export interface Verdict {
  readonly problems: readonly Problem[];
  /** Dotted paths of keys that the API drops. */
  readonly ignored: readonly string[];
}

/** What the validator says about the body of a create. */
export function checkCreate(body: unknown): Verdict {
  const result = validator.value?.validateCreateAgent(body);
  if (result === undefined) return { problems: [], ignored: [] };
  return {
    problems: result.ok ? [] : result.issues.map(({ path, message, reason }) => ({ path: path.join("."), message, reason })),
    ignored: result.ignored,
  };
}

/** What the service said about fields. */
export function problemsOf(answer: Answer): readonly Problem[] {
  const { body } = answer;
  // These errors are about one field, but have no `errors`.
  const message = property(body, "message");
  if (property(body, "code") === "idempotency_key_already_used" && typeof message === "string")
    return [{ path: "idempotency_key", message }];
  const errors = property(body, "errors");
  if (typeof errors !== "object" || errors === null) return [];
  return Object.entries(errors).flatMap(([path, messages]: [string, unknown]) =>
    (Array.isArray(messages) ? messages : [messages]).map((one) => ({ path, message: String(one) })),
  );
}

const white = /\p{White_Space}/u;

/**
 * Trims Unicode's White_Space, as the validator does. `String.prototype.trim` differs: it removes U+FEFF and keeps U+0085.
 * Not a regular expression: one that is anchored at the end takes quadratic time on runs of spaces.
 */
export function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && white.test(text.charAt(start))) start++;
  while (end > start && white.test(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

/** Counts Unicode scalar values, as the limits do: an emoji is one, though JavaScript stores it as two units. */
export function scalarCount(text: string): number {
  let pairs = 0;
  for (let i = 1; i < text.length; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xdc00 && (text.charCodeAt(i - 1) & 0xfc00) === 0xd800) pairs++;
  }
  return text.length - pairs;
}
