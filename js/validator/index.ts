/**
 * The rules of Prefactor's agent resource, for pages, workers and servers. Ready at import; no input makes a function throw
 * that takes untrusted input. If the runtime cannot load WebAssembly, the first call throws a {@link WasmLoadError}.
 *
 * Marks say where a rule comes from: [doc] the API's documentation, [client] a published client, [ours] this project, where
 * both are silent.
 */
export { issuesFromErrors } from "./errors.js";
export {
  createAgentFormSchema,
  type CreateAgentFlatFormValues,
  type CreateAgentFormValues,
  type FormSchema,
  formToCreateAgent,
  formToUpdateAgent,
  updateAgentFormSchema,
  type UpdateAgentFlatFormValues,
  type UpdateAgentFormValues,
} from "./forms.js";
export { generatePfid, isPfid, parsePfid } from "./pfid.js";
export { buildAgentResponse } from "./response.js";
export { createAgentSchema, updateAgentSchema } from "./schema.js";
export type { JsonSchemaTarget, StandardSchema } from "./standard.js";
export { validateCreateAgent, validateUpdateAgent } from "./validate.js";
export { WasmLoadError, type WasmLoadReason } from "../wasm/error.js";
export type * from "./types.js";
