// Failures below the registrar: statements, commits, the disk, the core. Nothing is lost, and nothing is half done.
import { readFileSync } from "node:fs";
import { DatabaseSync, StatementSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Registrar } from "agent-registrar/service";
import { agent, names, newFile, registrarIn, send } from "./support.ts";

/** Captures the instances that the package creates and does not expose. */
const instances: WebAssembly.Instance[] = [];
const RealInstance = WebAssembly.Instance;
WebAssembly.Instance = class {
  constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
    const instance = new RealInstance(module, imports);
    instances.push(instance);
    return instance;
  }
} as typeof WebAssembly.Instance;

/** The causes of the failures in these tests go to the log. */
let logged: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** SQLite's error of a result code, as node:sqlite throws it. */
function sqliteError(errcode: number): Error {
  return Object.assign(new Error(`injected ${errcode}`), { code: "ERR_SQLITE_ERROR", errcode, errstr: "injected" });
}

const FULL = 13;
const BUSY = 5;
const IOERR = 10;

/** Makes the statements of these numbers (from 0) of those that the core runs fail, of all or of those with a text. */
function inject(at: number | readonly number[], errcode: number, text = /^/): { calls: number; end(): void } {
  const real = StatementSync.prototype.all;
  const places = [at].flat();
  const state = { calls: 0, end: () => spy.mockRestore() };
  const spy = vi.spyOn(StatementSync.prototype, "all").mockImplementation(function (this: StatementSync, ...parameters) {
    if (text.test(this.sourceSQL) && places.includes(state.calls++)) throw sqliteError(errcode);
    return real.apply(this, parameters);
  });
  return state;
}

async function agents(registrar: Registrar): Promise<unknown> {
  return (await send(registrar, "GET", "agent?include_counts=true&pagination[page_size]=100")).json;
}

/** Ids of objects that were created before: two agents, and an instance of the first. */
interface Made {
  readonly id: string;
  readonly unused: string;
  readonly instance: string;
}

describe("a statement that fails", () => {
  /** One request of each operation that writes; `id` is an agent's. */
  const operations: Record<string, (registrar: Registrar, given: Made) => [string, string, unknown]> = {
    create: (registrar) => ["POST", "agent", agent(registrar, "New", "key-of-the-create")],
    update: (_, { id }) => ["PUT", `agent/${id}`, { details: { name: "Renamed" } }],
    retire: (_, { id }) => ["POST", `agent/${id}/retire`, {}],
    delete: (_, { unused }) => ["DELETE", `agent/${unused}`, { idempotency_key: "key-of-the-delete" }],
    register: (_, { id }) => ["POST", "agent_instance/register", { agent_id: id, agent_version: { external_identifier: "v2" } }],
    start: (_, { instance }) => ["POST", `agent_instance/${instance}/start`, {}],
    finish: (_, { instance }) => ["POST", `agent_instance/${instance}/finish`, { status: "cancelled" }],
    span: (_, { instance }) => [
      "POST",
      "agent_spans",
      { details: { agent_instance_id: instance, schema_name: "x", status: "active", payload: { text: "x".repeat(100_000) } } },
    ],
    environment: (registrar) => ["POST", "environment", { details: { account_id: registrar.defaults.account_id, name: "New" } }],
    account: (registrar) => ["PUT", `account/${registrar.defaults.account_id}`, { details: { name: "Renamed" } }],
    ids: () => ["POST", "pfid/generate", { count: 3 }],
  };

  test.each(Object.keys(operations))("at any step of %s leaves nothing behind", async (name) => {
    const now = 1_800_000_000_000;
    // Two alike: the second shows what the first would have answered without the failures.
    const pair = [0, 1].map(() => registrarIn(newFile(), { seed: "failures", now })) as [Registrar, Registrar];
    const made = await Promise.all(
      pair.map(async (registrar) => {
        const created = await send(registrar, "POST", "agent", agent(registrar, "Kept"));
        const unused = await send(registrar, "POST", "agent", agent(registrar, "Unused"));
        const id = created.json.details.id as string;
        const registered = await send(registrar, "POST", "agent_instance/register", { agent_id: id });
        return { id, unused: unused.json.details.id as string, instance: registered.json.details.id as string };
      }),
    );
    const [registrar, twin] = pair;
    const before = await agents(registrar);
    const [method, path, body] = (operations[name] as (typeof operations)["create"])(registrar, made[0] as Made);
    let failures = 0;
    for (let at = 0; at < 200; at++) {
      const injected = inject(at, at % 2 === 0 ? IOERR : FULL);
      const { status, json, headers } = await send(registrar, method, path, body);
      injected.end();
      if (injected.calls <= at) {
        // It has no more statements: this time it was carried out.
        expect(status).toBe(200);
        break;
      }
      failures += 1;
      expect([status, json.code], `statement ${at}`).toEqual([503, "unexpected"]);
      expect(headers["retry-after"]).toMatch(/^\d+$/);
      expect(json.message).toContain(headers["x-request-id"]);
      expect(await agents(registrar)).toEqual(before);
    }
    expect(failures).toBeGreaterThan(0);
    expect(logged).toHaveBeenCalled();
    // Ids and all: as if nothing had failed.
    expect((await send(twin, method, path, body)).status).toBe(200);
    expect(await agents(registrar)).toEqual(await agents(twin));
  });

  test("at any step of a bulk request leaves nothing of its item, and keeps the items before", async () => {
    const registrar = registrarIn(newFile());
    const items = ["one", "two", "three"].map((name) => ({
      ...(agent(registrar, name) as object),
      _type: "agents/create",
      idempotency_key: `bulk-${name}`,
    }));
    let failures = 0;
    for (let at = 0; at < 200; at++) {
      registrar.reset();
      // After a failure, all items are carried out again, each in a transaction of its own: there it fails at the same place.
      const injected = inject([at, 2 * at + 1], IOERR);
      const { status, json } = await send(registrar, "POST", "bulk", { items });
      injected.end();
      expect(status).toBe(200);
      const outputs = Object.values(json.outputs) as { status: string; code?: string }[];
      const carriedOut = outputs.filter((output) => output.status === "success").length;
      expect(await names(registrar)).toEqual(["one", "two", "three"].slice(0, carriedOut));
      if (injected.calls <= at) break;
      failures += 1;
      expect(outputs.length).toBe(carriedOut + 1);
      expect(outputs.at(-1)?.code).toBe("unexpected");
      // Sent again, it carries out the rest.
      expect((await send(registrar, "POST", "bulk", { items })).status).toBe(200);
      expect(await names(registrar)).toEqual(["one", "two", "three"]);
    }
    expect(failures).toBeGreaterThan(10);
  });
});

