import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { Settings } from "typebox/system";
import * as r from "./rules.mjs";

const { MESSAGES: m } = r;
Settings.Set({ maxErrors: 100 });

const pfid = Type.String({ pattern: r.PFID.source });

/** A text type with further rules, each with its message. */
const text = (...rules) => rules.reduce((type, [holds, message]) => Type.Refine(type, holds, () => message), Type.String());

const check = Compile(
  Type.Object({
    details: Type.Refine(
      Type.Object({
        name: text(
          [r.isWellFormed, m.notWellFormed],
          [(name) => r.isNotBlank(r.trim(name)), m.blank],
          [(name) => r.fitsName(r.trim(name)), m.nameLength],
          [(name) => r.hasNoControl(r.trim(name)), m.control],
        ),
        environment_id: pfid,
        description: Type.Optional(
          Type.Union([
            text([r.isWellFormed, m.notWellFormed], [r.fitsDescription, m.descriptionLength], [r.hasOnlyLayoutControl, m.control]),
            Type.Null(),
          ]),
        ),
        id: Type.Optional(Type.Union([pfid, Type.Null()])),
      }),
      r.isHome,
      () => m.foreign,
    ),
    idempotency_key: Type.Optional(Type.Union([Type.String({ pattern: r.KEY.source }), Type.Null()])),
  }),
);

export default {
  name: "typebox",
  package: "typebox",
  note: "TypeBox only checks: a few lines by hand trim, and drop unknown keys and nulls; `foreign_partition` stands on `details`",
  validate(input) {
    return check.Check(input)
      ? { ok: true, value: r.normalised(input), ignored: r.dropped(input) }
      : { ok: false, issues: check.Errors(input), ignored: r.dropped(input) };
  },
  paths(issue) {
    if (issue.message === m.foreign) return [["details", "id"]];
    const path = issue.instancePath.split("/").slice(1);
    return issue.keyword === "required" ? issue.params.requiredProperties.map((key) => [...path, key]) : [path];
  },
};
