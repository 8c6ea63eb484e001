// The service in the page, without a browser: IndexedDB is that of fake-indexeddb.
// biome-ignore-all lint/suspicious/noExplicitAny: answers of the API as JSON
import "fake-indexeddb/auto";
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Journal } from "../../www/src/in-page/journal.ts";
import { type InPageAnswer, InPageService } from "../../www/src/in-page/service.ts";
import { IN_PAGE_TOKEN } from "../../www/src/in-page/token.ts";

/** The last instance of the service, which does not show it. */
let instance: WebAssembly.Instance | undefined;
const RealInstance = WebAssembly.Instance;
WebAssembly.Instance = class {
  constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
    instance = new RealInstance(module, imports);
    return instance;
  }
} as typeof WebAssembly.Instance;

const module = new WebAssembly.Module(readFileSync(new URL("../../dist/service.wasm", import.meta.url)));
let databases = 0;
const services: InPageService[] = [];

function start(name: string, clock?: () => number): InPageService {
  const service = new InPageService(module, name, clock);
  services.push(service);
  return service;
}
const newName = (): string => `test ${++databases}`;

afterEach(async () => {
  for (const service of services.splice(0)) await service.close();
});

async function send(service: InPageService, method: string, target: string, body?: unknown): Promise<{ status: number; json: any }> {
  const headers = { authorization: `Bearer ${IN_PAGE_TOKEN}`, "content-type": "application/json" };
  const bytes = body === undefined ? null : new TextEncoder().encode(JSON.stringify(body));
  const answer: InPageAnswer = await service.answer({ method, target, headers, body: bytes });
  return { status: answer.status, json: JSON.parse(new TextDecoder().decode(answer.body)) };
}

const environment = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
const create = (service: InPageService, name: string) =>
  send(service, "POST", "/api/v1/agent", { details: { name, environment_id: environment } });
const agents = async (service: InPageService): Promise<any[]> =>
  (await send(service, "GET", "/api/v1/agent?pagination[page_size]=100&sorting=-id&include_counts=true")).json.summaries;

describe("the first start", () => {
  test("makes examples of every status, one running and some failed", async () => {
    const service = start(newName());
    const list = await agents(service);
    expect(list).toHaveLength(12);
    expect(new Set(list.map(({ status }) => status))).toEqual(new Set(["pending", "active", "dormant", "retired"]));
    const counts = list.map(({ instance_counts }) => instance_counts);
    const sum = (key: string) => counts.reduce((total, count) => total + count[key], 0);
    expect(sum("active")).toBe(1);
    expect(sum("failed")).toBeGreaterThan(0);
    const { examples, isKept } = await service.status();
    expect(isKept).toBe(true);
    expect(examples).toEqual({ agents: 12, instances: sum("total") });
  });

  test("of two tabs at once makes one set of examples", async () => {
    const name = newName();
    const [one, two] = [start(name), start(name)];
    const lists = await Promise.all([agents(one), agents(two)]);
    expect(lists[0]).toEqual(lists[1]);
  });
});

describe("records", () => {
  test("survive a fault of the WebAssembly, which costs one request", async () => {
    const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const service = start(newName());
    const before = (await create(service, "kept")).json.details;
    new Uint8Array((instance?.exports["memory"] as WebAssembly.Memory).buffer).fill(0xff);
    const during = await create(service, "lost");
    expect(during.status).toBeGreaterThanOrEqual(500);
    expect((await agents(service))[0]).toMatchObject({ id: before.id, name: "kept" });
    const after = await create(service, "new");
    expect(after.status).toBe(200);
    expect(after.json.details.id > before.id).toBe(true);
    errors.mockRestore();
  });

  test("survive a fault between requests that arrive together, which costs one of them", async () => {
    const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const name = newName();
    let ruined = 0;
    let carriedOut = 0;
    const service = start(name, () => {
      if (++carriedOut === ruined) new Uint8Array((instance?.exports["memory"] as WebAssembly.Memory).buffer).fill(0xff);
      return Date.now();
    });
    await create(service, "before");
    ruined = carriedOut + 3;
    const answers = await Promise.all(["a", "b", "c", "d", "e"].map((it) => create(service, it)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 503, 200, 200]);
    const seen = async (it: InPageService) => (await agents(it)).slice(0, 5).map((agent) => agent.name);
    expect(await seen(service)).toEqual(["e", "d", "b", "a", "before"]);
    expect(await seen(start(name))).toEqual(["e", "d", "b", "a", "before"]);
    errors.mockRestore();
  });

  test("are the same after a restart, ids and times included", async () => {
    const name = newName();
    let now = Date.now();
    const service = start(name, () => now);
    const made = (await create(service, "Ada")).json.details;
    now += 1234;
    await send(service, "POST", "/api/v1/agent_instance/register", { agent_id: made.id, agent_version: { external_identifier: "v1" } });
    now += 1234;
    await send(service, "POST", `/api/v1/agent/${made.id}/retire`, {});
    const before = await agents(service);
    now += 60_000;
    const again = start(name, () => now);
    expect(await agents(again)).toEqual(before);
    expect((await again.status()).deviations).toBe(0);
    // Ids go on: none is given out twice.
    const ids = new Set((await agents(again)).map(({ id }) => id));
    expect(ids.has((await create(again, "Ben")).json.details.id)).toBe(false);
  });

  test("of a refused or failed write are not kept, and reads add nothing", async () => {
    const name = newName();
    const service = start(name);
    expect((await create(service, " ")).status).toBe(422);
    await agents(service);
    const journal = await Journal.open(name);
    expect(await journal.run("readonly", (transaction) => transaction.after(0))).toEqual([]);
    journal.close();
  });

  test("are seen by another tab at once, whichever writes", async () => {
    const name = newName();
    const tabs = [start(name), start(name), start(name)];
    await Promise.all(Array.from({ length: 60 }, (_, index) => create(tabs[index % 3] as InPageService, `agent ${index}`)));
    const lists = await Promise.all(tabs.map(agents));
    expect(lists[0]).toHaveLength(72);
    expect(new Set(lists[0]?.map(({ id }) => id)).size).toBe(72);
    expect(lists[1]).toEqual(lists[0]);
    expect(lists[2]).toEqual(lists[0]);
  });

  test("survive the replacement of many writes by a snapshot", async () => {
    const name = newName();
    const service = start(name);
    await service.reset();
    const other = start(name);
    await create(other, "first");
    for (let index = 0; index < 2_100; index += 300) {
      await Promise.all(Array.from({ length: 300 }, (_, more) => create(service, `agent ${index + more}`)));
    }
    const journal = await Journal.open(name);
    const kept = await journal.run("readonly", (transaction) => transaction.after(0));
    journal.close();
    expect(kept.length).toBeLessThan(2_000);
    for (const one of [service, other, start(name)]) {
      expect((await send(one, "GET", "/api/v1/agent?pagination[page_size]=1")).json.pagination.item_count).toBe(2_101);
    }
  });

  test("an idempotency key counts across a restart", async () => {
    const name = newName();
    const body = { details: { name: "Once", environment_id: environment }, idempotency_key: "key-1" };
    const first = await send(start(name), "POST", "/api/v1/agent", body);
    const second = await send(start(name), "POST", "/api/v1/agent", body);
    expect(second).toEqual(first);
    expect(await agents(start(name))).toHaveLength(13);
  });
});

