import * as v from "valibot";
import * as r from "./rules.mjs";

const { MESSAGES: m } = r;
const pfid = v.pipe(v.string(), v.regex(r.PFID, m.pfid));

const schema = v.object({
  details: v.pipe(
    v.object({
      name: v.pipe(
        v.string(),
        v.transform(r.trim),
        v.check(r.isWellFormed, m.notWellFormed),
        v.check(r.isNotBlank, m.blank),
        v.check(r.fitsName, m.nameLength),
        v.check(r.hasNoControl, m.control),
      ),
      environment_id: pfid,
      description: v.nullish(
        v.pipe(
          v.string(),
          v.check(r.isWellFormed, m.notWellFormed),
          v.check(r.fitsDescription, m.descriptionLength),
          v.check(r.hasOnlyLayoutControl, m.control),
        ),
      ),
      id: v.nullish(pfid),
    }),
    v.forward(v.partialCheck([["id"], ["environment_id"]], r.isHome, m.foreign), ["id"]),
  ),
  idempotency_key: v.nullish(v.pipe(v.string(), v.regex(r.KEY, m.key))),
});

export default {
  name: "valibot",
  package: "valibot",
  validate(input) {
    const result = v.safeParse(schema, input);
    return result.success
      ? { ok: true, value: r.withoutNulls(result.output), ignored: r.dropped(input) }
      : { ok: false, issues: result.issues, ignored: r.dropped(input) };
  },
  paths: (issue) => [issue.path.map((item) => item.key)],
};
