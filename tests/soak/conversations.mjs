// What clients do: conversations of a few requests, each with the answer that it must have.
//
// A conversation is a list of batches, and a batch is a list of steps whose requests are sent together. A step is
// { method, path, body, headers, token, status, code, check, same }: `status` (a number, or several) and `code` are what the answer must have,
// `check` looks into its body, and `same` names an earlier step whose body it must repeat. A batch may be a function of the answers so far.
import { randomBytes } from "node:crypto";
import { generatePfid } from "../../dist/index.js";

const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";
/** So many digits at the end of a PFID are random. */
const RANDOM_DIGITS = 16;

const json = { "content-type": "application/json" };

const get = (path, status = 200, more = {}) => ({ method: "GET", path: `/api/v1/${path}`, status, ...more });
const write = (method, path, body, status = 200, more = {}) => ({
  method,
  path: `/api/v1/${path}`,
  body: body === undefined ? undefined : JSON.stringify(body),
  headers: json,
  status,
  ...more,
});
const post = (...rest) => write("POST", ...rest);
const put = (...rest) => write("PUT", ...rest);
const remove = (path, body, ...rest) => write("DELETE", path, body, ...rest);
const conflict = { code: "invalid_action" };

/** One agent from its creation to its end. `context.isKeyed`: its requests have idempotency keys. */
function agentLife(context) {
  const { environment, isKeyed, key, isRecorded } = context;
  const id = context.newId();
  const name = `Agent ${key}`;
  const keyed = (suffix) => (isKeyed ? { idempotency_key: `${key}-${suffix}` } : {});
  const create = { details: { name, environment_id: environment, id, description: context.description }, ...keyed("create") };
  const first = post("agent", create, 200, {
    id: "create",
    check: ({ details }) => details.id === id && details.name === name && details.status === "pending",
  });
  const again = isKeyed
    ? [
        post("agent", create, 200, { same: "create" }),
        post("agent", { details: { ...create.details, name: "Another" }, ...keyed("create") }, 409, {
          code: "idempotency_key_already_used",
        }),
      ]
    : [post("agent", create, 422, { code: "validation_errors" })];
  const change = [
    get(`agent/${id}`, 200, { check: ({ details }) => details.name === name }),
    put(`agent/${id}`, { details: { name: `${name}, changed` }, ...keyed("update") }),
    get(`agent/show?agent_id=${id}`, 200, { check: ({ details }) => details.name === `${name}, changed` }),
    get("agent?pagination[page_size]=3&sorting=-id", 200, { check: ({ summaries }) => summaries.length <= 3 }),
    post(`agent/${id}/retire`, keyed("retire"), 200, { check: ({ details }) => details.status === "retired" }),
    put(`agent/${id}`, { details: { name } }, 409, conflict),
    post(`agent/${id}/reinstate`, keyed("reinstate")),
  ];
  const end = isRecorded
    ? [...run(context, id, keyed), remove(`agent/${id}`, undefined, 409, conflict), post(`agent/${id}/retire`, keyed("end"))]
    : [
        remove(`agent/${id}`, keyed("delete"), 200, { id: "delete" }),
        ...(isKeyed ? [remove(`agent/${id}`, keyed("delete"), 200, { same: "delete" })] : []),
        get(`agent/${id}`, 404, { code: "not_found" }),
      ];
  return { batches: [[first, ...again], change, end], cleanUp: [remove(`agent/${id}`, undefined, [200, 404, 409])] };
}

