// JSON Schemas are generated as draft 2020-12 and converted from it.

/** A JSON Schema. */
export type JsonSchema = Record<string, unknown>;

const DIALECTS: Readonly<Record<string, string>> = {
  "draft-2020-12": "https://json-schema.org/draft/2020-12/schema",
  "draft-07": "http://json-schema.org/draft-07/schema#",
};

/** A copy of the schema in a version of JSON Schema. Throws an `Error` for a version that is not supported. */
export function forTarget(schema: JsonSchema, target: string | undefined): JsonSchema {
  const { $schema: _, ...rules } = JSON.parse(JSON.stringify(schema)) as JsonSchema;
  // OpenAPI 3.1 takes draft 2020-12 as it is.
  if (target === "openapi-3.1") return rules;
  if (target === "openapi-3.0") return withNullable(rules) as JsonSchema;
  if (target === undefined || !Object.hasOwn(DIALECTS, target)) throw new Error(`JSON Schema target ${String(target)} is not supported`);
  return { $schema: DIALECTS[target], ...rules };
}

/** OpenAPI 3.0 has no type `null`, but `nullable`. */
function withNullable(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withNullable);
  const members = Object.entries(value).map(([key, member]) => [key, withNullable(member)] as const);
  const schema = Object.fromEntries(members) as JsonSchema;
  const types = schema["type"];
  if (!Array.isArray(types)) return schema;
  return { ...schema, type: types.find((type) => type !== "null") as unknown, nullable: types.includes("null") };
}
