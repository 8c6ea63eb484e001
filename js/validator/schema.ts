import { DESCRIPTION_LIMIT, IDEMPOTENCY_KEY_LIMIT, NAME_LIMIT } from "../generated/rules.js";
import type { CreateAgentInput, CreateAgentRequest, Issue } from "./types.js";
import { validateCreateAgent } from "./validate.js";

/** A JSON Schema. */
type JsonSchema = Record<string, unknown>;

/** What libraries that know [Standard Schema](https://standardschema.dev) look for, with its JSON Schema part. */
interface StandardProps {
  readonly version: 1;
  readonly vendor: "agent-registrar";
  readonly validate: (
    value: unknown,
  ) =>
    | { readonly value: CreateAgentRequest; readonly issues?: undefined }
    | { readonly issues: readonly [Issue, ...Issue[]] };
  readonly jsonSchema: {
    readonly input: (options: { readonly target: string }) => JsonSchema;
    readonly output: (options: { readonly target: string }) => JsonSchema;
  };
  /** For the type checker alone. */
  readonly types?: { readonly input: CreateAgentInput; readonly output: CreateAgentRequest } | undefined;
}

/** `nullable` says how the target writes "or null". */
function jsonSchema(target: string, output: boolean): JsonSchema {
  const meta: JsonSchema =
    target === "draft-2020-12"
      ? { $schema: "https://json-schema.org/draft/2020-12/schema" }
      : target === "draft-07"
        ? { $schema: "http://json-schema.org/draft-07/schema#" }
        : {};
  if (meta["$schema"] === undefined && target !== "openapi-3.0" && target !== "openapi-3.1") throw new Error(`JSON Schema target ${target} is not supported`);
  const text = (nullable: boolean, rules: JsonSchema): JsonSchema => ({
    ...(!nullable ? { type: "string" } : target === "openapi-3.0" ? { type: "string", nullable } : { type: ["string", "null"] }),
    ...rules,
  });
  const object = (required: string[], properties: JsonSchema): JsonSchema => ({
    type: "object",
    required,
    properties,
    ...(output && { additionalProperties: false }),
  });
  const pfid = { pattern: "^[0-7][0-9abcdefghjkmnpqrstvwxyz]{31}$" };
  return {
    ...meta,
    ...object(["details"], {
      details: object(["name", "environment_id"], {
        // White space at the ends of what comes in does not count; what goes out has none.
        name: text(false, output ? { minLength: 1, maxLength: NAME_LIMIT } : { minLength: 1 }),
        environment_id: text(false, pfid),
        description: text(true, { maxLength: DESCRIPTION_LIMIT }),
        id: text(!output, pfid),
      }),
      idempotency_key: text(!output, { pattern: `^[ -~]{1,${IDEMPOTENCY_KEY_LIMIT}}$` }),
    }),
  };
}

/**
 * {@link validateCreateAgent} as a [Standard Schema](https://standardschema.dev) (version 1.1), with its JSON Schema for the
 * targets `draft-2020-12`, `draft-07`, `openapi-3.0` and `openapi-3.1`: for form libraries, routers and tools that take one.
 */
export const createAgentSchema: { readonly "~standard": StandardProps } = {
  "~standard": {
    version: 1,
    vendor: "agent-registrar",
    validate(value) {
      const result = validateCreateAgent(value);
      return result.ok ? { value: result.value } : { issues: result.issues };
    },
    jsonSchema: {
      input: ({ target }) => jsonSchema(target, false),
      output: ({ target }) => jsonSchema(target, true),
    },
  },
};
