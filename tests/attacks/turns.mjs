// npm run soak:turns [-- --db] [OPERATION…]
//
// For how long single requests hold up the event loop: the processor time of the synchronous call, of requests that are as expensive as
// an attacker can make them, on records of the greatest width. In memory, or with `--db` on a file (Node 22.13 or newer). Linux only.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createRegistrar } from "../../dist/service.js";

const { values: flags, positionals: wanted } = parseArgs({ options: { db: { type: "boolean", default: false } }, allowPositionals: true });
const folder = mkdtempSync(join(tmpdir(), "registrar-turns-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const store = flags.db ? (await import("../../dist/sqlite.js")).sqliteStore({ file: join(folder, "agents.db") }) : undefined;
const registrar = createRegistrar({ ...(store && { store }) });
const { environment_id: environment, token } = registrar.defaults;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** Rounds of each operation. */
const ROUNDS = 5;
const MIB = 1024 * 1024;
const WIDE = "\u{1f980}";

function send(method, target, body) {
  const bytes = body === undefined ? undefined : encoder.encode(typeof body === "string" ? body : JSON.stringify(body));
  const headers = { authorization: `Bearer ${token}`, ...(bytes && { "content-type": "application/json" }) };
  return registrar.handle(method, target, headers, bytes);
}

function expect(answer, status = 200) {
  if (answer.status !== status) throw new Error(`${answer.status} ${decoder.decode(answer.body).slice(0, 300)}`);
  return answer;
}

const detailsOf = (answer) => JSON.parse(decoder.decode(expect(answer).body)).details;

/** The milliseconds that the main thread has run. */
const ran = () => Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;

const bulk = (type, count, item) =>
  send("POST", "/api/v1/bulk", {
    items: Array.from({ length: count }, (_, n) => ({ _type: type, idempotency_key: `k-${Math.random()}-${n}`, ...item(n) })),
  });

// Records. The number of spans below one instance is the greatest for which all orders are allowed.
const agents = Array.from(
  { length: 110 },
  (_, n) =>
    detailsOf(send("POST", "/api/v1/agent", { details: { name: `A${n}`, environment_id: environment, description: WIDE.repeat(10_000) } }))
      .id,
);
const register = (agent) =>
  detailsOf(
    send("POST", "/api/v1/agent_instance/register", {
      agent_id: agent,
      agent_version: { external_identifier: `v-${agent}` },
      agent_schema_version: { external_identifier: `s-${agent}` },
    }),
  ).id;
const spanOf = (instance, payload) => ({ agent_instance_id: instance, schema_name: "s", status: "active", payload });
const [many, wide, huge, versions] = agents;
const manyInstance = register(many);
for (let n = 0; n < 10_000; n += 1_000) expect(bulk("agent_spans/create", 1_000, () => ({ details: spanOf(manyInstance, {}) })));
const wideInstance = register(wide);
for (let n = 0; n < 150; n += 1)
  expect(
    send("POST", "/api/v1/agent_spans", {
      details: { ...spanOf(wideInstance, { a: WIDE.repeat(4_000) }), result_payload: { a: WIDE.repeat(4_000) } },
    }),
  );
const hugeInstance = register(huge);
for (let n = 0; n < 10; n += 1) expect(send("POST", "/api/v1/agent_spans", { details: spanOf(hugeInstance, { a: WIDE.repeat(261_000) }) }));
for (let n = 0; n < 110; n += 1)
  expect(
    send("POST", "/api/v1/agent_version", {
      details: { agent_id: versions, external_identifier: `v${n}`, name: "n", description: WIDE.repeat(10_000) },
    }),
  );
const empty = agents.slice(100);
for (let n = 0; n < 20_000; n += 1_000)
  expect(bulk("agents/create", 1_000, (at) => ({ details: { name: `S${n + at}`, environment_id: environment } })));

const page = "pagination[page_size]=100";
const get = (target) => () => send("GET", target);
const lists = (query, count) => () => bulk("agents/list", count, () => query);
let counter = 0;
const OPERATIONS = {
  "page of 4 MiB, by id": get(`/api/v1/agent?${page}`),
  "page of 4 MiB, by name, from the end": get(`/api/v1/agent?${page}&sorting=-name&pagination[offset]=20000`),
  "page of short agents, in the middle": get(`/api/v1/agent?${page}&pagination[offset]=10000`),
  "page of wide spans": get(`/api/v1/agent_spans?agent_instance_id=${wideInstance}&${page}`),
  "page of the longest spans": get(`/api/v1/agent_spans?agent_instance_id=${hugeInstance}&${page}`),
  "page of wide spans of an agent": get(`/api/v1/agent_spans?agent_id=${wide}&${page}`),
  "10,000 spans in an order without an index": get(`/api/v1/agent_spans?agent_instance_id=${manyInstance}&${page}&sorting=status`),
  "10,000 spans by their end": get(`/api/v1/agent_spans?agent_id=${many}&${page}&sorting=-finished_at`),
  "page of wide versions": get(`/api/v1/agent_version?agent_id=${versions}&${page}`),
  "bulk of 1,000 lists of 1 short agent": lists({ pagination: { page_size: 1, offset: 10_000 } }, 1_000),
  "bulk of 1,000 lists of 100 short agents": lists({ pagination: { page_size: 100, offset: 10_000 } }, 1_000),
  "bulk of 1,000 lists of 100 wide agents": lists({ pagination: { page_size: 100 } }, 1_000),
  "bulk of 1,000 deep lists past the end": lists({ pagination: { page_size: 100, offset: 1_000_000 } }, 1_000),
  "bulk of 1,000 creates": () => bulk("agents/create", 1_000, (n) => ({ details: { name: `B${n}`, environment_id: environment } })),
  "bulk of 1,000 creates with 200 characters": () =>
    bulk("agents/create", 1_000, (n) => ({ details: { name: `B${n}`, environment_id: environment, description: WIDE.repeat(200) } })),
  "bulk of 1,000 updates of a wide agent": () => bulk("agents/update", 1_000, (n) => ({ agent_id: agents[5], details: { name: `U${n}` } })),
  "bulk of 1,000 shows of a wide agent": () => bulk("agents/show", 1_000, () => ({ agent_id: agents[5] })),
  "bulk of 1,000 registers": () =>
    bulk("agent_instances/register", 1_000, (n) => ({ agent_id: agents[6], agent_version: { external_identifier: `b${counter}-${n}` } })),
  "bulk of 1,000 spans": () => bulk("agent_spans/create", 1_000, () => ({ details: spanOf(manyInstance, {}) })),
  "create with 1 MiB": () => send("POST", "/api/v1/agent_spans", { details: spanOf(hugeInstance, { a: WIDE.repeat(261_000) }) }),
  "create with 90,000 keys": () =>
    send(
      "POST",
      "/api/v1/agent_spans",
      `{"details":{"agent_instance_id":"${hugeInstance}","schema_name":"s","status":"active","payload":{${Array.from({ length: 90_000 }, (_, n) => `"${n}":1`).join(",")}}}}`,
    ),
  "register with a schema of 1 MiB": () =>
    send("POST", "/api/v1/agent_instance/register", {
      agent_id: agents[7],
      agent_version: { external_identifier: "v" },
      agent_schema_version: { external_identifier: `s${counter}`, span_schemas: { a: { x: WIDE.repeat(255_000) } } },
    }),
  "delete of a wide agent": () => send("DELETE", `/api/v1/agent/${empty.pop()}`, {}),
  "1,000 ids": () => send("POST", "/api/v1/pfid/generate", { count: 1_000 }),
};

/** Their answers have a bound, beyond which items are refused. */
const REFUSING = [
  "bulk of 1,000 lists of 100 short agents",
  "bulk of 1,000 lists of 100 wide agents",
  "bulk of 1,000 updates of a wide agent",
  "bulk of 1,000 shows of a wide agent",
];

console.log(`| ${flags.db ? "file" : "memory"}: operation | status | bytes | processor time, median of ${ROUNDS} | longest |`);
console.log("| --- | ---: | ---: | ---: | ---: |");
for (const [name, run] of Object.entries(OPERATIONS)) {
  if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) continue;
  const times = [];
  let answer;
  for (let round = 0; round < ROUNDS; round += 1) {
    counter += 1;
    const begin = ran();
    answer = run();
    times.push(ran() - begin);
    expect(answer);
    if (!REFUSING.includes(name) && decoder.decode(answer.body).includes('"status":"error"')) throw new Error(`${name}: items are refused`);
    await new Promise(setImmediate);
  }
  times.sort((a, b) => a - b);
  console.log(
    `| ${name} | ${answer.status} | ${(answer.body.length / MIB).toFixed(2)} MiB | ${times[ROUNDS >> 1].toFixed(1)} ms | ${times.at(-1).toFixed(1)} ms |`,
  );
}
registrar.close();
