// Group commit: requests that wait at the same time share a transaction, and all are answered.
import { execFileSync } from "node:child_process";
import { StatementSync } from "node:sqlite";
import { afterEach, expect, test, vi } from "vitest";
import { agent, names, newFile, registrarIn, send } from "./support.ts";

afterEach(() => void vi.restoreAllMocks());

/** Counts the commits from now on. */
function commits(): () => number {
  const { run } = StatementSync.prototype;
  let count = 0;
  vi.spyOn(StatementSync.prototype, "run").mockImplementation(function (this: StatementSync, ...parameters: [never]) {
    if (this.sourceSQL === "COMMIT") count += 1;
    return run.apply(this, parameters);
  } as never);
  return () => count;
}

const CLIENTS = 16;
const EACH = 10;

test("the requests of many clients share commits, and one client gets an answer after each", async () => {
  const registrar = registrarIn(newFile());
  await send(registrar, "GET", "agent");
  const many = commits();
  const made = async (client: number): Promise<void> => {
    for (let turn = 0; turn < EACH; turn++) {
      const { status } = await send(registrar, "POST", "agent", agent(registrar, `Agent ${client} ${turn}`, `key ${client} ${turn}`));
      expect(status).toBe(200);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, client) => made(client)));
  expect(many()).toBeLessThan((CLIENTS * EACH) / 4);
  expect(new Set(await names(registrar)).size).toBe(CLIENTS * EACH);
  const before = many();
  await made(CLIENTS);
  expect(many() - before).toBe(EACH);
});

test("a bulk request has one commit", async () => {
  const registrar = registrarIn(newFile());
  await send(registrar, "GET", "agent");
  const item = (name: string, more = {}) => ({
    ...(agent(registrar, name) as object),
    _type: "agents/create",
    idempotency_key: `bulk-${name}`,
    ...more,
  });
  const items = Array.from({ length: 20 }, (_, index) => item(`Agent ${index}`));
  const count = commits();
  expect((await send(registrar, "POST", "bulk", { items })).status).toBe(200);
  expect(count()).toBe(1);
  expect(new Set(await names(registrar)).size).toBe(items.length);
});

test("waiting requests that take long are carried out in several turns, in their order", async () => {
  const registrar = registrarIn(newFile());
  const { environment_id } = registrar.defaults;
  await send(registrar, "GET", "agent");
  const count = commits();
  let turns = 0;
  let isOver = false;
  const next = (): void => {
    turns += 1;
    if (!isOver) setImmediate(next);
  };
  setImmediate(next);
  // Each takes far more than a tenth of a millisecond.
  const description = "\u{1f980}".repeat(10_000);
  const order: number[] = [];
  const made = Array.from({ length: 400 }, async (_, index) => {
    const { status } = await send(registrar, "POST", "agent", { details: { name: `Agent ${index}`, environment_id, description } });
    order.push(index);
    return status;
  });
  expect(new Set(await Promise.all(made))).toEqual(new Set([200]));
  isOver = true;
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  expect(turns).toBeGreaterThan(2);
  expect(count()).toBeGreaterThan(1);
});

/** Creates that wait for their commit. */
function waiting(registrar: ReturnType<typeof registrarIn>, count: number): Promise<{ status: number }[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => send(registrar, "POST", "agent", agent(registrar, `Agent ${index}`))));
}

/** Until the bodies are read and the requests wait, without a turn of the event loop. */
async function queued(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await null;
}

test("requests that wait at the end are answered, and the process ends", () => {
  const program = `
    import { createRegistrar } from "agent-registrar/service";
    import { sqliteStore } from "agent-registrar/sqlite";
    const registrar = createRegistrar({ tokens: [{ token: "t" }], store: sqliteStore({ file: ${JSON.stringify(newFile())} }) });
    const headers = { authorization: "Bearer t", "content-type": "application/json" };
    const body = JSON.stringify({ details: { name: "a", environment_id: registrar.defaults.environment_id } });
    const answers = [1, 2, 3].map(() => registrar.fetch("http://x/api/v1/agent", { method: "POST", headers, body }));
    for (let turn = 0; turn < 100; turn++) await null;
    registrar.close();
    console.log((await Promise.all(answers)).map(({ status }) => status).join());`;
  // If it does not end, the test's time does.
  const args = ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", program];
  expect(execFileSync(process.execPath, args, { encoding: "utf8", timeout: 15_000 })).toBe("200,200,200\n");
});

test("what does not wait sees what those before it wrote", async () => {
  const registrar = registrarIn(newFile());
  const listed = () => {
    const { body } = registrar.handle("GET", "/api/v1/agent", { authorization: "Bearer t" }, new Uint8Array());
    return JSON.parse(new TextDecoder().decode(body)).pagination.item_count as number;
  };
  const first = waiting(registrar, 2);
  await queued();
  expect(listed()).toBe(2);
  const second = waiting(registrar, 3);
  await queued();
  registrar.reset();
  expect(listed()).toBe(0);
  for (const { status } of [...(await first), ...(await second)]) expect(status).toBe(200);
});
