import { createAgentInput, createAgentOutput } from "../generated/schemas.js";
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

/** The URIs of the drafts; OpenAPI has none. */
const metaSchemas: Readonly<Record<string, JsonSchema>> = {
  "draft-2020-12": { $schema: "https://json-schema.org/draft/2020-12/schema" },
  "draft-07": { $schema: "http://json-schema.org/draft-07/schema#" },
  "openapi-3.0": {},
  "openapi-3.1": {},
};

function jsonSchema(schema: JsonSchema, target: string): JsonSchema {
  const meta = metaSchemas[target];
  if (meta === undefined) throw new Error(`JSON Schema target ${target} is not supported`);
  return { ...meta, ...(target === "openapi-3.0" ? withNullable(schema) : (JSON.parse(JSON.stringify(schema)) as JsonSchema)) };
}

/** The schema with `nullable: true` instead of a type `null`, which OpenAPI 3.0 does not know. */
function withNullable(schema: JsonSchema): JsonSchema {
  const { type, properties } = schema;
  return {
    ...schema,
    ...(Array.isArray(type) && { type: type[0] as unknown, nullable: true }),
    ...(properties !== undefined && {
      properties: Object.fromEntries(Object.entries(properties as Record<string, JsonSchema>).map(([key, value]) => [key, withNullable(value)])),
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
      input: ({ target }) => jsonSchema(createAgentInput, target),
      output: ({ target }) => jsonSchema(createAgentOutput, target),
    },
  },
};
