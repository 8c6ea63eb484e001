import * as z from "zod";
import * as r from "./rules.mjs";
import { fromZod } from "./zod-result.mjs";

const { MESSAGES: m } = r;
const pfid = z.string().regex(r.PFID, m.pfid);

const schema = z.object({
  details: z
    .object({
      name: z
        .string()
        .refine(r.isWellFormed, m.notWellFormed)
        .overwrite(r.trim)
        .refine(r.isNotBlank, m.blank)
        .refine(r.fitsName, m.nameLength)
        .refine(r.hasNoControl, m.control),
      environment_id: pfid,
      description: z
        .string()
        .refine(r.isWellFormed, m.notWellFormed)
        .refine(r.fitsDescription, m.descriptionLength)
        .refine(r.hasOnlyLayoutControl, m.control)
        .nullish(),
      id: pfid.nullish(),
    })
    .refine(r.isHome, { error: m.foreign, path: ["id"], when: ({ value }) => r.isRecord(value) }),
  idempotency_key: z.string().regex(r.KEY, m.key).nullish(),
});

export default fromZod("zod 4", (input) => schema.safeParse(input));
