import { AGENT_STATUSES, agentOf, detailsOf, RECORD_IDS } from "../generated/rules.js";
import { has } from "../values/values.js";
import { agentCore } from "./agent-core.js";
import { attempt, member, optionsOf } from "./member.js";
import { generatePfid, isPfid } from "./pfid.js";
import { keysOf } from "./read.js";
import { fail, type Instant, instant, millis, NO_TIME } from "./time.js";
import type { Agent, AgentRecord, AgentResponse, CreateAgentDetails, NewAgent, Pfid } from "./types.js";
import { validateCreateAgent } from "./validate.js";

const COUNTS = ["pending", "active", "complete", "failed", "cancelled"] as const;

/** Checks the details by the rules of a create. Throws a `TypeError` that names the field below `root`. */
function checked(details: unknown, root: string): CreateAgentDetails {
  const result = validateCreateAgent({ details });
  if (result.ok) return result.value.details;
  const [{ path, message }] = result.issues;
  if (path.length > 1) return fail(root + path[1] + ":", message);
  return root === "" ? fail("agent", "must be a plain object, or a stored record") : fail("details:", message);
}

/** Details with another id. */
function withId(details: unknown, root: string, id: unknown): unknown {
  if (id == null || typeof keysOf(details) === "number") return details;
  return detailsOf((key) => (key === "id" ? id : member(details as object, key, root + key)));
}

/** The core counts in u32. */
function countOf(given: unknown, key: string): number {
  const field = "instance_counts." + key;
  const value = member(given as object, key, field);
  const count = typeof value === "bigint" ? Number(value) : value;
  return typeof count === "number" && count >>> 0 === count ? count >>> 0 : fail(field, "must be an integer from 0 to 4294967295");
}

/** The answer of the API, with its keys in the order of the contract. */
function answer(
  details: CreateAgentDetails & { readonly id: Pfid },
  now: bigint,
  inserted: Instant,
  updated: Instant,
  stored: <Key extends keyof AgentRecord>(key: Key) => AgentRecord[Key] | undefined,
): AgentResponse {
  const ids = RECORD_IDS.map((key) => {
    const value: unknown = stored(key);
    return value == null ? null : isPfid(value) ? value : fail(key, "must be a PFID or null");
  });
  const retired = stored("retired") ?? false;
  if (typeof retired !== "boolean") fail("retired", "must be a boolean");
  const activity = stored("last_activity_at");
  const lastActivity = activity == null ? NO_TIME : instant("last_activity_at", activity)[0];
  const given: unknown = stored("instance_counts");
  if (given !== undefined && (typeof given !== "object" || given === null)) fail("instance_counts", "must be an object");
  const [pending, active, complete, failed, cancelled] = COUNTS.map((key) => (given === undefined ? 0 : countOf(given, key))) as [
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
  const agent = agentOf(details, (key) => ids[RECORD_IDS.indexOf(key)] ?? null, {
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
 * Counts and times may be safe bigints, as database drivers give them. [ours]
 *
 * Throws a `TypeError` that names the field and the rule if the argument breaks the contract.
 */
export function buildAgentResponse(
  agent: NewAgent | AgentRecord,
  options: { readonly now?: Date | number | undefined; readonly id?: Pfid | undefined } = {},
): AgentResponse {
  if (typeof agent !== "object" || agent === null) fail("agent", "must be an object");
  // `rows.map(buildAgentResponse)` gives an index as the second argument.
  const { now: time, id: chosen } = optionsOf(options == null || typeof options === "number" ? {} : options, ["now", "id"]);
  const now = millis("now", time ?? Date.now());
  // PFID times start at 1970.
  if (now < 0) fail("now", "must not be before 1970");
  const today = instant("now", now);
  // Records may be class instances, so inherited keys count.
  const stored = (key: string): unknown => member(agent, key);
  if (attempt("agent", () => STORED.some((key) => has(agent, key)))) {
    const details = checked(
      detailsOf((key) => (key === "id" ? (chosen ?? stored("id") ?? "") : stored(key))),
      "",
    );
    const inserted = instant("inserted_at", stored("inserted_at"));
    const updated = instant("updated_at", stored("updated_at"));
    return answer({ ...details, id: details.id as Pfid }, today[0], inserted, updated, stored as Parameters<typeof answer>[4]);
  }
  const request = has(agent, "details");
  const root = request ? "details." : "";
  // A value that is no object is reported as such.
  const details = checked(withId(request ? stored("details") : agent, root, chosen), root);
  const id = member(details, "id") ?? generatePfid({ partition: details.environment_id, now });
  return answer({ ...details, id: id as Pfid }, today[0], today, today, () => undefined);
}
