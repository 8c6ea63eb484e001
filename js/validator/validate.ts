import { CREATE_AGENT, UPDATE_AGENT } from "../generated/rules.js";
import type { Body, Values } from "./body.js";
import { problems } from "./issues.js";
import { check, trimLong } from "./pack.js";
import { read } from "./read.js";
import type { Accepted, CreateAgentResult, Pfid, Refused, UpdateAgentResult } from "./types.js";

/** Checks values that were read, and normalises them. */
function judge<Request>(body: Body<Request>, values: Values, ignored: readonly string[], update: boolean): Accepted<Request> | Refused {
  const { limits, trimmed } = body;
  values[trimmed] = trimLong(values[trimmed], 2 * (limits[trimmed] as number));
  const verdict = check(values, limits, update);
  if (verdict > 0) {
    const { issues, error } = problems(verdict);
    return { ok: false, issues, error, ignored };
  }
  if (verdict < 0) {
    // Without issues and with something to trim, it is a text.
    const text = values[trimmed] as string;
    values[trimmed] = text.slice(-verdict >>> 16, text.length - (-verdict & 0xffff));
  }
  return { ok: true, value: body.build(values), ignored };
}

/**
 * Says whether a value is a valid body of `POST /api/v1/agent`: gives it normalised, or everything that is wrong with
 * it. Never throws, whatever the value is.
 *
 * Only own enumerable string keys of plain objects count; keys without a meaning are dropped and listed in `ignored`.
 * `options.environmentId` stands in for an absent `environment_id`, as over HTTP the environment of a token does. [ours]
 */
export function validateCreateAgent(
  input: unknown,
  options?: { readonly environmentId?: Pfid | undefined },
): CreateAgentResult {
  const values = CREATE_AGENT.empty();
  const ignored = read(CREATE_AGENT, values, input);
  const slot = CREATE_AGENT.environmentId;
  if (options != null && values[slot] == null && Object.hasOwn(options, "environmentId")) values[slot] = options.environmentId;
  return judge(CREATE_AGENT, values, ignored, false);
}

/**
 * Says whether a value is a valid body of `PUT /api/v1/agent/{id}`, as {@link validateCreateAgent} does. An absent key
 * keeps its value and `null` clears it; a name can't be cleared.
 */
export function validateUpdateAgent(input: unknown): UpdateAgentResult {
  const values = UPDATE_AGENT.empty();
  const ignored = read(UPDATE_AGENT, values, input);
  return judge(UPDATE_AGENT, values, ignored, true);
}
