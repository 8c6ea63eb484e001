// The workers in workerd: what the head of a request decides is answered while the body stalls, and bodies in memory have a bound.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import worker, { type DurableEnvironment } from "agent-registrar/cloudflare/durable";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { workerGuarantees } from "../../js/cloudflare/bodies.ts";
import type { ObjectReply } from "../../js/cloudflare/durable/messages.ts";
import { BodyError, requestParts } from "../../js/service/request.ts";
import { world } from "../http/driver.ts";
import { newStorage, SECRET, startDurable } from "./drivers/durable.ts";
import { send } from "./drivers/send.ts";
import { startWorker } from "./drivers/workerd.ts";

const MIB = 1024 * 1024;
/** The bodies of 1 MiB that a worker reads at once. */
const ROOM = 32;
const OPERATOR = "the-operators-token";
const bindings = {
  AGENT_REGISTRAR_TOKENS: JSON.stringify([{ token: "t" }, { token: "e", environment_id: world.environment }]),
  AGENT_REGISTRAR_OPERATOR_TOKEN: OPERATOR,
};

interface Started {
  readonly url: string;
  stop(): Promise<void>;
}

const homes: Record<string, () => Promise<Started>> = {
  memory: () => startWorker(bindings),
  async "Durable Objects"() {
    const { folder, remove } = newStorage();
    const worker = await startDurable(folder, bindings);
    return {
      url: worker.url,
      async stop() {
        await worker.stop();
        remove();
      },
    };
  },
};

type Headers = Readonly<Record<string, string | number>>;
const json = { "content-type": "application/json" };
const of = (token: string, more: Headers = {}): Headers => ({ authorization: `Bearer ${token}`, ...json, ...more });

/** What the head decides, in the order in which it does, and the token of the worker's own that is revoked. */
const REFUSALS: readonly (readonly [string, string, Headers, number])[] = [
  ["no such path", "POST /api/v1/nothing", of("t"), 404],
  ["what is left out", "POST /api/v1/alerts", of("t"), 404],
  ["a method", "PATCH /api/v1/agent", of("t"), 405],
  ["no token", "POST /api/v1/agent", json, 401],
  ["a made-up token", "POST /api/v1/agent", of("made-up"), 401],
  ["a revoked token", "POST /api/v1/agent", of("REVOKED"), 401],
  ["a revoked token before a wrong type", "POST /api/v1/agent", of("REVOKED", { "content-type": "text/plain" }), 401],
  ["an id of another partition", "POST /api/v1/agent/013xrzp12g181qm0yt0q8s8a1vd3p7wk/retire", of("t"), 404],
  ["the scope of an environment", "POST /api/v1/api_token", of("e"), 403],
  ["the scope of an account", "POST /api/v1/account", of("t"), 403],
  ["the scope of the operator", "POST /api/v1/agent", of(OPERATOR), 403],
  ["a wrong type", "POST /api/v1/agent", of("t", { "content-type": "text/plain" }), 415],
  ["a wrong type of the operator", "POST /api/v1/account", of(OPERATOR, { "content-type": "text/plain" }), 415],
  ["a wrong type where no body is needed", "DELETE /api/v1/agent/x", of("t", { "content-type": "text/plain" }), 415],
  ["a coding", "POST /api/v1/agent", of("t", { "content-encoding": "gzip" }), 415],
];

