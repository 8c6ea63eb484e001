import { CREATE_AGENT, UPDATE_AGENT } from "../generated/rules.js";
import type { Body, Values } from "./body.js";
import { problems } from "./issues.js";
import { check, trimLong } from "./pack.js";
import { ownOption, read } from "./read.js";
import type { Accepted, CreateAgentResult, Pfid, Refused, UpdateAgentResult } from "./types.js";

/** Checks and normalises values that were read. */
function checkValues<Request>(
  body: Body<Request>,
  values: Values,
  ignored: readonly string[],
  update: boolean,
): Accepted<Request> | Refused {
  const { limits, trimmed } = body;
  values[trimmed] = trimLong(values[trimmed], 2 * (limits[trimmed] as number));
  const verdict = check(values, limits, update);
  if (verdict > 0) {
    const { issues, error } = problems(verdict);
    return { ok: false, issues, error, ignored };
  }
  if (verdict < 0) {
    // A negative verdict means that the field is a valid text with white space around it.
    const text = values[trimmed] as string;
    values[trimmed] = text.slice(-verdict >>> 16, text.length - (-verdict & 0xffff));
  }
  return { ok: true, value: body.build(values), ignored };
}

/**
 * Validates the body of `POST /api/v1/agent`: returns it normalised, or all issues. Never throws, for any value.
 *
 * Only own enumerable string keys of plain objects count. Unknown keys are dropped and listed in `ignored`.
 * `options.environmentId` replaces an absent `environment_id`, as a token's environment does over HTTP. [ours]
 */
export function validateCreateAgent(input: unknown, options?: { readonly environmentId?: Pfid | undefined }): CreateAgentResult {
  const values = CREATE_AGENT.empty();
  const ignored = read(CREATE_AGENT, values, input);
  const slot = CREATE_AGENT.environmentId;
  if (values[slot] == null) values[slot] = ownOption(options, "environmentId") ?? values[slot];
  return checkValues(CREATE_AGENT, values, ignored, false);
}

/**
 * Validates the body of `PUT /api/v1/agent/{id}`, as {@link validateCreateAgent} does. An absent key keeps its value, and
 * `null` clears it. A name can't be cleared.
 */
export function validateUpdateAgent(input: unknown): UpdateAgentResult {
  const values = UPDATE_AGENT.empty();
  const ignored = read(UPDATE_AGENT, values, input);
  return checkValues(UPDATE_AGENT, values, ignored, true);
}