test("a bulk request of which a statement fails once is carried out whole", async () => {
  const registrar = registrarIn(newFile());
  const items = ["one", "two"].map((name) => ({
    ...(agent(registrar, name) as object),
    _type: "agents/create",
    idempotency_key: `bulk-${name}`,
  }));
  const last = inject(Infinity, IOERR, /^INSERT INTO agent /);
  await send(registrar, "POST", "bulk", { items });
  last.end();
  expect(last.calls).toBe(2);
  registrar.reset();
  const injected = inject(1, IOERR, /^INSERT INTO agent /);
  const { status, json } = await send(registrar, "POST", "bulk", { items });
  injected.end();
  expect(status).toBe(200);
  expect(Object.values(json.outputs).map((output) => (output as { status: string }).status)).toEqual(["success", "success"]);
  expect(await names(registrar)).toEqual(["one", "two"]);
});

describe("a transaction that fails", () => {
  test.each(["BEGIN", "COMMIT"])("%s: 503 while it lasts, reads go on, and then it works", async (which) => {
    const registrar = registrarIn(newFile());
    expect((await send(registrar, "POST", "agent", agent(registrar, "Before"))).status).toBe(200);
    const real = StatementSync.prototype.run;
    const injected = vi.spyOn(StatementSync.prototype, "run").mockImplementation(function (this: StatementSync, ...parameters: [never]) {
      if (this.sourceSQL.startsWith(which)) throw sqliteError(which === "BEGIN" ? BUSY : FULL);
      return real.apply(this, parameters);
    } as never);
    for (const count of [1, 5]) {
      const sent = Array.from({ length: count }, (_, index) => send(registrar, "POST", "agent", agent(registrar, `Lost ${index}`)));
      const listed = send(registrar, "GET", "agent");
      for (const { status, headers } of await Promise.all(sent)) {
        expect(status).toBe(503);
        expect(headers["retry-after"]).toMatch(/^\d+$/);
      }
      expect((await listed).json.pagination.item_count).toBe(1);
    }
    injected.mockRestore();
    expect((await send(registrar, "POST", "agent", agent(registrar, "After"))).status).toBe(200);
    expect(await names(registrar)).toEqual(["Before", "After"]);
  });

  test("a request that needs a rollback does not affect the others of its turn", async () => {
    const registrar = registrarIn(newFile());
    // The statement that fails once: the third insert of an agent.
    const injected = inject(2, IOERR, /^INSERT INTO agent\b/);
    const sent = ["a", "b", "c", "d", "e"].map((name) => send(registrar, "POST", "agent", agent(registrar, name, `key-${name}-of-five`)));
    const statuses = (await Promise.all(sent)).map(({ status }) => status);
    injected.end();
    // All were rolled back and carried out again one by one, without the failure.
    expect(statuses).toEqual([200, 200, 200, 200, 200]);
    expect(injected.calls).toBeGreaterThan(5);
    expect(await names(registrar)).toEqual(["a", "b", "c", "d", "e"]);
  });

  test("once anywhere in a group, its requests are carried out all the same, and the counts are right", async () => {
    const file = newFile();
    const registrar = registrarIn(file);
    await send(registrar, "GET", "agent");
    // Kept until the end: a connection that is collected finalises its statements.
    const counting = new DatabaseSync(file);
    const counts = counting.prepare(
      "SELECT (SELECT sum(agents) FROM environment) AS agents, (SELECT sum(records) FROM account) AS records, (SELECT count(*) FROM object WHERE kind < 7) AS objects",
    );
    const wanted = ["a", "b", "c"];
    let failures = 0;
    for (let at = 0; at < 200; at++) {
      registrar.reset();
      const injected = inject(at, IOERR);
      const sent = wanted.map((name) => send(registrar, "POST", "agent", agent(registrar, name, `key-${name}-of-three`)));
      const statuses = (await Promise.all(sent)).map(({ status }) => status);
      injected.end();
      expect(statuses, `statement ${at}`).toEqual([200, 200, 200]);
      expect(await names(registrar)).toEqual(wanted);
      const { agents: counted, records, objects } = counts.get() as Record<string, number>;
      expect([counted, records], `statement ${at}`).toEqual([wanted.length, objects]);
      if (injected.calls <= at) break;
      failures += 1;
    }
    // Of each create those of its rows and its key; once those of the counts.
    expect(failures).toBeGreaterThan(12);
    counting.close();
  });
});

