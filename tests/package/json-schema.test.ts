// A validator of JSON Schema gives the verdicts of the rules with the JSON Schemas of updates and forms.
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import {
  createAgentFormSchema,
  createAgentSchema,
  type Issue,
  type JsonSchemaTarget,
  type StandardSchema,
  updateAgentFormSchema,
  updateAgentSchema,
} from "agent-registrar";
import { describe, expect, test } from "vitest";

const environment_id = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
const targets: readonly JsonSchemaTarget[] = ["draft-2020-12", "draft-07", "openapi-3.0", "openapi-3.1"];
const create = { name: "Ada", environment_id };

/** Values of each kind of body, flat. */
const creates: readonly object[] = [
  create,
  { ...create, description: "", id: "" },
  { ...create, description: null, id: null, extra: 1 },
  { ...create, id: environment_id },
  { ...create, id: "x" },
  { ...create, description: "a".repeat(10_001) },
  { ...create, name: "" },
  { ...create, name: 5 },
  { ...create, environment_id: "" },
  { name: "Ada" },
  {},
];
const updates: readonly object[] = [
  {},
  { name: "Ada", description: "", current_version_id: "" },
  { description: null, current_version_id: null },
  { current_version_id: environment_id, extra: 1 },
  { current_version_id: "x" },
  { name: "" },
  { name: null },
];
const keys: readonly object[] = [
  {},
  { idempotency_key: "k" },
  { idempotency_key: "" },
  { idempotency_key: null },
  { idempotency_key: "ü" },
];

const nested = (details: readonly object[]): object[] => [
  ...details.flatMap((one) => keys.map((more) => ({ details: one, ...more }))),
  {},
  { details: 5 },
];
const flat = (details: readonly object[]): object[] => details.flatMap((one) => keys.map((more) => ({ ...one, ...more })));

const schemas: readonly [string, StandardSchema<unknown, unknown>, object[]][] = [
  ["createAgentSchema", createAgentSchema, nested(creates)],
  ["updateAgentSchema", updateAgentSchema, nested(updates)],
  ["createAgentFormSchema", createAgentFormSchema, nested(creates)],
  ["createAgentFormSchema.flat", createAgentFormSchema.flat, flat(creates)],
  ["updateAgentFormSchema", updateAgentFormSchema, nested(updates)],
  ["updateAgentFormSchema.flat", updateAgentFormSchema.flat, flat(updates)],
];

function compile(schema: Record<string, unknown>, target: string): (value: unknown) => boolean {
  const options = { allowUnionTypes: true };
  const ajv = target === "draft-07" || target === "openapi-3.0" ? new Ajv(options) : new Ajv2020(options);
  return ajv.compile(schema);
}

describe.each(schemas)("%s", (_, schema, values) => {
  const { validate, jsonSchema } = schema["~standard"];

  test.each(targets)("for %s, accepts the inputs that the rules accept, and describes their outputs", (target) => {
    const input = compile(jsonSchema.input({ target }), target);
    const output = compile(jsonSchema.output({ target }), target);
    for (const value of values) {
      const result = validate(value) as { value?: unknown; issues?: readonly Issue[] };
      expect(input(value), JSON.stringify(value).slice(0, 200)).toBe(result.issues === undefined);
      if (result.issues === undefined) expect(output(result.value)).toBe(true);
    }
  });

  test("names its dialect if there is one, and has the target's form of null", () => {
    for (const target of targets) {
      for (const made of [jsonSchema.input({ target }), jsonSchema.output({ target })]) {
        expect("$schema" in made).toBe(target.startsWith("draft"));
        expect(JSON.stringify(made).includes(`"null"`)).toBe(target !== "openapi-3.0");
        expect(JSON.stringify(made).includes(`"nullable"`)).toBe(target === "openapi-3.0");
      }
    }
  });

  test("is a new object for each caller, and refuses other targets", () => {
    const made = jsonSchema.input({ target: "draft-07" });
    (made["properties"] as Record<string, unknown>)["mine"] = {};
    expect(JSON.stringify(jsonSchema.input({ target: "draft-07" }))).not.toContain("mine");
    for (const target of ["draft-04", "toString", "__proto__"]) {
      expect(() => jsonSchema.input({ target })).toThrow(`JSON Schema target ${target} is not supported`);
    }
  });
});
