import type { JsonSchema } from "./json-schema.js";
import { type StandardSchema, standardSchema } from "./standard.js";
import type { UpdateAgentInput, UpdateAgentRequest } from "./types.js";
import { validateUpdateAgent } from "./validate.js";

/** The JSON Schema of an update: of what comes in, or of what goes out. */
function updateJsonSchema(output: boolean): JsonSchema {
  const object = (required: string[], properties: JsonSchema): JsonSchema => ({
    type: "object",
    ...(required.length > 0 && { required }),
    properties,
    ...(output && { additionalProperties: false }),
  });
  return object(["details"], {
    details: object([], {
      // White space at the ends of what comes in does not count; what goes out has none.
      name: { type: "string", minLength: 1, ...(output && { maxLength: 255 }) },
      description: { type: ["string", "null"], maxLength: 10_000 },
      current_version_id: { type: ["string", "null"], pattern: "^[0-7][0-9abcdefghjkmnpqrstvwxyz]{31}$" },
    }),
    idempotency_key: { type: output ? "string" : ["string", "null"], pattern: "^[ -~]{1,128}$" },
  });
}

/** {@link validateUpdateAgent} as a Standard Schema, as `createAgentSchema` is for a create. */
export const updateAgentSchema: StandardSchema<UpdateAgentInput, UpdateAgentRequest> = /* @__PURE__ */ standardSchema(
  validateUpdateAgent,
  () => updateJsonSchema(false),
  () => updateJsonSchema(true),
);