/** A run of an agent: an instance with a span. */
function run(context, agent, keyed) {
  const [instance, span] = [context.newId(), context.newId()];
  const spanDetails = {
    agent_instance_id: instance,
    schema_name: "llm",
    status: "active",
    payload: { prompt: "x", tokens: 412 },
    id: span,
  };
  return [
    post("agent_instance/register", { agent_id: agent, id: instance, agent_version: { external_identifier: "1" }, ...keyed("register") }),
    post(`agent_instance/${instance}/start`, keyed("start")),
    post(`agent_instance/${instance}/start`, undefined, 409, conflict),
    post("agent_spans", { details: { ...spanDetails, ...keyed("span") } }),
    post(`agent_spans/${span}/finish`, { status: "complete", ...keyed("span-end") }),
    post(`agent_spans/${span}/finish`, { status: "complete" }, 409, conflict),
    post(`agent_instance/${instance}/finish`, { status: "failed", ...keyed("finish") }),
    get(`agent_instance?agent_id=${agent}`, 200, { check: ({ summaries }) => summaries[0].status === "failed" }),
    get(`agent_instance/${instance}`),
    get(`agent_spans?agent_instance_id=${instance}&start_time=2020-01-01T00:00:00Z&end_time=2100-01-01T00:00:00Z`),
    get(`agent_version?agent_id=${agent}`, 200, { check: ({ summaries }) => summaries.length === 1 }),
    get(`agent/${agent}`, 200, { check: ({ details }) => details.instance_counts.failed === 1 }),
  ];
}

function bulk(context) {
  const { environment, key } = context;
  const id = context.newId();
  const item = (type, more) => ({ _type: type, idempotency_key: `${key}-${type}`, ...more });
  const items = [
    item("agents/create", { details: { name: "Bulk", environment_id: environment, id } }),
    item("agents/show", { agent_id: id }),
    item("agents/update", { agent_id: id, details: { description: "in bulk" } }),
    item("agents/list", { pagination: { page_size: 2 } }),
    item("agents/delete", { agent_id: id }),
  ];
  const all = post("bulk", { items }, 200, {
    id: "bulk",
    check: ({ outputs }) => Object.keys(outputs).length === 5 && outputs[`${key}-agents/delete`].details.id === id,
  });
  return { batches: [[all, get(`agent/${id}`, 404)]], cleanUp: [remove(`agent/${id}`, undefined, [200, 404])] };
}

function environments(context) {
  const id = context.newId();
  const { account, key } = context;
  const agent = { name: "Inside", environment_id: id, id: context.newId() };
  const steps = [
    post("environment", { details: { account_id: account, name: key, id } }),
    get(`environment/${id}`, 200, { check: ({ details }) => details.name === key }),
    put(`environment/${id}`, { details: { name: `${key}, changed` } }),
    post("agent", { details: agent }),
    remove(`environment/${id}`, undefined, 409),
    remove(`agent/${agent.id}`),
    remove(`environment/${id}`),
    get(`environment/${id}`, 404),
  ];
  return {
    batches: [steps],
    cleanUp: [remove(`agent/${agent.id}`, undefined, [200, 404]), remove(`environment/${id}`, undefined, [200, 404])],
  };
}

function apiTokens(context) {
  const details = { token_scope: "environment", environment_id: context.environment, name: context.key };
  const created = post("api_token", { details }, 200, { id: "token", check: ({ token }) => typeof token === "string" });
  const rest = (answers) => {
    const { token, details } = JSON.parse(answers.get("token").body);
    const path = `api_token/${details.id}`;
    return [
      get("ping", 200, { token }),
      post(`${path}/suspend`),
      get("ping", 401, { token, code: "bad_authtoken" }),
      post(`${path}/activate`),
      get("agent?pagination[page_size]=1", 200, { token }),
      post(`${path}/revoke`),
      get("ping", 401, { token, code: "bad_authtoken" }),
      remove(path),
    ];
  };
  return { batches: [[created], rest], cleanUp: [] };
}

function reads(context) {
  const { account, environment } = context;
  return {
    batches: [
      [
        get("ping"),
        get(`account/${account}`),
        get("account"),
        get(`environment?account_id=${account}`),
        get("api_token?pagination[page_size]=2"),
        get(`agent?environment_id=${environment}&pagination[page_size]=10&sorting=name`),
        get("agent?pagination[page_size]=5&sorting[field]=status&sorting[direction]=desc&include_counts=true"),
        post("pfid/generate", { count: 3 }, 200, { check: ({ pfids }) => new Set(pfids).size === 3 }),
        { method: "GET", path: "/healthz", status: 200 },
      ],
    ],
    cleanUp: [],
  };
}