describe.each(Object.keys(homes))("%s", (home) => {
  let worker: Started;
  let revoked = "";
  const sockets: Socket[] = [];
  beforeAll(async () => {
    worker = await (homes[home] as () => Promise<Started>)();
    const ask = async (path: string, body: object) => {
      const init = { method: "POST", headers: of("t") as Record<string, string>, body: new TextEncoder().encode(JSON.stringify(body)) };
      return (await send(worker.url, `/api/v1/${path}`, init)).json() as Promise<{ token: string; details: { id: string } }>;
    };
    const { token, details } = await ask("api_token", { details: { token_scope: "account" } });
    await ask(`api_token/${details.id}/revoke`, {});
    revoked = token;
  }, 60_000);
  afterAll(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await worker.stop();
  });

  /** Sends a head and the beginning of a body. Resolves with the answer's status, body and further headers. */
  async function open(line: string, headers: Headers, body: string): Promise<{ status: number; text: string; socket: Socket }> {
    const all = Object.entries({ host: "a", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    const socket = connect(Number(new URL(worker.url).port), "127.0.0.1");
    sockets.push(socket);
    socket.on("error", () => undefined);
    socket.write(`${line} HTTP/1.1\r\n${all.join("").replace("REVOKED", revoked)}\r\n${body}`);
    let text = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => (text += chunk));
    while (!text.includes("}")) await once(socket, "data");
    return { status: Number(text.slice(9, 12)), text, socket };
  }

  const chunked = { "transfer-encoding": "chunked" };
  const LATE = "1\r\n \r\n";

  describe("what the head decides is answered while the body stalls", () => {
    test.each(REFUSALS)("%s", async (_, line, headers, status) => {
      const bodies: [string, Promise<{ status: number }>][] = [
        ["nothing of a short one", open(line, { ...headers, "content-length": 1_000 }, "")],
        ["a part of a short one", open(line, { ...headers, "content-length": 1_000 }, " ".repeat(999))],
        ["a part of a long one", open(line, { ...headers, "content-length": MIB }, " ".repeat(1_000))],
        ["a part of one without a length", open(line, { ...headers, ...chunked }, `10000\r\n${" ".repeat(1_000)}`)],
      ];
      for (const [name, answer] of bodies) expect((await answer).status, name).toBe(status);
    });

    test("one that grows beyond what may be blank", async () => {
      const answer = open("DELETE /api/v1/agent/x", of("t", { "content-type": "text/plain", ...chunked }), LATE);
      await pause(200);
      sockets.at(-1)?.write(LATE.repeat(100));
      expect((await answer).status).toBe(415);
    });

    test.each([
      ["", of("t"), 413],
      [", before a wrong type", of("t", { "content-type": "text/plain" }), 413],
      [", after a revoked token", of("REVOKED"), 401],
      [", after the scope of the operator", of(OPERATOR), 403],
    ])("a length that is too long%s", async (_, headers, status) => {
      const { text, ...answer } = await open("POST /api/v1/agent", { ...headers, "content-length": 2 * MIB }, " ".repeat(1_000));
      expect(answer.status).toBe(status);
      if (status === 413) expect(text).toContain("bad_request");
    });
  });

  test("a slow body that the head does not refuse is read to its end", async () => {
    const body = JSON.stringify({ details: { name: "Slow", environment_id: world.environment } });
    const answer = open("POST /api/v1/agent", of("t", { "content-length": body.length }), body.slice(0, 10));
    await pause(200);
    sockets.at(-1)?.write(body.slice(10));
    expect((await answer).status).toBe(200);
  });

  test("bodies in memory have a bound: beyond it, 503 and Retry-After", async () => {
    for (let round = 0; round < 2; round += 1) {
      const before = sockets.length;
      let refused = 0;
      const answers = Array.from({ length: ROOM + 8 }, async () => {
        const { status, text } = await open("POST /api/v1/agent", of("t", { "content-length": MIB }), " ".repeat(1_000));
        if (status === 503) {
          refused += 1;
          expect(text.toLowerCase()).toContain("retry-after: ");
        }
        return status;
      });
      while (refused < 8) await pause(20);
      // Others have no body, and are served.
      expect((await send(worker.url, "/api/v1/ping", { method: "GET", headers: { authorization: "Bearer t" } })).status).toBe(200);
      const waiting = sockets.slice(before);
      for (const socket of waiting) if (!socket.destroyed) socket.write(" ".repeat(MIB - 1_000));
      const statuses = await Promise.all(answers);
      expect(statuses.filter((status) => status === 400)).toHaveLength(ROOM);
      expect(statuses.filter((status) => status === 503)).toHaveLength(8);
    }
  });

  test("the room of bodies that are refused, or whose clients leave, is free again", async () => {
    for (let round = 0; round < 2; round += 1) {
      const many = Array.from({ length: ROOM }, () =>
        open("POST /api/v1/agent", of("REVOKED", { "content-length": MIB }), "x".repeat(1_000)),
      );
      for (const { status } of await Promise.all(many)) expect(status).toBe(401);
    }
    for (let round = 0; round < 2; round += 1) {
      const before = sockets.length;
      for (let count = 0; count < ROOM; count += 1) {
        open("POST /api/v1/agent", of("t", { "content-length": MIB }), "x".repeat(1_000)).catch(() => undefined);
      }
      await pause(300);
      for (const socket of sockets.slice(before)) socket.destroy();
      await pause(300);
    }
    const { status } = await open("POST /api/v1/agent", of("t", { "content-length": MIB }), " ".repeat(MIB));
    expect(status).toBe(400);
  });

  /** The status of a whole body of 1 MiB. `undefined`: the connection was closed after a refusal, while the rest was sent. */
  const whole = async (): Promise<number | undefined> => {
    const answer = open("POST /api/v1/agent", of("t", { "content-length": MIB }), " ".repeat(MIB));
    return (await answer.catch(() => undefined))?.status;
  };

  /** Waits until there is no room. */
  const full = (): Promise<boolean> => {
    // If there is room, it takes some.
    const probe = () => open("POST /api/v1/agent", of("t", { "content-length": MIB }), " ").catch(() => undefined);
    return vi.waitUntil(async () => (await Promise.race([probe(), pause(200, undefined)]))?.status === 503, { timeout: 5_000 });
  };

  // The runtime ends the handler of such a client in the middle. After a FIN, as `destroy` sends it, it lets the handler go on.
  test.each([
    ["with a length", { "content-length": MIB }, " "],
    ["without a length", chunked, `f0000\r\n${" ".repeat(0xf0000)}\r\n`],
  ])(
    "the room of bodies %s whose clients reset their connections is free again",
    async (_, headers, start) => {
      for (let round = 0; round < 2; round += 1) {
        const before = sockets.length;
        for (let count = 0; count < ROOM + 8; count += 1) open("POST /api/v1/agent", of("t", headers), start).catch(() => undefined);
        await full();
        for (const socket of sockets.slice(before)) socket.resetAndDestroy();
        await vi.waitUntil(async () => (await whole()) === 400, { timeout: 5_000, interval: 50 });
      }
      // All of it.
      expect(await Promise.all(Array.from({ length: ROOM - 1 }, whole))).toEqual(Array.from({ length: ROOM - 1 }, () => 400));
    },
    30_000,
  );

  test("a body that pauses for 10 seconds is answered with 408, and its room is free again", async () => {
    const stalled = Array.from({ length: ROOM - 1 }, () => open("POST /api/v1/agent", of("t", { "content-length": MIB }), " "));
    const another = open("POST /api/v1/agent", of("t", chunked), LATE);
    const slow = open("POST /api/v1/agent", of("t", chunked), LATE);
    const moving = sockets.at(-1) as Socket;
    const beat = setInterval(() => moving.write(LATE), 1_000);
    try {
      for (const { status } of await Promise.all([...stalled, another])) expect(status).toBe(408);
      expect(await Promise.all(Array.from({ length: ROOM - 1 }, whole))).toEqual(Array.from({ length: ROOM - 1 }, () => 400));
    } finally {
      clearInterval(beat);
    }
    await pause(1_000);
    moving.write("0\r\n\r\n");
    expect((await slow).status).toBe(400);
  }, 30_000);
});

