// The worker with Durable Objects in workerd: which objects it wakes, what it keeps, and that no account sees another.
import { readFileSync } from "node:fs";
import { type AccountOptions, createRegistrar } from "agent-registrar/service";
import { afterAll, afterEach, expect, test } from "vitest";
import { options as comparedOptions, Requests } from "../compare/generate.mjs";
import { world } from "../http/driver.ts";
import { isFull } from "../shared/full.ts";
import { bindingsOf, type DurableWorker, newStorage, probe, SECRET, startDurable } from "./drivers/durable.ts";
import { send as sendAlone } from "./drivers/send.ts";
import { durableConfig } from "./drivers/workerd.ts";

const ACCOUNTS = Number(process.env["ACCOUNTS"] ?? 100);
const DAY = 24 * 60 * 60 * 1000;
const OPERATOR = "the-operators-token";

const removals: (() => void)[] = [];
const workers: DurableWorker[] = [];
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.stop();
});
afterAll(() => {
  for (const remove of removals.splice(0)) remove();
});

function storage(): string {
  const { folder, remove } = newStorage();
  removals.push(remove);
  return folder;
}

async function start(folder: string, bindings: Record<string, string> = {}): Promise<DurableWorker> {
  const tokens = JSON.stringify([{ token: "t" }, { token: "e", environment_id: world.environment }]);
  const all = { AGENT_REGISTRAR_TOKENS: tokens, AGENT_REGISTRAR_OPERATOR_TOKEN: OPERATOR, ...bindings };
  const worker = await startDurable(folder, all, { script: probe });
  workers.push(worker);
  return worker;
}

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: any JSON
  readonly json: any;
}

async function send(url: string, token: string, method: string, path: string, body?: unknown, more: object = {}): Promise<Reply> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", ...more };
  const init = { method, headers, ...(body === undefined ? {} : { body: new TextEncoder().encode(JSON.stringify(body)) }) };
  // Each over a connection of its own: workerd closes one after 5 seconds without a request, and stands still as long under load.
  const response = await sendAlone(url, `/api/v1/${path}`, init);
  return { status: response.status, headers: response.headers, json: await response.json() };
}

const look = async (url: string, what: string): Promise<unknown> => (await fetch(`${url}/probe/${what}`)).json();
const agent = (name: string, environment_id: string = world.environment) => ({ details: { name, environment_id } });

// The one line of docs/operating.md is its durable.js.
test("the folder worker/ deploys as worker/README.md says, with the variables that it names", async () => {
  const lines = readFileSync(new URL("../../worker/.dev.vars.example", import.meta.url), "utf8").split("\n");
  const pairs = lines.map((line) => /^(\w+)=(.*)$/.exec(line)).filter((match) => match !== null);
  const bindings = Object.fromEntries(pairs.map(([, name, value]) => [name, value])) as Record<string, string>;
  expect(durableConfig.migrations?.flatMap((it) => it.new_sqlite_classes ?? [])).toEqual(
    durableConfig.durable_objects?.bindings.map((it) => it.class_name),
  );
  const worker = await startDurable(storage(), bindings);
  workers.push(worker);
  expect((await send(worker.url, "local-token", "GET", "ping")).json).toEqual({ status: "success", details: { token_type: "api" } });
  expect((await send(worker.url, "local-token", "POST", "agent", agent("Bot"))).status).toBe(200);
  expect((await send(worker.url, "other", "GET", "ping")).status).toBe(401);
});