test("on a full disk writes are answered with 503 and leave nothing, reads work, and writes work once there is room", async () => {
  const databases: DatabaseSync[] = [];
  const realExec = DatabaseSync.prototype.exec;
  vi.spyOn(DatabaseSync.prototype, "exec").mockImplementation(function (this: DatabaseSync, sql) {
    if (sql.includes("cache_size")) databases.push(this);
    return realExec.call(this, sql);
  });
  const registrar = registrarIn(newFile());
  const limit = (pages: number): void => realExec.call(databases.at(-1) as DatabaseSync, `PRAGMA max_page_count = ${pages}`);
  const description = "x".repeat(9_000);
  const body = { details: { name: "Large", description, environment_id: registrar.defaults.environment_id } };
  const { page_count } = (databases.at(-1) as DatabaseSync).prepare("PRAGMA page_count").get() as { page_count: number };
  limit(page_count + 20);
  let kept = 0;
  let full = 0;
  for (let index = 0; index < 30; index++) {
    const { status } = await send(registrar, "POST", "agent", body);
    expect([200, 503]).toContain(status);
    if (status === 200) kept += 1;
    else full += 1;
  }
  expect([kept > 0, full > 0]).toEqual([true, true]);
  expect((await names(registrar)).length).toBe(kept);
  limit(1_000_000);
  expect((await send(registrar, "POST", "agent", body)).status).toBe(200);
  expect((await names(registrar)).length).toBe(kept + 1);
});

