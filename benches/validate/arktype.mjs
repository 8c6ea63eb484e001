import { ArkErrors, type } from "arktype";
import * as r from "./rules.mjs";

const { MESSAGES: m } = r;
const pfid = type(r.PFID);

/** A text type with further rules, each with its message; arktype asks one predicate, which tells them all. */
const text = (...rules) =>
  type("string").narrow((value, context) => {
    for (const [holds, message] of rules) if (!holds(value)) context.error({ message });
    return true;
  });

const name = text([r.isWellFormed, m.notWellFormed], [r.isNotBlank, m.blank], [r.fitsName, m.nameLength], [r.hasNoControl, m.control]);
const description = text([r.isWellFormed, m.notWellFormed], [r.fitsDescription, m.descriptionLength], [r.hasOnlyLayoutControl, m.control]);

const check = type({
  details: type({
    name: type("string").pipe(r.trim, name),
    environment_id: pfid,
    "description?": description.or("null"),
    "id?": pfid.or("null"),
    "+": "delete",
  }).narrow((details, context) => r.isHome(details) || context.error({ message: m.foreign, path: [...context.path, "id"] })),
  "idempotency_key?": type(r.KEY).or("null"),
  "+": "delete",
});

export default {
  name: "arktype",
  package: "arktype",
  validate(input) {
    const result = check(input);
    return result instanceof ArkErrors
      ? { ok: false, issues: result, ignored: r.dropped(input) }
      : { ok: true, value: r.withoutNulls(result), ignored: r.dropped(input) };
  },
  paths: (issue) => [issue.path],
};