test("made-up tokens, and ids of another partition, wake no object", async () => {
  const { url } = await start(storage());
  const { json: made } = await send(url, OPERATOR, "POST", "account", { details: { name: "Another" } });
  const token = made.token as string;
  expect(await look(url, "instances")).toEqual({ accounts: 1, directories: 1 });

  const madeUp = [
    "",
    "nothing",
    `${token}0`,
    token.slice(0, -1),
    token.toUpperCase(),
    // Another partition, secret or signature.
    ...[12, 20, 40, 50].map((place) => `${token.slice(0, place)}${token[place] === "0" ? "1" : "0"}${token.slice(place + 1)}`),
    `registrar_3nqk8n_${"0".repeat(26)}_${"0".repeat(13)}`,
  ];
  for (const text of madeUp) {
    for (const [method, path] of [
      ["GET", "ping"],
      ["POST", "agent"],
      ["GET", `agent/${world.account}`],
    ] as const) {
      const body = method === "POST" ? agent("Nobody") : undefined;
      expect((await send(url, text, method, path, body)).status, `${method} ${path} as ${text}`).toBe(401);
    }
  }
  for (const path of ["nothing", "openapi", "agent/x/y/z"]) await send(url, "t", "GET", path);
  for (const [method, path] of [
    ["GET", `agent/${made.details.id}`],
    ["DELETE", `agent_instance/${made.details.id}`],
    ["POST", `agent/${made.details.id}/retire`],
    ["PUT", `environment/${made.details.id}`],
  ] as const) {
    const body = method === "GET" ? undefined : {};
    const { status, json } = await send(url, "t", method, path, body);
    expect([status, json.code], `${method} ${path}`).toEqual(status === 405 ? [405, "bad_request"] : [404, "not_found"]);
  }
  expect((await send(url, OPERATOR, "GET", "agent")).status).toBe(403);
  expect(await look(url, "instances")).toEqual({ accounts: 1, directories: 1 });

  // The same with a token that is one.
  expect((await send(url, token, "GET", "ping")).status).toBe(200);
  expect((await send(url, "t", "GET", "ping")).status).toBe(200);
  expect(await look(url, "instances")).toEqual({ accounts: 2, directories: 1 });
});

test("a signed token of an account that does not exist is not valid", async () => {
  const { url } = await start(storage());
  const elsewhere = createRegistrar({ secret: SECRET, operatorToken: OPERATOR });
  const headers = { authorization: `Bearer ${OPERATOR}`, "content-type": "application/json" };
  const answer = elsewhere.handle("POST", "/api/v1/account", headers, new TextEncoder().encode('{"details":{"name":"Elsewhere"}}'));
  const { token, details } = JSON.parse(new TextDecoder().decode(answer.body)) as { token: string; details: { id: string } };
  for (const [method, path] of [
    ["GET", "agent"],
    ["GET", `export?account_id=${details.id}`],
    ["POST", `import?account_id=${details.id}`],
  ] as const) {
    const { status, json, headers: given } = await send(url, token, method, path);
    expect([status, json.code, given.get("www-authenticate")], path).toEqual([401, "bad_authtoken", "Bearer"]);
  }
  // It has not become the object of an account.
  expect(await look(url, "instances")).toEqual({ accounts: 1, directories: 0 });
});

test("an account of the operator: its first token is told once, is in its list, and can be revoked", async () => {
  const folder = storage();
  const { url } = await start(folder);
  const key = { idempotency_key: "make-the-account" };
  const body = { details: { name: "Another" }, ...key };
  const made = await send(url, OPERATOR, "POST", "account", body);
  const { token, details } = made.json;
  expect([made.status, details.name, Object.keys(made.json)]).toEqual([200, "Another", ["status", "details", "token"]]);
  expect(token.slice(0, 17)).toBe(`registrar_${details.id.slice(10, 16)}_`);
  const again = await send(url, OPERATOR, "POST", "account", body);
  expect([again.status, again.headers.get("idempotency-replayed"), again.json]).toEqual([200, "true", { status: "success", details }]);

  const all = await send(url, OPERATOR, "GET", "account?sorting=name");
  expect(all.json.summaries.map(({ name }: { name: string }) => name)).toEqual(["Another", "Default"]);
  expect((await send(url, token, "GET", "account")).json.summaries).toMatchObject([{ id: details.id, name: "Another" }]);
  const [first] = (await send(url, token, "GET", "api_token")).json.summaries;
  expect(first).toMatchObject({ token_scope: "account", status: "active", account_id: details.id });
  const second = (await send(url, token, "POST", "api_token", { details: { token_scope: "account" } })).json.token as string;
  expect((await send(url, second, "POST", `api_token/${first.id}/revoke`)).status).toBe(200);
  expect((await send(url, token, "GET", "ping")).status).toBe(401);

  await look(url, "evict");
  expect((await send(url, second, "GET", "ping")).status).toBe(200);
  expect((await send(url, token, "GET", "ping")).status).toBe(401);
});

