import { CREATE_AGENT_KEYS, UPDATE_AGENT_KEYS } from "../generated/rules.js";
import { bodyOf } from "./form-values.js";
import type { JsonSchema } from "./json-schema.js";
import { createAgentSchema, updateAgentSchema } from "./schema.js";
import { type StandardSchema, standardSchema } from "./standard.js";
import type { Accepted, CreateAgentDetails, CreateAgentRequest, Issue, Refused, UpdateAgentDetails, UpdateAgentRequest } from "./types.js";
import { ownOption } from "./read.js";
import { validateCreateAgent, validateUpdateAgent } from "./validate.js";

/** The details of a body as a form has them: every key, each a text. */
type Texts<Details> = { -readonly [Key in keyof Details]-?: string };

/** The values of a form whose controls have the names of the keys of `details`, as in `defaultValues`. */
export interface CreateAgentFlatFormValues extends Texts<CreateAgentDetails> {
  idempotency_key: string;
}

/** The values of a form that is nested as the body is, as in `defaultValues`. "" where nothing was entered. */
export interface CreateAgentFormValues {
  details: Texts<CreateAgentDetails>;
  idempotency_key: string;
}

/** As {@link CreateAgentFlatFormValues}, for an update. */
export interface UpdateAgentFlatFormValues extends Texts<UpdateAgentDetails> {
  idempotency_key: string;
}

/** As {@link CreateAgentFormValues}, for an update. */
export interface UpdateAgentFormValues {
  details: Texts<UpdateAgentDetails>;
  idempotency_key: string;
}

/** A {@link StandardSchema} for the values of a form. */
export interface FormSchema<Values, FlatValues, Output> extends StandardSchema<Values, Output> {
  /**
   * The same schema, typed and described for a flat form. Both take flat and nested values, and give issues the paths of the
   * form's fields. Only `flat` does so if the form library drops empty values and no key is left to recognise a flat form by.
   */
  readonly flat: StandardSchema<FlatValues, Output>;
}

/**
 * Converts a form's values to the body of `POST /api/v1/agent`: a `FormData`, a `URLSearchParams` or a plain object, flat
 * (`name`) or nested (`details.name`, `details[name]`, or an object in `details`). Pass the body to `validateCreateAgent`.
 *
 * An empty text counts as absent [ours], except for the name. Never throws: a value that is no form is returned unchanged, and
 * the validator reports it.
 */
export function formToCreateAgent(values: object): unknown {
  return bodyOf(values, CREATE_AGENT_KEYS).body;
}

/**
 * Converts a form's values to the body of `PUT /api/v1/agent/{id}`, as {@link formToCreateAgent} does for a create. [ours]
 *
 * An absent field keeps its value. With `emptied: "clear"`, an empty description or version is cleared: for forms that show
 * the stored values.
 */
export function formToUpdateAgent(values: object, options?: { readonly emptied?: "keep" | "clear" | undefined }): unknown {
  const clears = ownOption(options, "emptied") === "clear";
  return bodyOf(values, UPDATE_AGENT_KEYS, false, clears ? null : undefined).body;
}

/**
 * Validates the raw values of a form that creates an agent: with empty texts for optional fields, flat or nested, or as a
 * `FormData`. Its output is the body to send. Issues have the paths of the form's fields.
 */
export const createAgentFormSchema: FormSchema<CreateAgentFormValues, CreateAgentFlatFormValues, CreateAgentRequest> =
  /* @__PURE__ */ formSchema(validateCreateAgent, CREATE_AGENT_KEYS, createAgentSchema);

/** The same for a form that updates an agent. An empty description or version keeps the stored value. */
export const updateAgentFormSchema: FormSchema<UpdateAgentFormValues, UpdateAgentFlatFormValues, UpdateAgentRequest> =
  /* @__PURE__ */ formSchema(validateUpdateAgent, UPDATE_AGENT_KEYS, updateAgentSchema);

function formSchema<Values, FlatValues, Output>(
  validate: (body: unknown) => Accepted<Output> | Refused,
  detailKeys: readonly string[],
  schema: Pick<StandardSchema<unknown, unknown>, "~standard">,
): FormSchema<Values, FlatValues, Output> {
  const { jsonSchema } = schema["~standard"];
  const described = { target: "draft-2020-12" };
  const make = <Input>(isFlat: boolean): StandardSchema<Input, Output> =>
    standardSchema(
      (values) => {
        const form = bodyOf(values, detailKeys, isFlat);
        const result = validate(form.body);
        return result.ok || !form.isFlat ? result : { ...result, issues: flattened(result.issues) };
      },
      () => formJsonSchema(jsonSchema.input(described), isFlat),
      () => jsonSchema.output(described),
    );
  return { ...make<Values>(false), flat: make<FlatValues>(true) };
}

/** Maps the paths to those of a flat form: `details.name` becomes `name`. */
function flattened(issues: readonly Issue[]): Refused["issues"] {
  return issues.map((issue) => {
    const [first, ...rest] = issue.path;
    return first === "details" && rest.length > 0 ? { ...issue, path: rest as unknown as Issue["path"] } : issue;
  }) as unknown as Refused["issues"];
}

interface ObjectSchema extends JsonSchema {
  readonly required?: readonly string[];
  readonly properties: Readonly<Record<string, JsonSchema>>;
}

/** The JSON Schema of a form, from that of the body. */
function formJsonSchema(body: JsonSchema, isFlat: boolean): JsonSchema {
  const { properties } = body as ObjectSchema;
  const { details, ...others } = properties as { readonly details: ObjectSchema };
  const form = { ...details, properties: emptiable(details.properties) };
  const { required = [] } = details;
  const root = emptiable(others);
  if (isFlat) return { ...body, required, properties: { ...form.properties, ...root } };
  return { ...body, required: required.length > 0 ? ["details"] : [], properties: { details: form, ...root } };
}

/** The properties, each of which may also be "", except those that a create requires. */
function emptiable(properties: Readonly<Record<string, JsonSchema>>): Record<string, JsonSchema> {
  const entries = Object.entries(properties).map(([key, rules]) => {
    const isKept = key === "name" || key === "environment_id" || !refusesEmpty(rules);
    return [key, isKept ? rules : { anyOf: [rules, { type: "string", enum: [""] }] }] as const;
  });
  return Object.fromEntries(entries);
}

function refusesEmpty({ minLength, pattern }: { readonly minLength?: number; readonly pattern?: string }): boolean {
  return (minLength !== undefined && minLength > 0) || (pattern !== undefined && !new RegExp(pattern, "u").test(""));
}
