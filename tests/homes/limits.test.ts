// The option `limits` of every home that has one, and what a registrar at a limit still does. The rules themselves are tested on
// every store by tests/limits.rs.
import { createRegistrar, type LimitOptions } from "agent-registrar/service";
import { serve } from "agent-registrar/node";
import { describe, expect, test } from "vitest";
import { isFull } from "../shared/full.ts";
import { startWorker } from "./drivers/workerd.js";

const headers = { authorization: "Bearer t", "content-type": "application/json" };
const tokens = [{ token: "t" }];
const ENVIRONMENT = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
const agent = (name = "Agent") => ({ details: { name, environment_id: ENVIRONMENT } });

function send(registrar: ReturnType<typeof createRegistrar>, method: string, target: string, content?: object) {
  const body = content === undefined ? null : new TextEncoder().encode(JSON.stringify(content));
  const answer = registrar.handle(method, `/api/v1/${target}`, headers, body);
  return { status: answer.status, json: JSON.parse(new TextDecoder().decode(answer.body)) };
}

describe("the option", () => {
  test.each([
    [{ records: -1 }, /^limits.records: must be a whole number/],
    [{ bytes: 1.5 }, /^limits.bytes: must be a whole number/],
    [{ keys: "5" }, /^limits.keys: must be a whole number/],
    [{ accountBytes: Number.NaN }, /^limits.accountBytes: must be a whole number/],
    [{ agents: 5 }, /^limits.agents: is not known; there are bytes, records, accountBytes, accountRecords, keys/],
    [[], /^limits: must be an object/],
    [5, /^limits: must be an object/],
  ])("%j is refused", (limits, message) => {
    expect(() => createRegistrar({ limits: limits as LimitOptions })).toThrow(message);
  });

  test("Infinity is no limit, and 0 is one", () => {
    const open = createRegistrar({
      tokens,
      limits: { bytes: Number.POSITIVE_INFINITY, records: undefined, keys: Number.POSITIVE_INFINITY },
    });
    expect(send(open, "POST", "agent", agent()).status).toBe(200);
    const closed = createRegistrar({ tokens, limits: { records: 0 } });
    const { status, json } = send(closed, "POST", "agent", agent());
    expect([status, json.code]).toEqual([409, "insufficient_storage"]);
    expect(send(closed, "GET", "agent").status).toBe(200);
  });
});

// Filling a memory to the default limit takes twenty seconds.
const [bytes, limit] = isFull ? [1_073_741_824, {}] : [67_108_864, { limits: { bytes: 67_108_864 } }];

test("a memory full of large spans, by default in full runs, keeps everything; another registrar in the process is not concerned", {
  timeout: 240_000,
}, () => {
  const [full, other] = [createRegistrar({ tokens, ...limit }), createRegistrar({ tokens, ...limit })];
  const { json } = send(full, "POST", "agent", agent());
  const agent_id = json.details.id;
  const agent_instance_id = send(full, "POST", "agent_instance/register", { agent_id }).json.details.id;
  const details = { agent_instance_id, schema_name: "s", status: "active", payload: { text: "x".repeat(1_000_000) } };
  const body = new TextEncoder().encode(JSON.stringify({ details }));
  let spans = 0;
  let answer: { status: number; body: Uint8Array };
  while ((answer = full.handle("POST", "/api/v1/agent_spans", headers, body)).status === 200) spans += 1;
  expect(JSON.parse(new TextDecoder().decode(answer.body))).toMatchObject({
    code: "insufficient_storage",
    message: expect.stringContaining(`The limit bytes (${bytes} bytes) is reached.`),
  });
  expect(spans).toBeGreaterThan(bytes / 1_073_742);
  expect(send(full, "GET", `agent_spans?agent_instance_id=${agent_instance_id}&page_size=1`).json.pagination.item_count).toBe(spans);
  expect(send(full, "POST", `agent_instance/${agent_instance_id}/start`, { idempotency_key: "start" }).status).toBe(200);
  expect(send(full, "POST", "agent", agent()).status).toBe(200);
  expect(send(other, "GET", "agent").json.pagination.item_count).toBe(0);
  expect(send(other, "POST", "agent", agent()).status).toBe(200);
});

test("a snapshot that does not fit the limits is refused, and nothing changes", () => {
  const large = createRegistrar({ tokens });
  for (let count = 0; count < 10; count++) send(large, "POST", "agent", agent());
  const snapshot = large.snapshot();
  const small = createRegistrar({ tokens, limits: { records: 10 } });
  send(small, "POST", "agent", agent("mine"));
  expect(() => small.restore(snapshot)).toThrow(/limit records/);
  expect(send(small, "GET", "agent").json.summaries.map(({ name }: { name: string }) => name)).toEqual(["mine"]);
});

test("of serve", async () => {
  const server = await serve({ port: 0, tokens, limits: { accountRecords: 3 } });
  try {
    const create = () => fetch(`${server.url}/api/v1/agent`, { method: "POST", headers, body: JSON.stringify(agent()) });
    expect([(await create()).status, (await create()).status]).toEqual([200, 409]);
  } finally {
    await server.close();
  }
});

test("of the worker, which has those of an isolate by default", async () => {
  const AGENT_REGISTRAR_TOKENS = JSON.stringify(tokens);
  const { url, stop } = await startWorker({ AGENT_REGISTRAR_TOKENS, AGENT_REGISTRAR_LIMITS: '{"keys":1}' });
  try {
    const create = async (key: string) => {
      const body = JSON.stringify({ ...agent(), idempotency_key: key });
      return (await fetch(`${url}/api/v1/agent`, { method: "POST", headers, body })).json() as Promise<{ message?: string }>;
    };
    expect((await create("one")).message).toBeUndefined();
    expect((await create("two")).message).toMatch(
      /^The limit keys \(1 idempotency keys, each kept for 24 hours\) is reached\. Room comes at /,
    );
  } finally {
    await stop();
  }
});
