// The Standard Schema object, and the agreement of its JSON Schema with the rules.
import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import { createAgentSchema, validateCreateAgent } from "agent-registrar";
import { describe, expect, test } from "vitest";
import { DESCRIPTION_LIMIT, IDEMPOTENCY_KEY_LIMIT, NAME_LIMIT } from "../../js/generated/rules.js";

const environment_id = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
const standard = createAgentSchema["~standard"];

test("is a Standard Schema and a Standard JSON Schema", () => {
  const asSchema: StandardSchemaV1 = createAgentSchema;
  const asJsonSchema: StandardJSONSchemaV1 = createAgentSchema;
  expect(asSchema["~standard"]).toMatchObject({ version: 1, vendor: "agent-registrar" });
  expect(Object.keys(asJsonSchema["~standard"].jsonSchema)).toEqual(["input", "output"]);
});

test("validates as validateCreateAgent does", () => {
  const input = { details: { name: " Ada ", environment_id, extra: 1 } };
  expect(standard.validate(input)).toStrictEqual({ value: { details: { name: "Ada", environment_id } } });
  const refused = validateCreateAgent({});
  expect(standard.validate({})).toStrictEqual({ issues: !refused.ok && refused.issues });
});

interface Schema {
  readonly type?: string | readonly string[];
  readonly nullable?: boolean;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
}

/** A validator for exactly the keywords of JSON Schema that the object uses. */
function accepts(schema: Schema, value: unknown): boolean {
  const known = ["$schema", "type", "nullable", "required", "properties", "additionalProperties", "minLength", "maxLength", "pattern"];
  expect(known).toEqual(expect.arrayContaining(Object.keys(schema)));
  const types = [schema.type ?? []].flat();
  if (value === null) return types.includes("null") || schema.nullable === true;
  if (!types.includes(typeof value)) return false;
  if (typeof value === "string") {
    const length = [...value].length;
    return (
      length >= (schema.minLength ?? 0) &&
      length <= (schema.maxLength ?? Infinity) &&
      (schema.pattern === undefined || new RegExp(schema.pattern, "u").test(value))
    );
  }
  const fields = value as Readonly<Record<string, unknown>>;
  return (
    (schema.required ?? []).every((key) => Object.hasOwn(fields, key)) &&
    Object.entries(fields).every(([key, field]) => {
      const rule = schema.properties?.[key];
      return rule === undefined ? schema.additionalProperties !== false : accepts(rule, field);
    })
  );
}

const targets = ["draft-2020-12", "draft-07", "openapi-3.0"] as const;

describe.each(targets)("JSON Schema for %s", (target) => {
  const input = standard.jsonSchema.input({ target }) as Schema;
  const output = standard.jsonSchema.output({ target }) as Schema;
  const body = (details: object, more: object = {}): object => ({ details: { name: "Ada", environment_id, ...details }, ...more });

  test("names its draft", () => {
    expect("$schema" in input).toBe(target !== "openapi-3.0");
    expect(JSON.stringify(input).includes("nullable")).toBe(target === "openapi-3.0");
  });

  test.each<[string, unknown]>([
    ["the least body", body({})],
    ["everything", body({ description: "d", id: environment_id, extra: 1 }, { idempotency_key: "k", extra: 1 })],
    ["nulls", body({ description: null, id: null }, { idempotency_key: null })],
    [
      "limits",
      body(
        { name: "🦀".repeat(NAME_LIMIT), description: "🦀".repeat(DESCRIPTION_LIMIT) },
        { idempotency_key: " ".repeat(IDEMPOTENCY_KEY_LIMIT) },
      ),
    ],
    ["white space", body({ name: ` ${"a".repeat(NAME_LIMIT)} ` })],
    ["no details", {}],
    ["null details", { details: null }],
    ["an array", { details: 5 }],
    ["no name", { details: { environment_id } }],
    ["a null name", body({ name: null })],
    ["an empty name", body({ name: "" })],
    ["no environment", { details: { name: "Ada" } }],
    ["no PFID", body({ environment_id: "x" })],
    ["an id that is no PFID", body({ id: environment_id.toUpperCase() })],
    ["a long description", body({ description: "a".repeat(DESCRIPTION_LIMIT + 1) })],
    ["a description that is a number", body({ description: 5 })],
    ["an empty key", body({}, { idempotency_key: "" })],
    ["a long key", body({}, { idempotency_key: "k".repeat(IDEMPOTENCY_KEY_LIMIT + 1) })],
    ["a key beyond ASCII", body({}, { idempotency_key: "é" })],
  ])("%s: as the rules say", (_, value) => {
    const result = validateCreateAgent(value);
    expect(accepts(input, value)).toBe(result.ok);
    if (result.ok) expect(accepts(output, result.value)).toBe(true);
  });

  test("the output schema forbids unknown keys and too long texts", () => {
    expect(accepts(output, body({ extra: 1 }))).toBe(false);
    expect(accepts(output, body({ name: "a".repeat(NAME_LIMIT + 1) }))).toBe(false);
    expect(accepts(output, body({ id: null }))).toBe(false);
  });
});

test("other targets are refused", () => {
  expect(() => standard.jsonSchema.input({ target: "draft-04" })).toThrow(/draft-04/);
});