test("the same requests get the answers of a registrar in memory, byte for byte", { timeout: 120_000 }, async () => {
  const seed = "of-the-comparison";
  let now = Date.UTC(2026, 4, 7, 10);
  const { tokens = [], accounts, cors = [] } = comparedOptions(new Uint8Array(32), () => now);
  const [first, stranger] = accounts as [AccountOptions, AccountOptions];
  const given = {
    tokens,
    cors,
    now: () => now,
    // Named: a generated id would be taken from the stream in memory alone.
    accounts: [first, { ...stranger, environments: [{ id: `${stranger.id.slice(0, 31)}1` }] }],
    seed,
    secret: SECRET,
  };
  const memory = createRegistrar(given);
  const { url } = await start(storage(), { ...bindingsOf(given), PROBE_SEED: seed });
  const requests = new Requests(3);
  // The stage `conformance` compares further ones.
  const count = isFull ? 1_500 : 500;
  const statuses = new Set<number>();
  const withoutRequestId = (answer: string): string => answer.replaceAll(/\b[0-9a-f]{32}\b/g, "REQUEST");
  let compared = 0;
  for (let index = 0; index < count; index++) {
    now += requests.step();
    const { method, target, headers, body } = requests.next();
    // In memory, ids of all accounts come from one stream.
    if (/stranger/.test(headers.authorization ?? "")) continue;
    // A URL cannot carry it.
    if (new URL(target, url).href !== `${url}${target}` || ((method === "GET" || method === "HEAD") && (body?.length ?? 0) > 0)) continue;
    if (index % 50 === 0) await look(url, "evict");
    const wanted = memory.handle(method, target, headers, body);
    const sent = Object.fromEntries(Object.entries({ ...headers, "x-now": String(now) }).filter(([, value]) => value !== undefined));
    const response = await fetch(`${url}${target}`, {
      method,
      headers: sent as Record<string, string>,
      body: (body ?? null) as BodyInit | null,
    });
    const text = await response.text();
    const where = `request ${index}: ${method} ${target} ${new TextDecoder().decode(body ?? new Uint8Array())}`;
    const wantedBody = new TextDecoder().decode(wanted.body);
    expect(`${response.status} ${withoutRequestId(text)}`, where).toBe(
      `${wanted.status} ${withoutRequestId(method === "HEAD" ? "" : wantedBody)}`,
    );
    for (let at = 0; at + 1 < wanted.headers.length; at += 2) {
      const [name, value] = wanted.headers.slice(at, at + 2) as [string, string];
      if (name !== "x-request-id") expect(response.headers.get(name), `${where}: ${name}`).toBe(value);
    }
    statuses.add(wanted.status);
    compared += 1;
    try {
      requests.learn(target, JSON.parse(wantedBody));
    } catch {
      // No body.
    }
  }
  expect([...statuses]).toEqual(expect.arrayContaining([200, 404, 409, 422]));
  expect(compared).toBeGreaterThan((2 * count) / 3);
});

