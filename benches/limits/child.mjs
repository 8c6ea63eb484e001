// A registrar with the limits of a worker, filled until it refuses.

import { answer } from "../lib/process.mjs";
import { TOKEN } from "../service/store.mjs";

// The registrar does not expose its memory, so this intercepts the instantiation.
let memory;
const { Instance } = WebAssembly;
WebAssembly.Instance = new Proxy(Instance, {
  construct(target, args) {
    const instance = new target(...args);
    memory = instance.exports.memory;
    return instance;
  },
});

const { createRegistrar } = await import("agent-registrar/service");
const ENVIRONMENT = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
const HEADERS = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Fills a new registrar with records of one kind; gives how many, and what the memory grew by. */
function fill(kind, limits) {
  const registrar = createRegistrar({ tokens: [{ token: TOKEN }], limits });
  const send = (path, body) => {
    const { status, body: given } = registrar.handle("POST", `/api/v1/${path}`, HEADERS, encoder.encode(JSON.stringify(body)));
    if (status !== 200 && status !== 409) throw new Error(`${path} answered ${status}: ${decoder.decode(given)}`);
    return status === 200 ? JSON.parse(decoder.decode(given)).details : undefined;
  };
  const agent = (number, more = {}) => send("agent", { details: { name: `a${number}`, environment_id: ENVIRONMENT }, ...more });
  const parent = agent(0);
  const instance = send("agent_instance/register", { agent_id: parent.id });
  const span = (length) => (number) =>
    send("agent_spans", {
      details: { agent_instance_id: instance.id, schema_name: "s", status: "active", payload: { number, text: "x".repeat(length) } },
    });
  const kinds = {
    agents: agent,
    "agents with keys": (number) => agent(number, { idempotency_key: `key-${number}` }),
    instances: () => send("agent_instance/register", { agent_id: parent.id }),
    versions: (number) => send("agent_version", { details: { agent_id: parent.id, external_identifier: `v${number}` } }),
    spans: span(0),
    "spans of 2 KB": span(2_000),
    "spans of 1 MB": span(1_000_000),
  };
  const before = memory.buffer.byteLength;
  let count = 0;
  while (kinds[kind](count + 1) !== undefined) count += 1;
  return { count, bytes: memory.buffer.byteLength - before };
}

answer({ fill });
