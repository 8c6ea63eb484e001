// Group commit: requests that wait at the same time share a transaction, and all are answered.
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
