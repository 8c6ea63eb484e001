// What libraries look for that take any validator: Standard Schema 1.1 and Standard JSON Schema (https://standardschema.dev).
import { forTarget, type JsonSchema } from "./json-schema.js";
import type { Accepted, Issue, Refused } from "./types.js";

/** The versions of JSON Schema that {@link StandardSchema}s can be had in. */
export type JsonSchemaTarget = "draft-2020-12" | "draft-07" | "openapi-3.0" | "openapi-3.1";

interface JsonSchemaOptions {
  /** A {@link JsonSchemaTarget}; for any other, it throws. */
  readonly target: JsonSchemaTarget | (string & {});
}

/** A schema that validates and describes itself, without a dependency on either specification's types. */
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
    /** For the type checker alone. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** Makes a schema from its validator and its JSON Schemas, which are written as draft 2020-12. */
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
        input: ({ target }) => forTarget(input(), target),
        output: ({ target }) => forTarget(output(), target),
      },
    },
  };
}