test.each([true, false])("registrars of one isolate share the room for bodies (with a length: %s)", async (isDeclared) => {
  const ends: (() => void)[] = [];
  /** Begins to read a body of 1 MiB, which stalls until `ends` are called. */
  const begin = (guarantees: ReturnType<typeof workerGuarantees>): Promise<Uint8Array | null> => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array(MIB));
        ends.push(() => controller.close());
      },
    });
    const init = { method: "POST", body, duplex: "half", headers: isDeclared ? { "content-length": String(MIB) } : {} };
    return requestParts(new Request("http://worker.test/", init as RequestInit), undefined, guarantees).body(() => false);
  };
  for (let round = 0; round < 2; round += 1) {
    const [front, registrar] = [workerGuarantees(), workerGuarantees()];
    const bodies = Array.from({ length: ROOM }, (_, number) => begin(number % 2 === 0 ? front : registrar));
    // A stream is read after a few turns.
    await pause(20);
    for (const guarantees of [front, registrar]) {
      const refusal: unknown = await begin(guarantees).catch((cause: unknown) => cause);
      expect(refusal).toBeInstanceOf(BodyError);
      expect(refusal).toMatchObject({ status: 503 });
    }
    for (const end of ends.splice(0, ROOM)) end();
    ends.length = 0;
    for (const body of await Promise.all(bodies)) expect(body).toHaveLength(MIB);
  }
});

