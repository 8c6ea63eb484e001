import * as z from "zod/mini";
import * as r from "./rules.mjs";
import { fromZod } from "./zod-result.mjs";

const { MESSAGES: m } = r;
const pfid = z.string().check(z.regex(r.PFID, m.pfid));

const schema = z.object({
  details: z
    .object({
      name: z
        .string()
        .check(
          z.refine(r.isWellFormed, m.notWellFormed),
          z.overwrite(r.trim),
          z.refine(r.isNotBlank, m.blank),
          z.refine(r.fitsName, m.nameLength),
          z.refine(r.hasNoControl, m.control),
        ),
      environment_id: pfid,
      description: z.nullish(
        z
          .string()
          .check(
            z.refine(r.isWellFormed, m.notWellFormed),
            z.refine(r.fitsDescription, m.descriptionLength),
            z.refine(r.hasOnlyLayoutControl, m.control),
          ),
      ),
      id: z.nullish(pfid),
    })
    .check(z.refine(r.isHome, { error: m.foreign, path: ["id"], when: ({ value }) => r.isRecord(value) })),
  idempotency_key: z.nullish(z.string().check(z.regex(r.KEY, m.key))),
});

export default fromZod("zod/mini", (input) => z.safeParse(schema, input));
