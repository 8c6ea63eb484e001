// Forms: the usual default values fit without a cast, and a schema's types follow.
import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import {
  type CreateAgentFormValues,
  createAgentFormSchema,
  type CreateAgentRequest,
  formToCreateAgent,
  formToUpdateAgent,
  type Issue,
  issuesFromErrors,
  updateAgentFormSchema,
  type UpdateAgentRequest,
  updateAgentSchema,
  type ValidationErrors,
} from "agent-registrar";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(..._: Equal<A, B> extends true ? [] : ["differ", A, B]): void {}

const nested = { details: { name: "", environment_id: "", description: "", id: "" }, idempotency_key: "" };
const flat = { name: "", environment_id: "", description: "", id: "", idempotency_key: "" };
const update = { details: { name: "", description: "", current_version_id: "" }, idempotency_key: "" };
const flatUpdate = { name: "", description: "", current_version_id: "", idempotency_key: "" };

/** As libraries infer the values from a schema. */
declare function fromSchema<Input>(schema: StandardSchemaV1<Input, unknown>, defaultValues: Input): void;
fromSchema(createAgentFormSchema, nested);
fromSchema(createAgentFormSchema.flat, flat);
fromSchema(updateAgentFormSchema, update);
fromSchema(updateAgentFormSchema.flat, flatUpdate);
// @ts-expect-error
fromSchema(createAgentFormSchema, { details: { name: 5 } });

/** As libraries infer the values from their defaults, and hold the schema to them. */
declare function fromDefaults<Values>(defaultValues: Values, schema: StandardSchemaV1<NoInfer<Values>, unknown>): void;
fromDefaults(nested, createAgentFormSchema);
fromDefaults(flat, createAgentFormSchema.flat);
fromDefaults(update, updateAgentFormSchema);
fromDefaults(flatUpdate, updateAgentFormSchema.flat);
// A form without controls for what is optional.
fromDefaults({ details: { name: "", environment_id: "" } }, createAgentFormSchema);
fromDefaults({ name: "" }, updateAgentFormSchema.flat);
// @ts-expect-error
fromDefaults({ details: { title: "" } }, createAgentFormSchema);

same<StandardSchemaV1.InferInput<typeof createAgentFormSchema>, CreateAgentFormValues>();
same<StandardSchemaV1.InferOutput<typeof createAgentFormSchema>, CreateAgentRequest>();
same<StandardSchemaV1.InferOutput<typeof createAgentFormSchema.flat>, CreateAgentRequest>();
same<StandardSchemaV1.InferOutput<typeof updateAgentFormSchema>, UpdateAgentRequest>();
same<StandardSchemaV1.InferOutput<typeof updateAgentSchema>, UpdateAgentRequest>();
const described: readonly StandardJSONSchemaV1[] = [
  createAgentFormSchema,
  createAgentFormSchema.flat,
  updateAgentFormSchema,
  updateAgentSchema,
];
const partial: StandardSchemaV1.InferInput<typeof updateAgentSchema> = { details: { description: null } };

same<ReturnType<typeof formToCreateAgent>, unknown>();
formToCreateAgent(new FormData());
formToCreateAgent(nested);
formToUpdateAgent(flatUpdate, { emptied: "clear" });
// @ts-expect-error
formToCreateAgent("name=Ada");
// @ts-expect-error
formToUpdateAgent(flatUpdate, { emptied: true });

declare const error: ValidationErrors;
same<ReturnType<typeof issuesFromErrors>, Issue[]>();
issuesFromErrors(error).map(({ path, message }) => [path.join("."), message]);
// @ts-expect-error
issuesFromErrors("error");