test("a restart of the process between any two requests changes nothing", { timeout: 120_000 }, async () => {
  const folder = storage();
  let last = "";
  let id = "";
  const steps: ((url: string) => Promise<Reply>)[] = [
    (url) => send(url, "t", "POST", "agent", { ...agent("Kept"), idempotency_key: "kept-over-restarts" }),
    (url) => send(url, "t", "POST", "agent", { ...agent("Kept"), idempotency_key: "kept-over-restarts" }),
    (url) => send(url, "t", "POST", "agent_instance/register", { agent_id: id }),
    (url) => send(url, "t", "POST", `agent/${id}/retire`),
    (url) => send(url, "t", "PUT", `agent/${id}`, { details: { name: "No" } }),
    (url) => send(url, "t", "POST", `agent/${id}/reinstate`),
    (url) => send(url, "t", "POST", "environment", { details: { account_id: world.account, name: "New" } }),
    (url) => send(url, "t", "GET", "agent?include_counts=true"),
  ];
  const statuses: number[] = [];
  for (const step of steps) {
    const worker = await start(folder);
    const { status, json } = await step(worker.url);
    statuses.push(status);
    id ||= json.details?.id;
    const made = /"id":"(\w+)"/.exec(JSON.stringify(json))?.[1] ?? "";
    if (step === steps[2] || step === steps[6]) {
      expect(made > last).toBe(true);
      last = made;
    }
    if (step === steps.at(-1))
      expect(json.summaries).toMatchObject([{ id, name: "Kept", status: "active", instance_counts: { total: 1 } }]);
    workers.splice(0);
    await worker.stop();
  }
  expect(statuses).toEqual([200, 200, 200, 200, 409, 200, 200, 200]);
});

test("a trap in the middle of a request, after any of its statements, changes nothing", { timeout: 120_000 }, async () => {
  const { url } = await start(storage());
  const body = (key: string) => ({ ...agent("Trapped"), idempotency_key: key });
  const count = async (): Promise<number> => (await send(url, "t", "GET", "agent")).json.pagination.item_count;
  expect((await send(url, "t", "POST", "agent", body("before-the-traps"))).status).toBe(200);
  let after = 0;
  for (let hasTrapped = true; hasTrapped; ) {
    after += 1;
    await look(url, `trap?after=${after}`);
    const { status } = await send(url, "t", "POST", "agent", body(`trap-${after}-of-the-test`));
    hasTrapped = (await look(url, "trapped")) as boolean;
    expect(status).toBe(hasTrapped ? 500 : 200);
    expect(await count()).toBe(hasTrapped ? 1 : 2);
  }
  // One for the key, one for the agent, one for the answer at least.
  expect(after).toBeGreaterThan(4);
  // The key was not used up.
  expect((await send(url, "t", "POST", "agent", body("trap-3-of-the-test"))).headers.get("idempotency-replayed")).toBeNull();
  expect(await count()).toBe(3);
});

/** Everything that an account has, as the operator's export tells it. */
async function everything(url: string, account: string): Promise<string[]> {
  const lines: string[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const query: string = cursor === "" ? "" : `&cursor=${cursor}`;
    const { status, json } = await send(url, OPERATOR, "GET", `export?account_id=${account}${query}`);
    expect(status).toBe(200);
    lines.push(...json.records.map((record: unknown) => JSON.stringify(record)));
    cursor = json.next_cursor;
  }
  return lines;
}

interface Made {
  readonly id: string;
  readonly unused: string;
  readonly instance: string;
  readonly span: string;
  readonly empty: string;
  readonly token: string;
}

