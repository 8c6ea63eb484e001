import { createAgentInput, createAgentOutput, updateAgentInput, updateAgentOutput } from "../generated/schemas.js";
import { type StandardSchema, standardSchema } from "./standard.js";
import type { CreateAgentInput, CreateAgentRequest, UpdateAgentInput, UpdateAgentRequest } from "./types.js";
import { validateCreateAgent, validateUpdateAgent } from "./validate.js";

/**
 * {@link validateCreateAgent} as a [Standard Schema](https://standardschema.dev) (version 1.1), with its JSON Schema for the
 * targets `draft-2020-12`, `draft-07`, `openapi-3.0` and `openapi-3.1`: for form libraries, routers and other tools.
 */
export const createAgentSchema: StandardSchema<CreateAgentInput, CreateAgentRequest> = /* @__PURE__ */ standardSchema(
  validateCreateAgent,
  () => createAgentInput,
  () => createAgentOutput,
);

/** {@link validateUpdateAgent} as a Standard Schema, as {@link createAgentSchema} is for a create. */
export const updateAgentSchema: StandardSchema<UpdateAgentInput, UpdateAgentRequest> = /* @__PURE__ */ standardSchema(
  validateUpdateAgent,
  () => updateAgentInput,
  () => updateAgentOutput,
);
