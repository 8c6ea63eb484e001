import { _ } from "ajv";
import { formats } from "./formats.mjs";
import * as r from "./rules.mjs";

const pfid = { type: "string", pattern: r.PFID.source };
const all = (...names) => names.map((format) => ({ format }));

export const schema = {
  type: "object",
  required: ["details"],
  properties: {
    details: {
      type: "object",
      required: ["name", "environment_id"],
      properties: {
        name: { type: "string", allOf: all("well-formed", "not-blank", "name-length", "name-control") },
        environment_id: pfid,
        description: {
          type: "string",
          nullable: true,
          allOf: all("well-formed", "description-length", "description-control"),
        },
        id: { ...pfid, nullable: true, home: true },
      },
    },
    idempotency_key: { type: "string", nullable: true, pattern: r.KEY.source },
  },
};

// The id's partition is the environment's. It needs the id's sibling, so it is a keyword.
const home = {
  keyword: "home",
  type: "string",
  error: { message: r.MESSAGES.foreign },
  code(context) {
    const isHome = context.gen.scopeValue("func", { ref: r.isHome, code: _`require("./rules.mjs").isHome` });
    context.fail(_`!${isHome}(${context.it.parentData})`);
  },
};

/** Options of ajv; standalone code asks for helpers by `require`, which the bundler resolves. */
export const options = {
  allErrors: true,
  strict: false,
  formats,
  keywords: [home],
  code: { formats: _`require("./formats.mjs").formats` },
};
