// The code that the peers share beside router and validator: ids, records, the store, the bodies of answers.

import { ACCOUNT, ENVIRONMENT } from "../lib/inputs.mjs";

export const TOKEN = "bench-token-of-the-account";
export { ACCOUNT, ENVIRONMENT };

const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";
const pool = new Uint8Array(16 * 256);
let left = 0;

/** A new PFID in the partition of the environment. Random bits are drawn for 256 ids at once. */
function newId(now, environment) {
  if (left === 0) {
    crypto.getRandomValues(pool);
    left = 256;
  }
  left--;
  let time = "";
  for (let rest = now, at = 0; at < 10; at++, rest = Math.floor(rest / 32)) time = DIGITS[rest % 32] + time;
  let random = "";
  for (let at = 0; at < 16; at++) random += DIGITS[pool[left * 16 + at] & 31];
  return time + environment.slice(10, 16) + random;
}

/** A fresh, empty store of agents. */
export function newStore() {
  const agents = new Map();
  return {
    agents,
    create({ details }) {
      const now = Date.now();
      const at = `${new Date(now).toISOString().slice(0, -1)}000Z`;
      const agent = {
        type: "agent",
        id: details.id ?? newId(now, details.environment_id),
        name: details.name,
        description: details.description ?? null,
        environment_id: details.environment_id,
        status: "pending",
        current_version_id: null,
        current_schema_version_id: null,
        inserted_at: at,
        updated_at: at,
        available_actions: { update: true, retire: true, reinstate: false, delete: true },
        instance_counts: { total: 0, pending: 0, active: 0, complete: 0, failed: 0, cancelled: 0, finished: 0 },
      };
      agents.set(agent.id, agent);
      return agent;
    },
  };
}

export const success = (details) => ({ status: "success", details });
export const failure = (code, message) => ({ status: "error", code, message });

/** The body of a 422 from a contender's issues. */
export function invalid(contender, issues) {
  const errors = {};
  for (const issue of issues) {
    for (const path of contender.paths(issue)) (errors[path.join(".")] ??= []).push(issue.message);
  }
  return { ...failure("validation_errors", "The request is not valid."), errors };
}

/** A page of the list; the store is in order of creation. */
export function page(agents, offset, size) {
  const summaries = [];
  const values = agents.values();
  for (let skipped = 0; skipped < offset; skipped++) values.next();
  for (const { instance_counts, ...summary } of values) {
    if (summaries.length === size) break;
    summaries.push(summary);
  }
  const total = agents.size;
  const pagination = {
    item_count: total,
    item_start: summaries.length > 0 ? offset + 1 : 0,
    item_end: offset + summaries.length,
    page_count: Math.ceil(total / size),
    page_index: Math.floor(offset / size) + 1,
    page_offset: offset,
    page_size: size,
    next_page_offset: offset + size < total ? offset + size : null,
    previous_page_offset: offset > 0 ? Math.max(0, offset - size) : null,
  };
  return { status: "success", summaries, pagination, sorting: { field: "id", direction: "asc" } };
}

let requests = 0;
/** The headers of every answer. */
export const head = () => ({
  "content-type": "application/json",
  "cache-control": "no-store",
  "x-request-id": `bench-${(++requests).toString(36)}`,
});