test.each([
  [5, 9],
  [9, 5],
  [0, 9],
  [9, 0],
  [200_000, 200_000],
  [9, MIB + 1],
])("a body that says %d bytes and has %d is read to its end", async (length, has) => {
  const bytes = Uint8Array.from({ length: has }, (_, index) => index % 251);
  const body = new ReadableStream({
    type: "bytes",
    start(controller) {
      for (let at = 0; at < has; at += 70_000) controller.enqueue(bytes.slice(at, at + 70_000));
      controller.close();
    },
  });
  const init = { method: "POST", body, duplex: "half", headers: { "content-length": String(length) } };
  const parts = requestParts(new Request("http://worker.test/", init as RequestInit), undefined, workerGuarantees());
  expect(Buffer.compare((await parts.body(() => false)) as Uint8Array, bytes)).toBe(0);
});

test("the room of a handler that the runtime ended is free again after a minute", () => {
  vi.useFakeTimers();
  try {
    const { room } = workerGuarantees();
    for (let count = 0; count < ROOM; count += 1) room.share().take(MIB);
    vi.advanceTimersByTime(59_000);
    const share = room.share();
    expect(() => share.take(1)).toThrow(BodyError);
    vi.advanceTimersByTime(2_000);
    share.take(ROOM * MIB);
    share.giveBack();
  } finally {
    vi.useRealTimers();
  }
});

test("the front worker counts a body until its object has answered, or could not", async () => {
  const asked: { readonly answer: (reply: ObjectReply) => void; readonly fail: (cause: Error) => void }[] = [];
  const answer = (): Promise<ObjectReply> => new Promise((resolve, reject) => asked.push({ answer: resolve, fail: reject }));
  const objects = { idFromName: (name: string) => name, get: () => ({ answer, refuse: async () => undefined }) };
  const environment = {
    AGENT_REGISTRAR_TOKENS: JSON.stringify([{ token: "t" }]),
    AGENT_REGISTRAR_SECRET: SECRET,
    AGENT_REGISTRAR_OBJECTS: objects,
  } as unknown as DurableEnvironment;
  const body = new Uint8Array(MIB).fill(32);
  const headers = of("t", { "content-length": String(MIB) }) as Record<string, string>;
  const send = async (): Promise<number> =>
    (await worker.fetch(new Request("http://worker.test/api/v1/agent", { method: "POST", headers, body }), environment)).status;
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  for (let round = 0; round < 3; round += 1) {
    const held = Array.from({ length: ROOM }, send);
    await vi.waitUntil(() => asked.length === ROOM);
    expect(await Promise.all([send(), send()])).toEqual([503, 503]);
    expect(asked).toHaveLength(ROOM);
    for (const [index, { answer, fail }] of asked.splice(0).entries()) {
      if (index % 3 === 0) fail(new Error("the object was reset"));
      else answer(index % 3 === 1 ? { refused: 500, cause: "a fault" } : { status: 200, headers: [], body: new Uint8Array(0) });
    }
    const statuses = await Promise.all(held);
    expect(statuses.slice(0, 3)).toEqual([503, 500, 200]);
  }
  vi.restoreAllMocks();
});
