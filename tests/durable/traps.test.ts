// Aborts at random places of the core with a file: one request fails with 500, and nothing else.
import { DatabaseSync } from "node:sqlite";
import { createRegistrar, type Registrar } from "agent-registrar/service";
import { sqliteStore } from "agent-registrar/sqlite";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { abortingWasm, Instances, Places, UNREACHED } from "../homes/drivers/aborting.ts";
import { agent, names, newFile, send } from "./support.ts";

const instances = new Instances();
const module = new WebAssembly.Module(abortingWasm("service-sql"));
const places = new Places();

beforeEach(() => {
  // The causes go to the log.
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const open = (file: string): Registrar => createRegistrar({ tokens: [{ token: "t" }], store: sqliteStore({ file, wasm: module }) });

/** A number that changes with each commit to the file by somebody else. */
function commits(watching: DatabaseSync): unknown {
  return watching.prepare("PRAGMA data_version").get()?.["data_version"];
}

interface Made {
  readonly id: string;
  readonly instance: string;
  readonly span: string;
}

/** Requests of every kind; `round` keeps keys and names apart. */
const requests: readonly ((registrar: Registrar, made: Made, round: number) => [string, string, unknown?])[] = [
  (registrar, _, round) => ["POST", "agent", agent(registrar, `New ${round}`, `key-of-${round}`)],
  (_, { id }, round) => ["PUT", `agent/${id}`, { details: { name: `Renamed ${round}` } }],
  (_, { id }, round) => ["POST", "agent_instance/register", { agent_id: id, agent_version: { external_identifier: `v${round}` } }],
  (_, { instance }) => [
    "POST",
    "agent_spans",
    { details: { agent_instance_id: instance, schema_name: "x", status: "active", payload: { text: "x".repeat(50_000) } } },
  ],
  (_, { span }) => ["POST", `agent_spans/${span}/finish`, { result_payload: {} }],
  () => ["POST", "api_token", { details: { token_scope: "account" } }],
  () => ["GET", "agent?include_counts=true&sorting=-name"],
  (registrar, _, round) => [
    "POST",
    "bulk",
    {
      items: [0, 1].map((item) => ({
        ...(agent(registrar, "Item") as object),
        _type: "agents/create",
        idempotency_key: `item-${round}-${item}`,
      })),
    },
  ],
];

async function filled(registrar: Registrar): Promise<Made> {
  const made = async (path: string, body: unknown): Promise<string> => (await send(registrar, "POST", path, body)).json.details.id;
  const id = await made("agent", agent(registrar, "Kept"));
  const instance = await made("agent_instance/register", { agent_id: id });
  const details = { agent_instance_id: instance, schema_name: "x", status: "active", payload: {} };
  return { id, instance, span: await made("agent_spans", { details }) };
}

test("an abort at any place costs one request, and changes nothing", { timeout: 600_000 }, async () => {
  const file = newFile();
  const registrar = open(file);
  const made = await filled(registrar);
  const watching = new DatabaseSync(file);
  let [round, reached, isKept] = [0, 0, 0];
  for (const request of requests) {
    // The number of places, of a request that was carried out.
    instances.fuse.value = UNREACHED;
    const [method, path, body] = request(registrar, made, ++round);
    expect((await send(registrar, method, path, body)).status).toBe(200);
    const most = UNREACHED - instances.fuse.value;
    instances.fuse.value = 0;
    for (let count = places.count(25); count > 0; count--) {
      const before = commits(watching);
      const instance = instances.fuse;
      instance.value = places.below(most);
      const sent = request(registrar, made, ++round);
      const { status, json, headers } = await send(registrar, ...sent);
      const isReached = instance.value === 0;
      instance.value = 0;
      const where = `SEED=${places.seed}, round ${round}: ${sent[0]} ${sent[1]}`;
      if (isReached) {
        reached += 1;
        expect([status, json.code], where).toEqual([500, "unexpected"]);
        expect(json.message, where).toContain(headers["x-request-id"]);
        // An abort while the answer is written comes after the commit.
        if (commits(watching) !== before) isKept += 1;
      }
      // The same again is carried out, or it was: no half of it is there.
      const again = await send(registrar, ...sent);
      expect([200, 409], `${where}: ${JSON.stringify(again.json)}`).toContain(again.status);
      expect((await send(registrar, "GET", "agent")).status, where).toBe(200);
    }
  }
  expect(reached).toBeGreaterThan((round * 2) / 3);
  expect(isKept).toBeLessThan(reached / 4);
  expect(watching.prepare("PRAGMA integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
  watching.close();
  registrar.close();
});

test("an abort in a turn with other requests costs one of them at most", { timeout: 600_000 }, async () => {
  const registrar = open(newFile());
  await filled(registrar);
  const turn = (round: number) =>
    Promise.all([0, 1, 2].map((index) => send(registrar, "POST", "agent", agent(registrar, `${round}`, `turn-${round}-${index}`))));
  instances.fuse.value = UNREACHED;
  await turn(0);
  const most = UNREACHED - instances.fuse.value;
  instances.fuse.value = 0;
  let expected = (await names(registrar)).length;
  for (let round = 1; round <= places.count(40); round++) {
    const instance = instances.fuse;
    instance.value = places.below(most);
    const statuses = (await turn(round)).map(({ status }) => status);
    instance.value = 0;
    // A batch that is rolled back runs again one by one. Outside of it, such as before it began, the abort is that of one request.
    const failed = statuses.filter((status) => status !== 200);
    expect(failed, `SEED=${places.seed}, round ${round}`).toEqual([500].slice(0, failed.length));
    expect((await turn(round)).map(({ status }) => status)).toEqual([200, 200, 200]);
    expected += 3;
  }
  expect((await names(registrar)).length).toBe(expected);
  registrar.close();
});

test("an abort while a file is opened leaves it as it was, or opened once", { timeout: 600_000 }, async () => {
  const file = newFile();
  let refused = 0;
  for (let round = 0; round < places.count(60); round++) {
    instances.nextFuse = places.below(round < 30 ? 200_000 : 4_000);
    try {
      open(file).close();
    } catch (cause) {
      refused += 1;
      expect((cause as Error).name).toMatch(/RuntimeError|StoreError/);
    }
  }
  expect(refused).toBeGreaterThan(5);
  const registrar = open(file);
  instances.fuse.value = 0;
  expect((await send(registrar, "POST", "agent", agent(registrar, "After"))).status).toBe(200);
  expect(await names(registrar)).toEqual(["After"]);
  registrar.close();
});