describe("a crash", () => {
  test("between the write and its answer keeps the write whole", async () => {
    const name = newName();
    const service = start(name);
    await agents(service);
    // The answer never arrives: the worker is ended once the transaction is committed.
    void create(service, "Unanswered");
    await service.close();
    expect((await agents(start(name))).map(({ name }) => name)).toContain("Unanswered");
  });

  test("before the write is kept leaves nothing, and the next request finds the old state", async () => {
    const name = newName();
    const service = start(name);
    const before = await agents(service);
    const add = IDBObjectStore.prototype.add;
    IDBObjectStore.prototype.add = function (this: IDBObjectStore, ...args: Parameters<typeof add>) {
      const request = add.apply(this, args);
      this.transaction.abort();
      return request;
    };
    try {
      const [refused, read] = await Promise.all([create(service, "Lost"), send(service, "GET", "/api/v1/ping")]);
      expect(refused.status).toBe(503);
      expect(refused.json).toMatchObject({ status: "error", code: "unexpected" });
      // It shared the transaction, and could have told of the write.
      expect(read.status).toBe(503);
    } finally {
      IDBObjectStore.prototype.add = add;
    }
    expect(await agents(service)).toEqual(before);
    expect((await create(service, "Kept")).status).toBe(200);
    expect(await agents(start(name))).toHaveLength(13);
  });
});

describe("clearing", () => {
  test("a reset removes everything, for all tabs", async () => {
    const name = newName();
    const [service, other] = [start(name), start(name)];
    await create(other, "Ada");
    await service.reset();
    expect(await agents(service)).toEqual([]);
    expect(await agents(other)).toEqual([]);
    expect((await service.status()).examples).toBeNull();
    expect((await create(other, "Ben")).status).toBe(200);
    expect(await agents(start(name))).toHaveLength(1);
  });

  test("the examples go, and what was made since stays with its ids", async () => {
    const name = newName();
    const service = start(name);
    const [example] = (await agents(service)).filter(({ status }) => status === "active");
    const mine = (await create(service, "Mine")).json.details;
    await send(service, "POST", `/api/v1/agent/${example.id}/retire`, {});
    const register = { agent_id: mine.id, agent_version: { external_identifier: "v1" } };
    const run = (await send(service, "POST", "/api/v1/agent_instance/register", register)).json.details;
    await send(service, "POST", "/api/v1/agent_instance/register", { ...register, agent_id: example.id }).catch(() => undefined);
    await send(service, "POST", `/api/v1/agent_instance/${run.id}/start`, {});
    expect(await service.clearExamples()).toBe(true);
    for (const one of [service, start(name)]) {
      const [only, ...others] = await agents(one);
      expect(others).toEqual([]);
      expect(only).toMatchObject({ id: mine.id, name: "Mine", inserted_at: mine.inserted_at, instance_counts: { total: 1, active: 1 } });
      expect((await send(one, "GET", `/api/v1/agent_instance/${run.id}`)).status).toBe(200);
      expect((await one.status()).examples).toBeNull();
    }
    expect(await service.clearExamples()).toBe(false);
  });
});

test("a database that was deleted meanwhile is made anew", async () => {
  const name = newName();
  const service = start(name);
  await create(service, "Ada");
  await new Promise((resolve) => {
    indexedDB.deleteDatabase(name).onsuccess = resolve;
  });
  expect((await send(service, "GET", "/api/v1/ping")).status).toBe(503);
  expect(await agents(service)).toHaveLength(12);
  expect((await create(service, "Ben")).status).toBe(200);
  expect(await agents(start(name))).toHaveLength(13);
});

test("without storage the service works until the page ends, and says so", async () => {
  const open = indexedDB.open;
  indexedDB.open = () => {
    throw new DOMException("denied", "SecurityError");
  };
  try {
    const service = start(newName());
    expect((await create(service, "Ada")).status).toBe(200);
    expect(await agents(service)).toHaveLength(13);
    expect((await service.status()).isKept).toBe(false);
    expect(await service.clearExamples()).toBe(true);
    expect(await agents(service)).toEqual([]);
  } finally {
    indexedDB.open = open;
  }
});