/** One request of each operation that writes. */
const operations: Record<string, (made: Made) => [string, string, unknown]> = {
  create: () => ["POST", "agent", { ...agent("New"), idempotency_key: "key-of-the-create" }],
  update: ({ id }) => ["PUT", `agent/${id}`, { details: { name: "Renamed" }, idempotency_key: "key-of-the-update" }],
  retire: ({ id }) => ["POST", `agent/${id}/retire`, {}],
  reinstate: ({ id }) => ["POST", `agent/${id}/reinstate`, {}],
  delete: ({ unused }) => ["DELETE", `agent/${unused}`, { idempotency_key: "key-of-the-delete" }],
  register: ({ id }) => ["POST", "agent_instance/register", { agent_id: id, agent_version: { external_identifier: "v2" } }],
  start: ({ instance }) => ["POST", `agent_instance/${instance}/start`, {}],
  span: ({ instance }) => [
    "POST",
    "agent_spans",
    { details: { agent_instance_id: instance, schema_name: "x", status: "active", payload: { text: "x".repeat(100_000) } } },
  ],
  "finish of a span": ({ span }) => ["POST", `agent_spans/${span}/finish`, { result_payload: { text: "x".repeat(100_000) } }],
  finish: ({ instance }) => ["POST", `agent_instance/${instance}/finish`, { status: "complete" }],
  version: ({ id }) => ["POST", "agent_version", { details: { agent_id: id, external_identifier: "v3" } }],
  "schema version": ({ id }) => [
    "POST",
    "agent_schema_version",
    { details: { agent_id: id, external_identifier: "s1", span_schemas: { x: { text: "x".repeat(100_000) } } } },
  ],
  environment: () => ["POST", "environment", { details: { account_id: world.account, name: "New" } }],
  "rename of an environment": ({ empty }) => ["PUT", `environment/${empty}`, { details: { name: "Other" } }],
  "delete of an environment": ({ empty }) => ["DELETE", `environment/${empty}`, {}],
  account: () => ["PUT", `account/${world.account}`, { details: { name: "Renamed" } }],
  token: () => ["POST", "api_token", { details: { token_scope: "account" }, idempotency_key: "key-of-the-token" }],
  "suspension of a token": ({ token }) => ["POST", `api_token/${token}/suspend`, {}],
  "revocation of a token": ({ token }) => ["POST", `api_token/${token}/revoke`, {}],
  "delete of a token": ({ token }) => ["DELETE", `api_token/${token}`, {}],
  ids: () => ["POST", "pfid/generate", { count: 3 }],
};

test("a statement that fails at any step of any operation changes nothing", { timeout: 240_000 }, async () => {
  const { url } = await start(storage());
  const idOf = async (method: string, path: string, body: unknown): Promise<string> =>
    (await send(url, "t", method, path, body)).json.details.id;
  const id = await idOf("POST", "agent", agent("Kept"));
  const instance = await idOf("POST", "agent_instance/register", { agent_id: id });
  const payload = { agent_instance_id: instance, schema_name: "x", status: "active", payload: {} };
  const made: Made = {
    id,
    instance,
    unused: await idOf("POST", "agent", agent("Unused")),
    span: await idOf("POST", "agent_spans", { details: payload }),
    empty: await idOf("POST", "environment", { details: { account_id: world.account, name: "Empty" } }),
    token: await idOf("POST", "api_token", { details: { token_scope: "account", name: "Other" } }),
  };
  let failures = 0;
  for (const [name, operation] of Object.entries(operations)) {
    const [method, path, body] = operation(made);
    const before = await everything(url, world.account);
    for (let at = 1; ; at++) {
      await look(url, `fail?at=${at}&code=${["SQLITE_FULL", "SQLITE_IOERR", "SQLITE_NOMEM"][at % 3]}`);
      const { status, json } = await send(url, "t", method, path, body);
      if (!(await look(url, "failed"))) {
        // It has no more statements: this time it was carried out.
        expect(status, name).toBe(200);
        break;
      }
      failures += 1;
      expect([500, 503], `${name}, statement ${at}`).toContain(status);
      expect(json.code).toBe("unexpected");
      expect(await everything(url, world.account), `${name}, statement ${at}`).toEqual(before);
    }
    expect(await everything(url, world.account), name).not.toEqual(before);
  }
  expect(failures).toBeGreaterThan(100);
});

test("an account whose making fails at any statement is made whole by the same request", { timeout: 120_000 }, async () => {
  const { url } = await start(storage());
  await send(url, OPERATOR, "GET", "account");
  const accounts = async (): Promise<string[]> =>
    (await send(url, OPERATOR, "GET", "account?pagination[page_size]=100")).json.summaries.map(({ name }: { name: string }) => name);
  const before = await accounts();
  // Most statements are those of a new object's database: some of them are enough.
  for (let at = 1; ; at += at < 30 ? 1 : 7) {
    const body = { details: { name: `Account ${at}` }, idempotency_key: `making-number-${at}` };
    await look(url, `fail?at=${at}&code=SQLITE_FULL`);
    const { status } = await send(url, OPERATOR, "POST", "account", body);
    if (!(await look(url, "failed"))) break;
    expect([500, 503], `statement ${at}`).toContain(status);
    // Not there, or one whose first token was not told yet.
    expect([0, 1], `statement ${at}`).toContain((await accounts()).filter((name) => name === body.details.name).length);
    const { status: then, json } = await send(url, OPERATOR, "POST", "account", body);
    expect([then, typeof json.token], `statement ${at}`).toEqual([200, "string"]);
    expect((await send(url, json.token, "GET", "ping")).status, `statement ${at}`).toBe(200);
    expect((await accounts()).filter((name) => name === body.details.name)).toEqual([body.details.name]);
  }
  expect((await accounts()).length).toBeGreaterThan(before.length + 5);
});

