// Group commit: requests that wait at the same time share a transaction, and all are answered.
import { execFileSync } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { DatabaseSync, StatementSync } from "node:sqlite";
import { serve } from "agent-registrar/node";
import { sqliteStore } from "agent-registrar/sqlite";
import { afterEach, describe, expect, test, vi } from "vitest";
import { agent, names, newFile, registrarIn, send } from "./support.ts";

afterEach(() => void vi.restoreAllMocks());

/** Counts the commits from now on, or how often another statement runs. */
function commits(text = "COMMIT"): () => number {
  const { run } = StatementSync.prototype;
  let count = 0;
  vi.spyOn(StatementSync.prototype, "run").mockImplementation(function (this: StatementSync, ...parameters: [never]) {
    if (this.sourceSQL === text) count += 1;
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

/** The answers that `registrar` gives to a program that asks again before it returns, as a server does for pipelined requests. */
function asker(registrar: ReturnType<typeof registrarIn>) {
  type Respond = (
    method: string,
    target: string,
    headers: Record<string, string>,
    body: Uint8Array,
    reader: object,
    done: (answer: { status: number; body: string }) => void,
    isLong?: boolean,
  ) => (() => void) | undefined;
  const { respond } = registrar as unknown as { respond: Respond };
  const text = (memory: Uint8Array, from: number, to: number): string => new TextDecoder().decode(memory.subarray(from, to));
  const headers = { authorization: "Bearer t", "content-type": "application/json" };
  type Done = (answer: { status: number; body: string }) => void;
  const ask = (method: string, body: unknown, done: Done, isLong = false): (() => void) | undefined => {
    const bytes = body === undefined ? new Uint8Array() : new TextEncoder().encode(JSON.stringify(body));
    return respond.call(registrar, method, "/api/v1/agent", headers, bytes, { text, body: text }, done, isLong);
  };
  return ask;
}

/** From now on each look at the clock takes longer than a turn may: a group has one request. */
function slowly(): void {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => (now += 1_000));
}

test.each([
  ["a read", "GET", false],
  ["a long write", "POST", true],
])("%s that comes while others are carried out overtakes none that waits", async (_, method, isLong) => {
  const registrar = registrarIn(newFile());
  await send(registrar, "GET", "agent");
  const ask = asker(registrar);
  const order: string[] = [];
  slowly();
  await new Promise<void>((resolve) => {
    ask("POST", agent(registrar, "first"), () => {
      order.push("first");
      ask(
        method,
        method === "GET" ? undefined : agent(registrar, "last"),
        ({ status, body }) => {
          expect(status).toBe(200);
          if (method === "GET") expect(JSON.parse(body).pagination.item_count).toBe(3);
          order.push("last");
          resolve();
        },
        isLong,
      );
    });
    ask("POST", agent(registrar, "second"), () => order.push("second"));
    ask("POST", agent(registrar, "third"), () => order.push("third"));
  });
  expect(order).toEqual(["first", "second", "third", "last"]);
});

test("a long write waits for its turn, and those before it keep theirs", async () => {
  const registrar = registrarIn(newFile());
  await send(registrar, "GET", "agent");
  const ask = asker(registrar);
  slowly();
  const order: number[] = [];
  for (let index = 0; index < 6; index += 1) ask("POST", agent(registrar, `Agent ${index}`), () => order.push(index), index === 4);
  expect(order).toEqual([]);
  const turns: number[] = [];
  while (order.length < 6) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    turns.push(order.length);
  }
  expect(order).toEqual([0, 1, 2, 3, 4, 5]);
  turns.forEach((length, index) => expect(length - (turns[index - 1] ?? 0)).toBeLessThanOrEqual(2));
});

test("clients that ask again at once do not multiply the time that a turn takes", async () => {
  const registrar = registrarIn(newFile());
  await send(registrar, "GET", "agent");
  const ask = asker(registrar);
  slowly();
  let [asked, ofTurn, most, answered] = [0, 0, 0, 0];
  const again = (): void => {
    if (asked === 100) return;
    asked += 1;
    ask("POST", agent(registrar, `Agent ${asked}`), ({ status }) => {
      expect(status).toBe(200);
      answered += 1;
      ofTurn += 1;
      again();
    });
  };
  for (let client = 0; client < 8; client += 1) again();
  while (answered < 100) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    most = Math.max(most, ofTurn);
    ofTurn = 0;
  }
  // Two where this loop comes before the requests in one turn, and after them in the next one.
  expect(most).toBeLessThanOrEqual(2);
});

test("while another program locks the file, requests that wait together wait for it once", async () => {
  const file = newFile();
  const registrar = registrarIn(file);
  await send(registrar, "GET", "agent");
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const other = new DatabaseSync(file);
  other.exec("BEGIN IMMEDIATE");
  const begun = commits("BEGIN IMMEDIATE");
  const answers = await waiting(registrar, 5);
  expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503, 503]);
  expect(begun()).toBe(1);
  other.close();
  for (const { status } of await waiting(registrar, 5)) expect(status).toBe(200);
});

test("what a head decides waits for its turn, and those before it keep theirs", async () => {
  const registrar = registrarIn(newFile());
  await send(registrar, "GET", "agent");
  const ask = asker(registrar);
  slowly();
  const order: unknown[] = [];
  for (let index = 0; index < 6; index += 1) ask("POST", agent(registrar, `Agent ${index}`), () => order.push(index));
  // Its body does not arrive, so its head is judged.
  const init = { method: "POST", body: new ReadableStream(), duplex: "half" } as RequestInit;
  const refused = registrar.fetch("http://registrar.test/api/v1/agent", init).then(({ status }) => order.push(status));
  await queued();
  expect(order).toEqual([]);
  const turns: number[] = [];
  while (order.length < 6) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    turns.push(order.length);
  }
  await refused;
  expect(order).toEqual([0, 1, 2, 3, 4, 5, 401]);
  turns.forEach((length, index) => expect(length - (turns[index - 1] ?? 0)).toBeLessThanOrEqual(2));
});

