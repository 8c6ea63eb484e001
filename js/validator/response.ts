import { AGENT_STATUSES, agentOf, detailsOf, RECORD_IDS } from "../generated/rules.js";
import { agentCore } from "./agent-core.js";
import { own } from "./body.js";
import { generatePfid, isPfid } from "./pfid.js";
import { fail, type Instant, instant, millis, NO_TIME } from "./time.js";
import type { Agent, AgentRecord, AgentResponse, CreateAgentDetails, CreateAgentRequest, NewAgent, Pfid } from "./types.js";
import { validateCreateAgent } from "./validate.js";

const COUNTS = ["pending", "active", "complete", "failed", "cancelled"] as const;

/** Checks the details by the rules of a create. Throws a `TypeError` that names the field below `root`. */
function checked(details: unknown, root: string): CreateAgentDetails {
  const result = validateCreateAgent({ details });
  if (result.ok) return result.value.details;
  const [{ path, message }] = result.issues;
  return fail((path.length > 1 ? root + path[1] : path[0]) + ":", message);
}

/** A stored count. A bigint is taken as its number: database drivers give them. [ours] */
function count(key: string, given: unknown): number {
  const value = typeof given === "bigint" ? Number(given) : given;
  // The core counts in u32.
  return typeof value === "number" && value >>> 0 === value
    ? value
    : fail("instance_counts." + key, "must be an integer from 0 to 4294967295");
}

/** The answer of the API, with its keys in the order of the contract. */
function answer(
  details: CreateAgentDetails & { readonly id: Pfid },
  now: bigint,
  inserted: Instant,
  updated: Instant,
  stored: <Key extends keyof AgentRecord>(key: Key) => AgentRecord[Key] | undefined,
): AgentResponse {
  const retired = stored("retired") ?? false;
  if (typeof retired !== "boolean") fail("retired", "must be a boolean");
  const activity = stored("last_activity_at");
  const lastActivity = activity == null ? NO_TIME : instant("last_activity_at", activity)[0];
  const given = stored("instance_counts");
  const [pending, active, complete, failed, cancelled] = COUNTS.map((key) => (given === undefined ? 0 : count(key, given?.[key]))) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const { core, scratch } = agentCore();
  const status = core.life_cycle(now, Number(retired), lastActivity, pending, active, complete, failed, cancelled);
  const view = new DataView(scratch.buffer, scratch.byteOffset);
  const [update, retire, reinstate, remove] = Array.from(scratch.subarray(16, 20), Boolean) as [boolean, boolean, boolean, boolean];
  const storedId = (key: (typeof RECORD_IDS)[number]): Pfid | null => {
    const value: unknown = stored(key);
    return value == null ? null : isPfid(value) ? value : fail(key, "must be a PFID or null");
  };
  const agent = agentOf(details, storedId, {
    id: details.id,
    status: AGENT_STATUSES[status] as Agent["status"],
    inserted_at: inserted[1],
    updated_at: updated[1],
    available_actions: { update, retire, reinstate, delete: remove },
    instance_counts: {
      total: view.getFloat64(0, true),
      pending,
      active,
      complete,
      failed,
      cancelled,
      finished: view.getFloat64(8, true),
    },
  });
  return { status: "success", details: agent };
}

/** Keys that only stored records have. */
const STORED = ["inserted_at", "updated_at", "retired", "last_activity_at", "instance_counts", ...RECORD_IDS];

/**
 * Builds the whole answer of the API for an agent, ready to be sent: `{ status: "success", details: Agent }`.
 *
 * From a validated request or its details, it is the answer for a new agent: pending, without instances, inserted `now`. Its
 * id is `options.id`, or else the id in the details, or else a new one in the partition of `environment_id`. From a stored
 * record, the rules of the life cycle give status, actions, `finished` and `total` as of `now`. [ours]
 *
 * Throws a `TypeError` that names the field and the rule if the argument breaks the contract.
 */
export function buildAgentResponse(
  agent: NewAgent | AgentRecord,
  options: { readonly now?: Date | number | undefined; readonly id?: Pfid | undefined } = {},
): AgentResponse {
  if (typeof agent !== "object" || agent === null) fail("agent", "must be an object");
  const now = millis("now", own(options, "now") ?? Date.now());
  // PFID times start at 1970.
  if (now < 0) fail("now", "must not be before 1970");
  const today = instant("now", now);
  // Records may be class instances, so inherited keys count, but not those of a polluted `Object.prototype`.
  const has = (key: string): boolean => Object.hasOwn(agent, key) || (key in agent && !(key in Object.prototype));
  if (STORED.some(has)) {
    const record = agent as AgentRecord;
    const id = own(options, "id");
    const stored = <Key extends keyof AgentRecord>(key: Key): AgentRecord[Key] | undefined => (has(key) ? record[key] : undefined);
    const given = detailsOf((key) => (key === "id" ? (id ?? stored("id") ?? "") : stored(key)));
    const details = checked(given, "");
    const inserted = instant("inserted_at", record.inserted_at);
    const updated = instant("updated_at", record.updated_at);
    return answer({ ...details, id: details.id as Pfid }, today[0], inserted, updated, stored);
  }
  const request = has("details");
  const given: unknown = request ? (agent as CreateAgentRequest).details : agent;
  // A value that is no object is reported as such.
  const chosen = own(options, "id");
  const named = chosen === undefined ? given : { ...(given as CreateAgentDetails), id: chosen };
  const details = checked(named, request ? "details." : "");
  const id = own(details, "id") ?? generatePfid({ partition: details.environment_id, now });
  return answer({ ...details, id }, today[0], today, today, () => undefined);
}