test("accounts move from one worker to another, over their front workers", { timeout: 60_000 }, async () => {
  const { url: one } = await start(storage());
  const { url: other } = await start(storage());
  const { json: second } = await send(one, OPERATOR, "POST", "account", { details: { name: "Another" } });
  const { json: environment } = await send(one, second.token, "POST", "environment", {
    details: { account_id: second.details.id, name: "Live" },
  });
  expect((await send(one, second.token, "POST", "agent", agent("Mover", environment.details.id))).status).toBe(200);
  const { json: made } = await send(one, "t", "POST", "agent", agent("Bot"));
  await send(one, "t", "POST", "agent_instance/register", { agent_id: made.details.id });
  // No object of such an account is woken for the operator, nor made.
  const unknown = world.account.replace(/.{16}$/, "0".repeat(16)).replace(/(?<=^.{10}).{6}/, "000001");
  expect((await send(other, OPERATOR, "GET", `export?account_id=${unknown}`)).status).toBe(404);
  expect((await send(other, OPERATOR, "GET", "export")).status).toBe(422);
  expect((await send(other, "t", "GET", `export?account_id=${world.account}`)).status).toBe(403);
  const lines = { "content-type": "application/x-ndjson" };
  const take = async (account: string, records: readonly string[]): Promise<Reply> => {
    const init = { method: "POST", headers: { authorization: `Bearer ${OPERATOR}`, ...lines }, body: Buffer.from(records.join("\n")) };
    const response = await sendAlone(other, `/api/v1/import?account_id=${account}`, init);
    return { status: response.status, headers: response.headers, json: await response.json() };
  };
  const moved = await everything(one, second.details.id);
  expect((await take(second.details.id, moved)).status).toBe(404);
  await send(other, OPERATOR, "POST", "account", { details: { name: "Another", id: second.details.id } });
  for (const [account, records] of [
    [second.details.id as string, moved],
    [world.account, await everything(one, world.account)],
  ] as const) {
    expect((await take(account, records)).json).toMatchObject({ status: "success", kept: 0 });
    await look(other, "evict");
    expect((await take(account, records)).json).toEqual({ status: "success", added: 0, unchanged: records.length, kept: 0 });
    const there = await everything(other, account);
    expect(there).toEqual(expect.arrayContaining(records.filter((record) => !/"kind":"(account|environment)"/.test(record))));
  }
  // A token of the source opens the account, because both workers have one secret.
  expect((await send(other, second.token, "GET", "agent")).json.summaries).toMatchObject([{ name: "Mover" }]);
});

test("alarms remove keys of more than a day, and ring until none is left", async () => {
  const { url } = await start(storage());
  const keys = async () => (await look(url, `keys?of=${world.account.slice(10, 16)}`)) as { keys: number; alarm: number | null };
  const ring = (time: number) => fetch(`${url}/probe/ring?of=${world.account.slice(10, 16)}`, { headers: { "x-now": String(time) } });
  const begin = Date.now();
  const write = (key: string, time: number) =>
    send(url, "t", "POST", "agent", { ...agent("A"), idempotency_key: key }, { "x-now": String(time) });
  await send(url, "t", "GET", "ping");
  expect(await keys()).toEqual({ keys: 0, alarm: null });
  await write("first-of-the-alarm", begin);
  await write("second-of-the-alarm", begin + DAY / 2);
  const { alarm, keys: kept } = await keys();
  expect([kept, Math.round(((alarm ?? 0) - begin) / 3_600_000)]).toEqual([2, 25]);
  await ring(begin + DAY + 3_600_000);
  expect(await keys()).toMatchObject({ keys: 1, alarm: expect.any(Number) });
  await ring(begin + 2 * DAY + 7_200_000);
  expect(await keys()).toMatchObject({ keys: 0 });
});

