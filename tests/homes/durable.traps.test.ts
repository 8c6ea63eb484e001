// Aborts at random places of the cores of the worker with Durable Objects, in workerd: one request fails with 500, and nothing else.
import { afterAll, beforeAll, expect, test } from "vitest";
import { world } from "../http/driver.ts";
import { abortingWasm, Places, UNREACHED } from "./drivers/aborting.ts";
import { type DurableWorker, newStorage, probe, startDurable } from "./drivers/durable.ts";
import { send as sendAlone } from "./drivers/send.ts";

const OPERATOR = "the-operators-token";
const places = new Places();
const storage = newStorage();
let worker: DurableWorker;

beforeAll(async () => {
  const tokens = JSON.stringify([{ token: "t" }]);
  const wasm = { "service.wasm": abortingWasm("service"), "service-sql.wasm": abortingWasm("service-sql") };
  const bindings = { AGENT_REGISTRAR_TOKENS: tokens, AGENT_REGISTRAR_OPERATOR_TOKEN: OPERATOR };
  worker = await startDurable(storage.folder, bindings, { script: probe, wasm });
}, 60_000);
afterAll(async () => {
  await worker?.stop();
  storage.remove();
});

interface Reply {
  readonly status: number;
  readonly requestId: string;
  // biome-ignore lint/suspicious/noExplicitAny: any JSON
  readonly json: any;
}

async function send(token: string, method: string, path: string, body?: unknown): Promise<Reply> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const init = { method, headers, ...(body === undefined ? {} : { body: new TextEncoder().encode(JSON.stringify(body)) }) };
  const response = await sendAlone(worker.url, `/api/v1/${path}`, init);
  return { status: response.status, requestId: response.headers.get("x-request-id") ?? "", json: await response.json() };
}

/** Sets the counter of a core, and gives how many places were left. */
async function fuse(of: "front" | "object", at: number, next = ""): Promise<number> {
  return (await fetch(`${worker.url}/probe/fuse?of=${of}&at=${at}${next}`)).json() as Promise<number>;
}

/** All records of the account. */
async function everything(): Promise<string> {
  const { status, json } = await send(OPERATOR, "GET", `export?account_id=${world.account}`);
  expect([status, json.next_cursor]).toEqual([200, null]);
  return JSON.stringify(json.records);
}

const count = async (): Promise<number> => (await send("t", "GET", "agent?pagination[page_size]=1")).json.pagination.item_count;

const create = (round: number): [string, string, unknown] => [
  "POST",
  "agent",
  { details: { name: `Agent ${round}`, environment_id: world.environment }, idempotency_key: `key-of-${round}` },
];

test.for([
  ["object", 40],
  ["front", 25],
] as const)("an abort at any place of the core of the %s costs one request", { timeout: 600_000 }, async ([of, usual]) => {
  const base = of === "front" ? 1_000_000 : 0;
  const counted = await count();
  expect((await send("t", ...create(base))).status).toBe(200);
  await fuse(of, UNREACHED);
  expect((await send("t", ...create(base + 1))).status).toBe(200);
  const most = UNREACHED - (await fuse(of, 0));
  let [reached, isKept] = [0, 0];
  const rounds = places.count(usual);
  for (let round = base + 2; round < base + 2 + rounds; round++) {
    const before = await everything();
    await fuse(of, places.below(most));
    const { status, json, requestId } = await send("t", ...create(round));
    const left = await fuse(of, 0);
    const where = `SEED=${places.seed}, round ${round}`;
    if (left === 0) {
      reached += 1;
      expect([status, json.code], where).toEqual([500, "unexpected"]);
      expect(json.message, where).toContain(requestId);
      // An abort while the answer is written comes after the commit.
      if ((await everything()) !== before) isKept += 1;
    }
    const again = await send("t", ...create(round));
    expect([again.status, again.json.details?.name], where).toEqual([200, `Agent ${round}`]);
  }
  expect(reached).toBeGreaterThan(rounds / 2);
  expect(isKept).toBeLessThan(reached / 2);
  expect((await count()) - counted).toBe(rounds + 2);
});

test("an abort while an object is opened costs one request", { timeout: 600_000 }, async () => {
  const before = await everything();
  const evict = async (): Promise<unknown> => (await fetch(`${worker.url}/probe/evict`)).json();
  expect(await evict()).toBe(1);
  await fuse("object", UNREACHED, "&next=1");
  expect((await send("t", "GET", "agent")).status).toBe(200);
  const most = UNREACHED - (await fuse("object", 0));
  let failed = 0;
  for (let round = 0; round < places.count(15); round++) {
    await evict();
    await fuse("object", places.below(most), "&next=1");
    const { status } = await send("t", "GET", "agent");
    await fuse("object", 0);
    expect([200, 500, 503], `SEED=${places.seed}, round ${round}`).toContain(status);
    if (status !== 200) failed += 1;
    expect((await send("t", "GET", "agent")).status).toBe(200);
  }
  expect(failed).toBeGreaterThan(3);
  expect(await everything()).toBe(before);
});
