// Standard Schema 1.1 and Standard JSON Schema (https://standardschema.dev), for libraries that take any validator.
import { forTarget, type JsonSchema } from "./json-schema.js";
import type { Accepted, Issue, Refused } from "./types.js";

/** The versions of JSON Schema that a {@link StandardSchema} supports. */
export type JsonSchemaTarget = "draft-2020-12" | "draft-07" | "openapi-3.0" | "openapi-3.1";

interface JsonSchemaOptions {
  /** A {@link JsonSchemaTarget}. Any other target throws. */
  readonly target: JsonSchemaTarget | (string & {});
}

/** A schema that validates and describes itself. It needs neither specification's types. */
export interface StandardSchema<Input, Output> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: "agent-registrar";
    readonly validate: (
      value: unknown,
    ) => { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly [Issue, ...Issue[]] };
    readonly jsonSchema: {
      readonly input: (options: JsonSchemaOptions) => JsonSchema;
      readonly output: (options: JsonSchemaOptions) => JsonSchema;
    };
    /** Only for the type checker. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** Makes a schema from its validator and its JSON Schemas in draft 2020-12. */
export function standardSchema<Input, Output>(
  judge: (value: unknown) => Accepted<Output> | Refused,
  input: () => JsonSchema,
  output: () => JsonSchema,
): StandardSchema<Input, Output> {
  return {
    "~standard": {
      version: 1,
      vendor: "agent-registrar",
      validate(value) {
        const result = judge(value);
        return result.ok ? { value: result.value } : { issues: result.issues };
      },
      jsonSchema: {
        input: (options) => forTarget(input(), options?.target),
        output: (options) => forTarget(output(), options?.target),
      },
    },
  };
}
