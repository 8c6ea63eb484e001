import { dropped, withoutNulls } from "./rules.mjs";

/** A contender from `zod` or `zod/mini`. */
export function fromZod(name, safeParse) {
  return {
    name,
    package: "zod",
    validate(input) {
      const result = safeParse(input);
      return result.success
        ? { ok: true, value: withoutNulls(result.data), ignored: dropped(input) }
        : { ok: false, issues: result.error.issues, ignored: dropped(input) };
    },
    paths: (issue) => [issue.path],
  };
}