describe("a trap", () => {
  /** Overwrites all memory of an instance, so that its next call traps. */
  function ruin(instance = instances.at(-1)): void {
    new Uint8Array((instance?.exports["memory"] as WebAssembly.Memory).buffer).fill(0xff);
  }

  test("fails one request and loses no record, with two registrars in one process", async () => {
    const one = registrarIn(newFile());
    const ofOne = instances.at(-1);
    const other = registrarIn(newFile());
    for (const registrar of [one, other]) expect((await send(registrar, "POST", "agent", agent(registrar, "Kept"))).status).toBe(200);
    ruin(ofOne);
    expect((await send(one, "POST", "agent", agent(one, "Lost"))).status).toBe(500);
    expect((await send(one, "POST", "agent", agent(one, "After"))).status).toBe(200);
    expect([await names(one), await names(other)]).toEqual([["Kept", "After"], ["Kept"]]);
  });

  test("in a transaction rolls it back, and the other requests of its turn are carried out", async () => {
    const registrar = registrarIn(newFile());
    // While the third insert runs, the memory of the core is overwritten, so that the core traps on its return.
    const real = StatementSync.prototype.all;
    let inserts = 0;
    vi.spyOn(StatementSync.prototype, "all").mockImplementation(function (this: StatementSync, ...parameters: [never]) {
      const rows = real.apply(this, parameters);
      if (/^INSERT INTO agent\b/.test(this.sourceSQL) && ++inserts === 3) ruin();
      return rows;
    } as never);
    const sent = ["a", "b", "c", "d"].map((name) => send(registrar, "POST", "agent", agent(registrar, name)));
    const statuses = (await Promise.all(sent)).map(({ status }) => status);
    expect(statuses).toEqual([200, 200, 200, 200]);
    expect(await names(registrar)).toEqual(["a", "b", "c", "d"]);
  });
});

test("every statement has columns with distinct names that are not numbers, as Node 22.13 requires", async () => {
  const texts = new Set<string>();
  const realPrepare = DatabaseSync.prototype.prepare;
  vi.spyOn(DatabaseSync.prototype, "prepare").mockImplementation(function (this: DatabaseSync, sql, ...rest) {
    texts.add(sql);
    return realPrepare.call(this, sql, ...rest);
  });
  const registrar = registrarIn(newFile());
  const created = await send(registrar, "POST", "agent", agent(registrar, "Any", "any-key"));
  const { id } = created.json.details;
  for (const sorting of ["id", "name", "status", "inserted_at", "updated_at", "-id", "-name", "-status"]) {
    for (const scope of ["", `&environment_id=${registrar.defaults.environment_id}`]) {
      await send(registrar, "GET", `agent?sorting=${sorting}${scope}`);
    }
  }
  const instance = await send(registrar, "POST", "agent_instance/register", { agent_id: id, agent_version: { external_identifier: "v" } });
  const span = { agent_instance_id: instance.json.details.id, schema_name: "x", status: "active", payload: {} };
  await send(registrar, "POST", "agent_spans", { details: span });
  for (const path of ["agent_instance", "agent_spans", "agent_version", "agent_schema_version"]) {
    await send(registrar, "GET", `${path}?agent_id=${id}`);
  }
  const database = new DatabaseSync(":memory:");
  expect(texts.size).toBeGreaterThan(50);
  if (typeof database.prepare("SELECT 1").columns !== "function") return;
  const file = newFile();
  registrarIn(file).close();
  const copy = new DatabaseSync(file);
  // For each statement that returns a row, the columns with invalid names.
  const wrong = [...texts]
    .filter((text) => /^(SELECT|INSERT|UPDATE|DELETE|WITH)/.test(text) && !/\b(holder|first_token)\b/.test(text))
    .map((text) => ({
      text,
      names: copy
        .prepare(text)
        .columns()
        .map(({ name }) => name),
    }))
    .filter(({ names }) => new Set(names).size !== names.length || (names.length > 1 && names.some((name) => /^\d+$/.test(name))));
  expect(wrong).toEqual([]);
  copy.close();
});

test("the .wasm file imports two functions and exports what is used", () => {
  const module = new WebAssembly.Module(readFileSync(new URL(import.meta.resolve("agent-registrar/service-sql.wasm"))));
  expect(WebAssembly.Module.imports(module)).toEqual([
    { module: "sql", name: "execute", kind: "function" },
    { module: "sql", name: "take", kind: "function" },
  ]);
  const exports = WebAssembly.Module.exports(module).map(({ name }) => name);
  expect(exports.sort()).toEqual(
    [
      "memory",
      "numbers",
      "reserve",
      "open",
      "refuse",
      "refuse_by_head",
      "defaults",
      "reset",
      "start",
      "step",
      "finish",
      "begin_group",
      "end_group",
      "settle",
      "not_begun",
      "not_committed",
      "forget_answers",
    ].sort(),
  );
});
