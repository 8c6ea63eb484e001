// Converts the bits of a verdict to issues. They are frozen, because results share them.
import { ISSUES, VALIDATION_MESSAGE } from "../generated/rules.js";
import type { Issue, Refused, ValidationErrors } from "./types.js";

type Problems = Pick<Refused, "issues" | "error">;

/**
 * PERF(validate): memoises the issues of each set of bits, because most forms are wrong in the same few ways. With it, 1 error
 * takes as long as no error.
 */
const issueCache = /* @__PURE__ */ new Map<number, Problems>();

/** Bounds the cache, so that hostile input cannot grow it. */
const MOST_CACHED = 1_000;

/** The issues of a set of bits, and the API's error body that goes with them. */
export function problems(bits: number): Problems {
  return issueCache.get(bits) ?? build(bits);
}

function build(bits: number): Problems {
  let issues: readonly Issue[] = [];
  const errors = new Map<string, string[]>();
  for (const [bit, [dotted, reason, message, limit]] of ISSUES.entries()) {
    // There are too many bits for bitwise operators.
    if (Math.floor(bits / 2 ** bit) % 2 === 0) continue;
    const path = Object.freeze(dotted.split(".")) as unknown as Issue["path"];
    const code = reason === "missing" ? "required_value" : "invalid_value";
    const params = limit !== undefined && { params: Object.freeze({ limit }) };
    issues = [...issues, Object.freeze({ path, code, reason, message, ...params })];
    errors.set(dotted, [...(errors.get(dotted) ?? []), message]);
  }
  errors.forEach(Object.freeze);
  const error: ValidationErrors = {
    status: "error",
    code: "validation_errors",
    message: VALIDATION_MESSAGE,
    errors: Object.freeze(Object.fromEntries(errors)) as unknown as ValidationErrors["errors"],
  };
  const built: Problems = { issues: Object.freeze(issues) as Refused["issues"], error: Object.freeze(error) };
  if (issueCache.size >= MOST_CACHED) issueCache.clear();
  issueCache.set(bits, built);
  return built;
}
