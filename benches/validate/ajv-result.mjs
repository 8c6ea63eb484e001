import { dropped, normalised } from "./rules.mjs";

/** A contender from an ajv validation function. */
export function fromAjv(name, check) {
  return {
    name,
    package: "ajv",
    note: "ajv only checks: a few lines by hand trim, and drop unknown keys and nulls",
    validate(input) {
      return check(input)
        ? { ok: true, value: normalised(input), ignored: dropped(input) }
        : { ok: false, issues: check.errors, ignored: dropped(input) };
    },
    paths(issue) {
      const path = issue.instancePath.split("/").slice(1);
      return [issue.keyword === "required" ? [...path, issue.params.missingProperty] : path];
    },
  };
}