/** Requests that are refused. */
function refusals(context) {
  const { environment, foreign } = context;
  const bad = (body, status, more) => ({ ...post("agent", undefined, status, more), body });
  const invalid = { code: "validation_errors" };
  const steps = [
    bad("{", 400, { code: "bad_request" }),
    bad("[]", 400, { code: "bad_request" }),
    bad('{"details":{"name":"a","name":"b"}}', 400, { code: "bad_request" }),
    bad(`{"details":${'{"a":'.repeat(40)}1${"}".repeat(40)}}`, 400, { code: "bad_request" }),
    bad('{"details":{"name":"\xff"}}', 400, { code: "bad_request" }),
    post("agent", { details: { environment_id: environment } }, 422, invalid),
    post("agent", { details: { name: "x".repeat(256), environment_id: environment } }, 422, invalid),
    // 403 with a token of an environment.
    post("agent", { details: { name: "x", environment_id: foreign } }, [403, 422]),
    { ...bad("x", 415, { code: "bad_request" }), headers: { "content-type": "text/plain" } },
    get("agent", 401, { token: null, code: "not_authenticated" }),
    get("agent", 401, { token: "made-up", code: "bad_authtoken" }),
    get("nothing", 404, { code: "not_found" }),
    get(`agent/${foreign}`, 404, { code: "not_found" }),
    get("agent?pagination[page_size]=0", 422, invalid),
    get("agent?sorting=colour", 422, invalid),
    { method: "PATCH", path: "/api/v1/agent", status: 405, code: "bad_request" },
    get("alerts", 404),
  ];
  const start = context.below(steps.length);
  return { batches: [[...steps, ...steps].slice(start, start + 8)], cleanUp: [] };
}

const REFUSALS = [400, 403, 404, 409, 415, 422];

/** A body with a few other bytes. */
function mutation(context) {
  const id = context.newId();
  const whole = JSON.stringify({ details: { name: context.key, environment_id: context.environment, id, description: "a\\u00e9\\n" } });
  let body = whole;
  for (let count = 1 + context.below(3); count > 0; count -= 1) {
    const place = context.below(body.length);
    const byte = String.fromCharCode(context.below(256));
    body = body.slice(0, place) + [byte, "", byte + body[place]][context.below(3)] + body.slice(place + 1);
  }
  const created = { ...post("agent", undefined, [200, ...REFUSALS], { id: "created" }), body };
  // The id may have changed.
  const rest = (answers) => {
    const { status, body } = answers.get("created");
    return status === 200 ? [remove(`agent/${JSON.parse(Buffer.from(body, "latin1")).details.id}`)] : [get(`agent/${id}`, 404)];
  };
  return { batches: [[created], rest], cleanUp: [remove(`agent/${id}`, undefined, [200, 404])] };
}

/** Conversations and how often they come. Those of an account need a token of its scope. */
const TABLE = [
  { make: agentLife, weight: 50 },
  { make: reads, weight: 8, ofAccount: true },
  { make: refusals, weight: 14 },
  { make: mutation, weight: 14 },
  { make: bulk, weight: 8 },
  { make: environments, weight: 3, ofAccount: true },
  { make: apiTokens, weight: 3, ofAccount: true },
];
const TOTAL = TABLE.reduce((sum, { weight }) => sum + weight, 0);

/** A function that gives whole numbers below another one, always the same ones for a seed. */
export function randomOf(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/**
 * A new id of a partition. Those of `generatePfid` follow one another within a millisecond, so a body with another last digit could
 * have the id of another client.
 */
function newId(partition) {
  const random = Array.from(randomBytes(RANDOM_DIGITS), (byte) => DIGITS[byte % DIGITS.length]);
  return generatePfid({ partition }).slice(0, -RANDOM_DIGITS) + random.join("");
}

/** The next conversation of a client with this token. */
export function conversation({ tenant, isOfAccount, below, key }) {
  const context = {
    ...tenant,
    below,
    key,
    isKeyed: below(2) === 0,
    // An agent with a history is never deleted.
    isRecorded: below(8) === 0,
    description: below(4) === 0 ? "x".repeat(below(4_000)) : "What it does, in a line.",
    newId: () => newId(tenant.account),
  };
  let place = below(TOTAL);
  const { make, ofAccount } = TABLE.find(({ weight }) => (place -= weight) < 0);
  return (ofAccount && !isOfAccount ? agentLife : make)(context);
}