test("whether the store answers is told while requests wait, and they go on waiting", async () => {
  const registrar = registrarIn(newFile());
  await send(registrar, "GET", "agent");
  const ask = asker(registrar);
  const answered: number[] = [];
  for (let index = 0; index < 3; index += 1) ask("POST", agent(registrar, `Agent ${index}`), ({ status }) => answered.push(status));
  expect((registrar as unknown as { isReady: boolean }).isReady).toBe(true);
  expect(answered).toEqual([]);
  while (answered.length < 3) await new Promise<void>((resolve) => setImmediate(resolve));
  expect(answered).toEqual([200, 200, 200]);
});

test("requests do not wait for further ones for long, though each turn brings one more", async () => {
  const registrar = registrarIn(newFile());
  await send(registrar, "GET", "agent");
  // They share a transaction, so the next ones wait for more.
  await waiting(registrar, 2);
  const ask = asker(registrar);
  slowly();
  let [asked, askedBefore] = [0, 0];
  while (askedBefore === 0) {
    asked += 1;
    ask("POST", agent(registrar, `Later ${asked}`), () => (askedBefore ||= asked));
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  expect(askedBefore).toBeLessThanOrEqual(3);
});

test("a request that is given up before it begins is not carried out, and one that has begun is", async () => {
  const registrar = registrarIn(newFile());
  await send(registrar, "GET", "agent");
  const ask = asker(registrar);
  const order: number[] = [];
  const giveUp = [0, 1, 2].map((index) => ask("POST", agent(registrar, `Agent ${index}`), () => order.push(index)));
  giveUp[1]?.();
  while (order.length < 2) await new Promise<void>((resolve) => setImmediate(resolve));
  giveUp[0]?.();
  expect(order).toEqual([0, 2]);
  expect(await names(registrar)).toEqual(["Agent 0", "Agent 2"]);
});

describe("of clients that leave together, few requests are begun", () => {
  const CONNECTIONS = 60;
  const description = "\u{1f980}".repeat(10_000);
  const raw = (method: string, path: string, body?: unknown): string => {
    const text = body === undefined ? "" : JSON.stringify(body);
    const head = [`${method} /api/v1/${path} HTTP/1.1`, "host: a", "authorization: Bearer t", "content-type: application/json"];
    return `${head.join("\r\n")}\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
  };
  const item = (details: unknown) => ({ _type: "agents/create", idempotency_key: "an item of many", details });

  test.each([
    ["creates", (details: object) => raw("POST", "agent", { details })],
    ["creates with long bodies", (details: object) => raw("POST", "agent", { details: { ...details, description } })],
    ["bulk requests", (details: object) => raw("POST", "bulk", { items: [item(details)] })],
    ["lists", () => raw("GET", "agent?pagination[page_size]=100")],
    ["pipelined creates", (details: object) => raw("POST", "agent", { details }).repeat(3)],
  ])("%s", async (_, text) => {
    const server = await serve({ store: sqliteStore({ file: newFile() }), port: 0, tokens: [{ token: "t" }] });
    let statements = 0;
    for (const name of ["all", "run"] as const) {
      const real = StatementSync.prototype[name] as (...parameters: never[]) => never;
      vi.spyOn(StatementSync.prototype, name).mockImplementation(function (this: StatementSync, ...parameters: never[]) {
        statements += 1;
        return real.apply(this, parameters);
      } as never);
    }
    const begun = new Set<ServerResponse>();
    let closed = 0;
    const note = (message: unknown): void => {
      const { response } = message as { response: ServerResponse };
      begun.add(response.once("close", () => (closed += 1)));
    };
    let accepted = 0;
    const count = (): void => void (accepted += 1);
    subscribe("http.server.request.start", note);
    subscribe("net.server.socket", count);
    try {
      const bytes = text({ name: "Leaver", environment_id: server.defaults.environment_id });
      const connected = async (): Promise<Socket> => {
        const socket = connect(server.port, "127.0.0.1");
        await once(socket, "connect");
        return socket.on("error", () => undefined);
      };
      const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
      // What one costs.
      const alone = await connected();
      alone.resume().write(bytes);
      await once(alone, "data");
      while (statements === 0) await turn();
      for (let turns = 0; turns < 20; turns += 1) await turn();
      alone.destroy();
      const [each, before] = [statements, begun.size];
      slowly();
      const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, connected));
      // Node accepts one connection in a turn.
      while (accepted < CONNECTIONS + 1) await turn();
      for (const socket of sockets) socket.write(bytes);
      while (begun.size < before + CONNECTIONS) await turn();
      for (const socket of sockets) socket.resetAndDestroy();
      while (closed < begun.size) await turn();
      const whenGone = statements;
      for (let turns = 0; turns < 50; turns += 1) await turn();
      // One may have begun in the turn in which the last one left.
      expect(statements - whenGone).toBeLessThanOrEqual(each);
      expect(statements).toBeLessThan((each * CONNECTIONS) / 2);
    } finally {
      unsubscribe("http.server.request.start", note);
      unsubscribe("net.server.socket", count);
      await server.close();
    }
  });
});