test("a long answer arrives whole", { timeout: 60_000 }, async () => {
  const { url } = await start(storage());
  const details = { ...agent("Long").details, description: "€".repeat(10_000) };
  const { json } = await send(url, "t", "POST", "agent", { details });
  const items = Array.from({ length: 1_000 }, (_, index) => ({
    _type: "agents/show",
    idempotency_key: `long-answer-${index}`,
    agent_id: json.details.id,
  }));
  const bulk = await send(url, "t", "POST", "bulk", { items });
  expect(bulk.status).toBe(200);
  const outputs = Object.values(bulk.json.outputs) as { details: { description: string } }[];
  // A bulk request ends once its answer has 4 MiB.
  const shown = outputs.filter((output) => output.details !== undefined);
  expect(shown.length * 3 * 10_000).toBeGreaterThan(3.5 * 1024 * 1024);
  expect(shown.at(-1)?.details.description).toBe(details.description);
});

test("without a secret, or with two accounts in one partition, every request is an internal error", async () => {
  for (const bindings of [
    { AGENT_REGISTRAR_SECRET: "" },
    { AGENT_REGISTRAR_SECRET: "too-short" },
    { AGENT_REGISTRAR_ACCOUNTS: JSON.stringify([{ id: world.account }, { id: world.account.replace(/.$/, "1") }]) },
  ]) {
    const { url } = await start(storage(), bindings);
    const { status, json } = await send(url, "t", "GET", "ping");
    expect([status, json.code]).toEqual([500, "unexpected"]);
  }
});

test(`${ACCOUNTS} accounts at once: no request crosses an account`, { timeout: 60_000 + ACCOUNTS * 1_000 }, async () => {
  const { url } = await start(storage());
  const numbers = Array.from({ length: ACCOUNTS }, (_, index) => index);
  const accounts = await inTurns(numbers, async (index) => {
    const { json } = await send(url, OPERATOR, "POST", "account", { details: { name: `Account ${index}` } });
    return { index, id: json.details.id as string, token: json.token as string };
  });
  expect(new Set(accounts.map(({ id }) => id.slice(10, 16))).size).toBe(ACCOUNTS);
  const filled = await inTurns(accounts, async ({ index, id, token }) => {
    const { json } = await send(url, token, "POST", "environment", { details: { account_id: id, name: `Environment ${index}` } });
    const environment = json.details.id as string;
    const made = [];
    for (const name of ["first", "second"]) {
      const { status, json } = await send(url, token, "POST", "agent", agent(`${name} of ${index}`, environment));
      expect(status).toBe(200);
      made.push(json.details.id as string);
    }
    return { index, id, token, environment, made };
  });
  await inTurns(filled, async ({ index, id, token, environment, made }) => {
    const other = filled[(index + 1) % ACCOUNTS] as (typeof filled)[number];
    const { summaries } = (await send(url, token, "GET", "agent")).json;
    expect(summaries.map(({ id }: { id: string }) => id)).toEqual(made);
    expect((await send(url, token, "GET", "environment")).json.summaries).toMatchObject([{ id: environment, account_id: id }]);
    for (const foreign of other.made) expect((await send(url, token, "GET", `agent/${foreign}`)).status).toBe(404);
    expect((await send(url, token, "POST", "agent", agent("Astray", other.environment))).status).toBe(422);
    expect((await send(url, token, "GET", `agent?environment_id=${other.environment}`)).json.summaries).toEqual([]);
    expect((await send(url, token, "GET", `account/${other.id}`)).status).toBe(404);
  });
});

/** Works on all items, sixteen at a time. */
async function inTurns<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index] as Item);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  return results;
}
