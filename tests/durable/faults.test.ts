// Faults in the middle, with a file: one effect, the right answers, and recovery. tests/homes/faults.test.ts has those in memory and of the
// process.
import { once } from "node:events";
import { connect } from "node:net";
import { serve, type RunningServer } from "agent-registrar/node";
import { createRegistrar, type RegistrarOptions } from "agent-registrar/service";
import { sqliteStore } from "agent-registrar/sqlite";
import { afterEach, describe, expect, test } from "vitest";
import { send as sendAlone } from "../homes/drivers/send.ts";
import { newFile } from "./support.ts";

let server: RunningServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const headers = { authorization: "Bearer t", "content-type": "application/json" };

// biome-ignore lint/suspicious/noExplicitAny: any JSON
async function ask(url: string, method: string, path: string, body?: unknown): Promise<any> {
  const bytes = body === undefined ? {} : { body: new TextEncoder().encode(JSON.stringify(body)) };
  return (await sendAlone(url, `/api/v1/${path}`, { method, headers, ...bytes })).json();
}

/** A request as it goes over the wire. */
function raw(method: string, path: string, body = ""): string {
  const lines = [`${method} /api/v1/${path} HTTP/1.1`, "host: a", "authorization: Bearer t"];
  if (body !== "") lines.push("content-type: application/json", `content-length: ${Buffer.byteLength(body)}`);
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

/** Sends bytes, and leaves when so many bytes of the answer have arrived, or at once. */
async function leave(port: number, bytes: string, after = 0): Promise<void> {
  const socket = connect(port, "127.0.0.1", () => socket.write(bytes, () => after === 0 && socket.resetAndDestroy()));
  let arrived = 0;
  socket.on("error", () => undefined);
  socket.on("data", (chunk) => {
    arrived += chunk.length;
    if (arrived >= after) socket.resetAndDestroy();
  });
  await once(socket, "close");
}

describe.each([
  ["memory", (): RegistrarOptions => ({})],
  ["a file", (): RegistrarOptions => ({ store: sqliteStore({ file: newFile() }) })],
] as const)("with %s", (_, options) => {
  const start = async (): Promise<RunningServer> => (server = await serve({ ...options(), port: 0, tokens: [{ token: "t" }] }));

  test("clients that leave in the middle of a body have no effect, and in the middle of an answer one", { timeout: 60_000 }, async () => {
    const { url, port, defaults } = await start();
    const environment_id = defaults.environment_id as string;
    const text = (key: string) =>
      JSON.stringify({ details: { name: "Leaver", description: "x".repeat(9_000), environment_id }, idempotency_key: key });
    const count = async (): Promise<number> => (await ask(url, "GET", "agent?pagination[page_size]=1")).pagination.item_count;
    const whole = raw("POST", "agent", text("leaver-body"));
    for (let length = 1; length < whole.length; length += 997) await leave(port, whole.slice(0, -length));
    expect(await count()).toBe(0);
    for (let key = 0; key < 20; key++) {
      const sent = text(`leaver-answer-${key}`);
      await leave(port, raw("POST", "agent", sent), 100);
      const again = await ask(url, "POST", "agent", JSON.parse(sent));
      expect(again.details.name).toBe("Leaver");
    }
    expect(await count()).toBe(20);
    // A page of 180 KB.
    for (let time = 0; time < 20; time++) await leave(port, raw("GET", "agent"), 50_000);
    expect((await ask(url, "GET", "agent")).summaries.length).toBe(20);
  });
});

describe("with a file", () => {
  const start = async (): Promise<RunningServer> =>
    (server = await serve({ store: sqliteStore({ file: newFile() }), port: 0, tokens: [{ token: "t" }] }));

  test("1,000 concurrent retries of one key have one effect and one answer", { timeout: 120_000 }, async () => {
    const { url, defaults } = await start();
    const body = { details: { name: "Once", environment_id: defaults.environment_id }, idempotency_key: "once-only" };
    const answers = await Promise.all(Array.from({ length: 1_000 }, async () => JSON.stringify(await ask(url, "POST", "agent", body))));
    expect(new Set(answers).size).toBe(1);
    expect((await ask(url, "GET", "agent")).pagination.item_count).toBe(1);
  });

  test("doubled and reordered requests have one effect each", { timeout: 60_000 }, async () => {
    const { url, defaults } = await start();
    const bodies = Array.from({ length: 50 }, (_, number) => ({
      details: { name: `Agent ${number}`, environment_id: defaults.environment_id },
      idempotency_key: `agent-${number}`,
    }));
    const order = Array.from({ length: 150 }, (_, place) => ((place * 97) % 150) % 50);
    const first = new Map<number, string>();
    const answers = order.map(async (number) => [number, JSON.stringify(await ask(url, "POST", "agent", bodies[number]))] as const);
    for (const [number, text] of await Promise.all(answers)) expect(text).toBe(first.get(number) ?? (first.set(number, text), text));
    expect((await ask(url, "GET", "agent?pagination[page_size]=1")).pagination.item_count).toBe(50);
  });
});

test("the clock jumps while a file is closed: a key inside its 24 hours has one effect, and ids rise", async () => {
  const hour = 3_600_000;
  const begin = Date.UTC(2026, 4, 7, 10);
  const file = newFile();
  let now = begin;
  const create = async (key: string): Promise<{ id: string; text: string }> => {
    const registrar = createRegistrar({ tokens: [{ token: "t" }], now: () => now, store: sqliteStore({ file }) });
    const body = JSON.stringify({ details: { name: key, environment_id: registrar.defaults.environment_id }, idempotency_key: key });
    const text = await (await registrar.fetch("http://registrar.test/api/v1/agent", { method: "POST", headers, body })).text();
    registrar.close();
    return { id: JSON.parse(text).details?.id, text };
  };
  const first = await create("first-key");
  const ids = [first.id];
  for (const jump of [23, -48, 1, 22, -100, 123]) {
    now += jump * hour;
    ids.push((await create(`after-${ids.length}`)).id);
    if (now < begin + 24 * hour) expect((await create("first-key")).text).toBe(first.text);
  }
  expect(ids).toEqual([...new Set(ids)].sort());
});
