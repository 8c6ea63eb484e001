import { bodyOf, CREATE_KEYS, UPDATE_KEYS } from "./form-values.js";
import type { JsonSchema } from "./json-schema.js";
import { createAgentSchema, updateAgentSchema } from "./schema.js";
import { type StandardSchema, standardSchema } from "./standard.js";
import type { Accepted, CreateAgentRequest, Issue, Refused, UpdateAgentRequest } from "./types.js";
import { validateCreateAgent, validateUpdateAgent } from "./validate.js";

/** The values of a form whose controls are named as the keys of `details`: as `defaultValues` has them. */
export interface CreateAgentFlatFormValues {
  name: string;
  environment_id: string;
  description: string;
  id: string;
  idempotency_key: string;
}

/** The values of a form that is nested as the body is: as `defaultValues` has them. "" where nothing was entered. */
export interface CreateAgentFormValues {
  details: Omit<CreateAgentFlatFormValues, "idempotency_key">;
  idempotency_key: string;
}

/** As {@link CreateAgentFlatFormValues}, for an update. */
export interface UpdateAgentFlatFormValues {
  name: string;
  description: string;
  current_version_id: string;
  idempotency_key: string;
}

/** As {@link CreateAgentFormValues}, for an update. */
export interface UpdateAgentFormValues {
  details: Omit<UpdateAgentFlatFormValues, "idempotency_key">;
  idempotency_key: string;
}

/** A {@link StandardSchema} for the values of a form. */
export interface FormSchema<Values, FlatValues, Output> extends StandardSchema<Values, Output> {
  /**
   * The same schema, typed and described for a flat form. Both take flat and nested values, and put each issue where the
   * form has the field; `flat` also does where a form library drops empty values, so that no key tells which form it is.
   */
  readonly flat: StandardSchema<FlatValues, Output>;
}

/**
 * The body of `POST /api/v1/agent` that a form's values mean: a `FormData`, a `URLSearchParams` or a plain object, flat
 * (`name`) or nested (`details.name`, `details[name]`, or an object in `details`). Hand it to `validateCreateAgent`.
 *
 * An empty text counts as absent [ours], but for the name. Never throws: what is no form comes back as it is, and the
 * validator reports it.
 */
export function formToCreateAgent(values: object): unknown {
  return bodyOf(values, CREATE_KEYS).body;
}

/**
 * The body of `PUT /api/v1/agent/{id}` that a form's values mean, as {@link formToCreateAgent} does for a create. [ours]
 *
 * An absent field keeps its value. With `emptied: "clear"`, an emptied description or version is cleared instead: for
 * forms that show the values that are there.
 */
export function formToUpdateAgent(values: object, options?: { readonly emptied?: "keep" | "clear" | undefined }): unknown {
  const clears = options != null && Object.hasOwn(options, "emptied") && options.emptied === "clear";
  return bodyOf(values, UPDATE_KEYS, false, clears ? null : undefined).body;
}

/**
 * The validator for the values of a form that creates an agent, as they are: empty texts of optional fields, no `details`
 * at all, flat or nested, a `FormData`. Its output is the body to send. Issues are where the form has the field.
 */
export const createAgentFormSchema: FormSchema<CreateAgentFormValues, CreateAgentFlatFormValues, CreateAgentRequest> =
  /* @__PURE__ */ formSchema(validateCreateAgent, CREATE_KEYS, createAgentSchema);

/** The same for a form that updates an agent. An empty description or version keeps the value that is there. */
export const updateAgentFormSchema: FormSchema<UpdateAgentFormValues, UpdateAgentFlatFormValues, UpdateAgentRequest> =
  /* @__PURE__ */ formSchema(validateUpdateAgent, UPDATE_KEYS, updateAgentSchema);

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

/** `details.name` is `name` in a flat form. */
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

/** Properties that may also be "", but for those that a create needs. */
function emptiable(properties: Readonly<Record<string, JsonSchema>>): Record<string, JsonSchema> {
  const entries = Object.entries(properties).map(([key, rules]) => {
    const stays = key === "name" || key === "environment_id" || !refusesEmpty(rules);
    return [key, stays ? rules : { anyOf: [rules, { type: "string", enum: [""] }] }] as const;
  });
  return Object.fromEntries(entries);
}

function refusesEmpty({ minLength, pattern }: { readonly minLength?: number; readonly pattern?: string }): boolean {
  return minLength !== undefined && minLength > 0 || pattern !== undefined && !new RegExp(pattern, "u").test("");
}
