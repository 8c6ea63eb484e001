// The worker with Durable Objects, and what one request of a kind takes: `/run?kind=KIND&count=N` sends N of them.
//
// With `keys=no` they have no idempotency keys. The kinds with "front" go the whole way: front worker, message, object. The others ask the object by the same message.
import worker, { AgentRegistrarAccount, AgentRegistrarDirectory } from "agent-registrar/cloudflare/durable";

class Account extends AgentRegistrarAccount {
  #state;

  constructor(state, environment) {
    super(state, environment);
    this.#state = state;
  }

  /** Bytes of the database. */
  size() {
    return this.#state.storage.sql.databaseSize;
  }

  nothing() {}
}

export { Account as AgentRegistrarAccount, AgentRegistrarDirectory };

const ORIGIN = "http://registrar.test";
const TOKEN = "token-of-the-scaling-bench";
const ENVIRONMENT = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
const PARTITION = ENVIRONMENT.slice(10, 16);
const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
const PAYLOAD = { model: "claude", prompt: "Summarise the invoice of March and list what is still open.", tokens: 412 };

/** Ids of what was made, for the requests that need one. */
const ids = { agent: undefined, agents: [], pending: [], active: [], spans: [] };
let made = 0;

const create = (path, body) => ({ method: "POST", path, body });
let isKeyed = true;
const key = () => (isKeyed ? `key-${++made}-0123456789abcdef` : null);

/** A request of each kind. */
const KINDS = {
  create: () =>
    create("agent", {
      details: { name: `Invoice agent ${made}`, description: "Reads invoices and books them.", environment_id: ENVIRONMENT },
      idempotency_key: key(),
    }),
  fetch: () => ({ method: "GET", path: `agent/${ids.agent}` }),
  list: () => ({ method: "GET", path: "agent?pagination[page_size]=50" }),
  register: () =>
    create("agent_instance/register", {
      agent_id: ids.agent,
      agent_version: { external_identifier: "1.0.0" },
      idempotency_key: key(),
    }),
  start: () => create(`agent_instance/${ids.pending.shift()}/start`, { idempotency_key: key() }),
  finish: () => create(`agent_instance/${ids.active.shift()}/finish`, { idempotency_key: key() }),
  span: () =>
    create("agent_spans", {
      details: {
        ...{ agent_instance_id: ids.active[0], schema_name: "llm", status: "active", payload: PAYLOAD },
        idempotency_key: key(),
      },
    }),
  "finish span": () => create(`agent_spans/${ids.spans.shift()}/finish`, { result_payload: PAYLOAD, idempotency_key: key() }),
};

function note(kind, details) {
  if (kind === "create") ids.agent ??= details.id;
  else if (kind === "register") ids.pending.push(details.id);
  else if (kind === "start") ids.active.push(details.id);
  else if (kind === "span") ids.spans.push(details.id);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const object = (environment) => {
  const objects = environment.AGENT_REGISTRAR_OBJECTS;
  return objects.get(objects.idFromName(PARTITION));
};

async function ask(environment, kind) {
  const { method, path, body } = KINDS[kind]();
  const bytes = body === undefined ? new Uint8Array(0) : encoder.encode(JSON.stringify(body));
  const answer = await object(environment).answer(PARTITION, { method, target: `/api/v1/${path}`, headers, body: bytes });
  const text = decoder.decode(answer.body);
  if (answer.status !== 200) throw new Error(`${kind} was answered ${answer.status}: ${text}`);
  note(kind, JSON.parse(text).details);
}

async function askFront(environment, kind) {
  const { method, path, body } = KINDS[kind]();
  const request = new Request(`${ORIGIN}/api/v1/${path}`, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
  const response = await worker.fetch(request, environment);
  const answer = await response.json();
  if (response.status !== 200) throw new Error(`${kind} was answered ${response.status}`);
  note(kind, answer.details);
}

async function run(environment, kind, count) {
  const stub = object(environment);
  for (let at = 0; at < count; at++) {
    if (kind === "nothing") await stub.nothing();
    else if (kind.startsWith("front ")) await askFront(environment, kind.slice(6));
    else await ask(environment, kind);
  }
}

export default {
  async fetch(request, environment) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/about") return new Response("up");
    if (pathname === "/wake") {
      const authorization = `Bearer ${searchParams.get("token")}`;
      return worker.fetch(new Request(`${ORIGIN}/api/v1/agent`, { headers: { authorization } }), environment);
    }
    if (pathname === "/size") return Response.json(await object(environment).size());
    isKeyed = searchParams.get("keys") !== "no";
    await run(environment, searchParams.get("kind"), Number(searchParams.get("count")));
    return new Response("done");
  },
};
