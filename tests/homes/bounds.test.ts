// The bounds of the server: of connections, bodies, answers and time. Memory is counted, time is not measured.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { Agent, IncomingMessage, type Server as HttpServer } from "node:http";
import { connect, type Socket } from "node:net";
import { Duplex, PassThrough } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { type RunningServer, serve, type ServeOptions } from "agent-registrar/node";
import { generatePfid, type Pfid } from "agent-registrar";
import { createRegistrar } from "agent-registrar/service";
import { sqliteStore } from "agent-registrar/sqlite";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Lane } from "../../js/node/lane.ts";
import { ReadingTurns } from "../../js/node/turns.ts";
import { attack, fill, MOST_MEMORY, send as sendAs, startServer } from "../attacks/measure.mjs";
import { hasSqlite, head } from "./drivers/bytes.ts";
import { send } from "./drivers/send.ts";

const MIB = 1024 * 1024;
let server: RunningServer | undefined;
const sockets: Socket[] = [];

async function start(options: ServeOptions = {}): Promise<RunningServer> {
  server = await serve({ port: 0, tokens: [{ token: "t" }], ...options });
  return server;
}

afterEach(async () => {
  vi.restoreAllMocks();
  for (const socket of sockets.splice(0)) socket.destroy();
  await server?.close();
  server = undefined;
});

interface Line {
  readonly socket: Socket;
  /** All that arrived. */
  text(): string;
  /** Resolves once this has arrived. */
  until(wanted: string | RegExp): Promise<void>;
  readonly closed: Promise<unknown>;
}

function open(data: string | Buffer): Line {
  const socket = connect(server?.port ?? 0, "127.0.0.1", () => socket.write(data));
  sockets.push(socket);
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => (text += chunk));
  socket.on("error", () => undefined);
  const closed = once(socket, "close");
  const until = async (wanted: string | RegExp): Promise<void> => {
    while (typeof wanted === "string" ? !text.includes(wanted) : !wanted.test(text)) {
      await Promise.race([once(socket, "data"), closed.then(() => Promise.reject(new Error(`closed after ${text}`)))]);
    }
  };
  return { socket, text: () => text, until, closed };
}

/** Resolves once so many answers have arrived. */
async function answered(line: Line, count: number): Promise<void> {
  while (line.text().split("HTTP/1.1 ").length - 1 < count) await once(line.socket, "data");
}

const authorized = { authorization: "Bearer t", "content-type": "application/json" };
const isServed = async (): Promise<number> =>
  (await send(server?.url ?? "", "/api/v1/ping", { method: "GET", headers: { authorization: "Bearer t" } })).status;

describe("what the head decides is answered while the body stalls", () => {
  test.each([
    ["no such path", "POST /api/v1/nothing", authorized, 404],
    ["a method", "PATCH /api/v1/agent", authorized, 405],
    ["no token", "POST /api/v1/agent", { "content-type": "application/json" }, 401],
    ["a wrong type", "POST /api/v1/agent", { ...authorized, "content-type": "text/plain" }, 415],
    ["a wrong type where no body is needed", "POST /api/v1/agent/x/retire", { ...authorized, "content-type": "text/plain" }, 415],
    ["a coding", "POST /api/v1/agent", { ...authorized, "content-encoding": "gzip" }, 415],
  ] as const)("%s", async (_, line, headers, status) => {
    await start();
    for (const length of [1_000, MIB]) {
      const declared = open(head(line, { ...headers, "content-length": length }) + " ".repeat(length - 1));
      await declared.until(`HTTP/1.1 ${status} `);
    }
    const chunked = open(`${head(line, { ...headers, "transfer-encoding": "chunked" })}10000\r\n${" ".repeat(1_000)}`);
    await chunked.until(`HTTP/1.1 ${status} `);
  });

  test("in fetch, too", async () => {
    const registrar = createRegistrar({ tokens: [{ token: "t" }] });
    const stalled = (first?: string): ReadableStream =>
      new ReadableStream({
        start(controller) {
          if (first !== undefined) controller.enqueue(new TextEncoder().encode(first));
        },
      });
    const statusOf = async (body: ReadableStream, headers: Record<string, string>): Promise<number> => {
      const init = { method: "POST", headers, body, duplex: "half" } as RequestInit;
      return (await registrar.fetch("http://registrar.test/api/v1/agent", init)).status;
    };
    expect(await statusOf(stalled(), {})).toBe(401);
    expect(await statusOf(stalled("{"), {})).toBe(401);
    expect(await statusOf(stalled("{"), { authorization: "Bearer t", "content-type": "text/plain" })).toBe(415);
  });
});

describe("bodies", () => {
  test("the oldest are refused once there is no room, and others are served", async () => {
    await start({ network: { bodyBytes: 8 * MIB } });
    const stalled = Array.from({ length: 20 }, () =>
      open(head("POST /api/v1/agent", { ...authorized, "content-length": MIB }) + " ".repeat(MIB - 1)),
    );
    // At most seven of these fit, with the room that a body needs while it grows.
    await Promise.all(stalled.slice(0, 10).map((line) => line.until(/HTTP\/1\.1 503 [^]*retry-after: 1/)));
    expect(await isServed()).toBe(200);
    const last = stalled.at(-1) as Line;
    last.socket.write(" ");
    await last.until("HTTP/1.1 400 ");
  });

  test("a body that pauses is answered with 408, and so is a head", async () => {
    // With shorter timeouts, a busy machine closes before it has read what arrived.
    await start({ network: { stallTimeout: 1_000, headTimeout: 1_000 } });
    const body = open(head("POST /api/v1/agent", { ...authorized, "content-length": 10 }) + "{");
    const slow = open("GET / HTTP/1.1\r\nhost:");
    await Promise.all([body.until("HTTP/1.1 408 "), slow.until("HTTP/1.1 408 ")]);
    await Promise.all([body.closed, slow.closed]);
    expect(await isServed()).toBe(200);
  });

  test("one for which all others leave no room is refused, and not carried out", async () => {
    const { url, registrar, defaults } = await start({ network: { bodyBytes: 8 * MIB, peerBodyBytes: 8 * MIB } });
    const details = { name: "Kept", environment_id: defaults.environment_id };
    const text = JSON.stringify({ details });
    const create = (body: string): string => head("POST /api/v1/agent", { ...authorized, "content-length": body.length }) + body;
    const kept = open(create(text));
    await kept.until('"Kept"');
    const id = /"id":"(\w+)"/.exec(kept.text())?.[1];
    // Bodies that are being carried out keep their room.
    registrar.faults.add({ match: { method: "POST", path: "/api/v1/agent" }, delay: 60_000, times: 8 });
    for (let number = 0; number < 8; number += 1) open(create(text.padEnd(MIB - 1)));
    while (registrar.faults.pending().length > 0) await pause(5);
    const line = open(head(`POST /api/v1/agent/${id}/retire`, { ...authorized, "content-length": 2 }) + "{}");
    await line.until(/HTTP\/1\.1 503 [^]*retry-after: 1/);
    // An uncaught exception would fail the test.
    const answer = await send(url, `/api/v1/agent/${id}`, { method: "GET", headers: authorized });
    expect(await answer.json()).toMatchObject({ details: { status: "pending" } });
    expect(line.text().split("HTTP/1.1 ")).toHaveLength(2);
  });

  test("one that arrives byte by byte is the same body", async () => {
    const { defaults } = await start();
    const text = JSON.stringify({ details: { name: "Piece by piece", environment_id: defaults.environment_id } });
    const pieces = [...text].map((character) => `1\r\n${character}\r\n`).join("");
    const line = open(`${head("POST /api/v1/agent", { ...authorized, "transfer-encoding": "chunked" })}${pieces}0\r\n\r\n`);
    await line.until(/HTTP\/1\.1 200 [^]*Piece by piece/);
  });
});

describe("bodies in many pieces are read in turns", () => {
  /** The most bytes that the server reads in one turn of the event loop, as long as `work` lasts; the first two turns apart. */
  async function mostInOneTurn(work: () => Promise<void>): Promise<number> {
    const served: Socket[] = [];
    const note = (message: unknown): void => void served.push((message as { readonly socket: Socket }).socket);
    subscribe("net.server.socket", note);
    let isOver = false;
    const done = work().finally(() => {
      isOver = true;
    });
    const turns: number[] = [];
    for (let before = 0; !isOver; ) {
      await new Promise((resolve) => setImmediate(resolve));
      const read = served.reduce((sum, { bytesRead }) => sum + bytesRead, 0);
      if (read > before) turns.push(read - before);
      before = read;
    }
    unsubscribe("net.server.socket", note);
    await done;
    return Math.max(...turns.slice(2));
  }

  const chunk = (count: number): string => "1\r\n \r\n".repeat(count);
  const chunked = (headers: Record<string, string>): string => head("POST /api/v1/agent", { ...headers, "transfer-encoding": "chunked" });
  /** What Node reads from one socket at once. */
  const READ = 64 * 1024;

  test.each([
    ["a long body", `${chunked(authorized) + chunk(60_000)}0\r\n\r\n`, 1],
    ["a body without a token", `${chunked({}) + chunk(60_000)}0\r\n\r\n`, 1],
    ["bodies that begin together", chunked(authorized), 1, `${chunk(20_000)}0\r\n\r\n`],
    ["requests, one after another", `${chunked(authorized) + chunk(5_000)}0\r\n\r\n`.repeat(15), 15],
  ])("%s", async (_, data, answers, later = "") => {
    await start();
    const most = await mostInOneTurn(async () => {
      const lines = Array.from({ length: 6 }, () => open(data));
      if (later !== "") {
        await pause(100);
        for (const { socket } of lines) socket.write(later);
      }
      await Promise.all(lines.map((line) => answered(line, answers)));
    });
    expect(most).toBeLessThanOrEqual(3 * READ);
  });

  test("the first bodies of connections that were idle", async () => {
    await start();
    const { push } = IncomingMessage.prototype;
    let pieces = 0;
    vi.spyOn(IncomingMessage.prototype, "push").mockImplementation(function (this: IncomingMessage, ...piece) {
      pieces += 1;
      return push.apply(this, piece);
    });
    const lines = Array.from({ length: 32 }, () => open(head("GET /api/v1/ping", authorized)));
    await Promise.all(lines.map((line) => answered(line, 1)));
    const answers = lines.map((line) => answered(line, 2));
    for (const { socket } of lines) socket.write(`${chunked(authorized) + chunk(5_000)}0\r\n\r\n`);
    const turns: number[] = [];
    let isOver = false;
    const over = Promise.all(answers).finally(() => (isOver = true));
    while (!isOver) {
      const before = pieces;
      await new Promise((resolve) => setImmediate(resolve));
      turns.push(pieces - before);
    }
    await over;
    expect(pieces).toBeGreaterThan(32 * 5_000);
    // One that was read, and one that had its turn.
    expect(Math.max(...turns)).toBeLessThan(3 * 5_000);
  });

  test("long bodies that begin together", async () => {
    await start();
    const most = await mostInOneTurn(async () => {
      const lines = Array.from({ length: 16 }, () => open(head("POST /api/v1/agent", { ...authorized, "content-length": MIB })));
      await pause(100);
      for (const { socket } of lines) socket.write(" ".repeat(MIB));
      await Promise.all(lines.map((line) => answered(line, 1)));
    });
    // Four of them, and one that was being read.
    expect(most).toBeLessThanOrEqual(6 * MIB);
  });
});

describe("what the server has not read is not late", () => {
  interface Finished {
    readonly socket: Socket;
    readonly server: HttpServer;
  }

  /** Runs an action once this many answers are over, before the next turn of the event loop. Returns what undoes that. */
  function whenAnswered(count: number, action: (finished: Finished) => void): () => void {
    let answers = 0;
    const note = (message: unknown): void => {
      answers += 1;
      if (answers === count) process.nextTick(() => process.nextTick(action, message as Finished));
    };
    subscribe("http.server.response.finish", note);
    return () => void unsubscribe("http.server.response.finish", note);
  }

  test.each([
    [
      "behind many pieces",
      () => `${head("POST /api/v1/agent", { ...authorized, "transfer-encoding": "chunked" })}${"1\r\n \r\n".repeat(300)}0\r\n\r\n`,
      1,
    ],
    ["behind as many requests as may wait", () => head("GET /api/v1/ping", authorized).repeat(16), 16],
  ])("a request %s", async (_, before, count) => {
    await start();
    let timeouts = 0;
    const forget = whenAnswered(count, ({ socket }) => (timeouts += Number(socket.emit("timeout"))));
    try {
      const line = open(before() + head("GET /api/v1/account", authorized));
      await line.until(/HTTP\/1\.1 200 [^]*"summaries"/);
      expect(timeouts).toBe(1);
    } finally {
      forget();
    }
  });

  test("a body", async () => {
    await start();
    const served: Socket[] = [];
    const note = (message: unknown): void => void served.push((message as { readonly socket: Socket }).socket);
    subscribe("net.server.socket", note);
    try {
      const text = `${head("POST /api/v1/agent", { ...authorized, "transfer-encoding": "chunked" })}${"1\r\n \r\n".repeat(60_000)}0\r\n\r\n`;
      const lines = Array.from({ length: 6 }, () => open(text));
      let isOver = false;
      const over = Promise.all(lines.map((line) => answered(line, 1))).finally(() => (isOver = true));
      let timeouts = 0;
      while (!isOver) {
        await new Promise((resolve) => setImmediate(resolve));
        for (const socket of served) if (socket.isPaused() && !socket.destroyed) timeouts += Number(socket.emit("timeout"));
      }
      await over;
      expect(timeouts).toBeGreaterThan(0);
      for (const line of lines) expect(line.text()).toMatch(/^HTTP\/1\.1 400 /);
    } finally {
      unsubscribe("net.server.socket", note);
    }
  });

  test("a request that waits for its turn keeps its connection where another one needs room", async () => {
    await start({ network: { connections: 2 } });
    const stalled = open(head("POST /api/v1/agent", { ...authorized, "content-length": 2, expect: "100-continue" }));
    await stalled.until("HTTP/1.1 100 ");
    const another = new Duplex({ read: () => undefined });
    const forget = whenAnswered(16, ({ server: accepting }) => accepting.emit("connection", another));
    const waiting = open(head("GET /api/v1/ping", authorized).repeat(16) + head("GET /api/v1/account", authorized));
    try {
      await Promise.all([stalled.until("HTTP/1.1 503 "), waiting.until('"summaries"')]);
    } finally {
      forget();
      another.destroy();
    }
  });
});

describe("after an answer that ends its connection, nothing more of it is carried out", () => {
  const chunkedBody = (length: number): string => `${length.toString(16)}\r\n${" ".repeat(length)}\r\n0\r\n\r\n`;
  const old = (line: string): string => `${line} HTTP/1.0\r\nconnection: keep-alive\r\nauthorization: Bearer t\r\n`;
  test.each([
    ["a file of the page, asked for with a body", `${head("GET /mark.svg", { "content-length": 2 })}hi`],
    ["a file that is not there", `${head("GET /nothing.svg", { "content-length": 2 })}hi`],
    ["an unchanged file before HTTP/1.1", `${old("GET /mark.svg")}if-none-match: ETAG\r\n\r\n`],
    ["HEAD before HTTP/1.1", `${old("HEAD /api/v1/agent")}\r\n`],
    ["a hook without content before HTTP/1.1", `${old("DELETE /_registrar/faults")}host: 127.0.0.1\r\n\r\n`],
    ["no keep-alive", head("GET /api/v1/ping", { ...authorized, connection: "close" })],
    ["HTTP/1.0", "GET /mark.svg HTTP/1.0\r\n\r\n"],
    ["defaults, asked for with a body", `${head("GET /_registrar/defaults", { host: "127.0.0.1", "content-length": 2 })}hi`],
    ["too long a body", head("POST /api/v1/agent", { ...authorized, "transfer-encoding": "chunked" }) + chunkedBody(MIB + 1)],
  ])("%s", async (_, first) => {
    // The hooks need the records in memory.
    const options: ServeOptions[] = [{ testHooks: true }];
    if (hasSqlite && !first.includes("/_registrar/faults")) options.push({ store: sqliteStore({ file: ":memory:" }) });
    for (const more of options) {
      const { url, defaults } = await start({ page: true, ...more });
      const tag = (await send(url, "/mark.svg", { method: "GET", headers: {} })).headers.get("etag") ?? "";
      const body = JSON.stringify({ details: { name: "Ghost", environment_id: defaults.environment_id } });
      const create = head("POST /api/v1/agent", { ...authorized, "content-length": body.length }) + body;
      // With more after it than may wait.
      for (const count of [1, 40]) {
        const line = open(first.replace("ETAG", tag) + create.repeat(count));
        await line.closed;
        expect(line.text()).toMatch(/^HTTP\/1\.1 \d+ [^]*connection: close/i);
        expect(line.text()).not.toContain("Ghost");
      }
      const list = await send(url, "/api/v1/agent", { method: "GET", headers: authorized });
      expect(await list.json()).toMatchObject({ pagination: { item_count: 0 } });
      await server?.close();
    }
  });
});

describe("connections", () => {
  test("for one too many, the one that waits longest is closed", async () => {
    await start({ network: { connections: 4 } });
    const idle: Line[] = [];
    for (let number = 0; number < 4; number += 1) {
      idle.push(open(head("GET /api/v1/ping", authorized)));
      await idle.at(-1)?.until("HTTP/1.1 200 ");
    }
    expect(await isServed()).toBe(200);
    await idle[0]?.closed;
    expect(idle.slice(2).map(({ socket }) => socket.destroyed)).toEqual([false, false]);
  });

  test("thousands of pipelined requests are all answered, also to a client that reads late", async () => {
    await start();
    const count = 3_000;
    const line = open(head("GET /api/v1/ping", authorized).repeat(count));
    line.socket.pause();
    expect(await isServed()).toBe(200);
    line.socket.resume();
    await answered(line, count);
    expect(line.text().split("HTTP/1.1 200 ").length - 1).toBe(count);
  });

  test.each([4, 20, 100])("pipelined lists of %i agents are all answered, too", async (size) => {
    const { url, defaults } = await start();
    const details = { name: "x", environment_id: defaults.environment_id, description: "x".repeat(1_000) };
    const init = { method: "POST", headers: authorized, body: new TextEncoder().encode(JSON.stringify({ details })) };
    for (let number = 0; number < size; number += 1) expect((await send(url, "/api/v1/agent", init)).status).toBe(200);
    // Their answers make Node pause the connection, and resume it while requests wait.
    const line = open(head(`GET /api/v1/agent?pagination[page_size]=${size}`, authorized).repeat(40));
    await answered(line, 40);
    expect(line.text().split("HTTP/1.1 200 ").length - 1).toBe(40);
  });

  test("a pipelined request sees what those before it wrote, and what those after it write it does not see", async () => {
    const { defaults } = await start();
    const ids = Array.from({ length: 100 }, () => generatePfid({ partition: defaults.environment_id as Pfid }));
    const requests = ids.map((id) => {
      const body = JSON.stringify({ details: { name: "New", environment_id: defaults.environment_id, id } });
      const show = head(`GET /api/v1/agent/${id}`, authorized);
      const create = head("POST /api/v1/agent", { ...authorized, "content-length": body.length }) + body;
      return `${show}${create}${show}${head(`DELETE /api/v1/agent/${id}`, authorized)}${show}`;
    });
    const line = open(requests.join(""));
    await answered(line, 5 * ids.length);
    const statuses = [...line.text().matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => Number(match[1]));
    expect(statuses).toEqual(ids.flatMap(() => [404, 200, 200, 200, 404]));
  });

  test("pipelined requests run in their order, and their bodies belong to them", async () => {
    const { defaults } = await start();
    const requests = Array.from({ length: 200 }, (_, number) => {
      const body = JSON.stringify({ details: { name: `Agent ${number}`, environment_id: defaults.environment_id } });
      return head("POST /api/v1/agent", { ...authorized, "content-length": body.length }) + body;
    });
    const line = open(requests.join(""));
    await line.until('"Agent 199"');
    const order = [...line.text().matchAll(/"name":"Agent (\d+)"/g)].map((match) => Number(match[1]));
    expect(order).toEqual(Array.from({ length: 200 }, (_, number) => number));
  });

  test("requests that wait for answers before them have a bound, beyond which their connections end after those answers", async () => {
    const { registrar } = await start({ network: { answerBytes: 32 * MIB } });
    // No answer to `/slow` is sent before the server has seen what waits on every connection.
    const [count, delay] = [320, 3_600_000];
    registrar.faults.add({ match: { path: "/slow" }, delay, times: count });
    const answers: (() => void)[] = [];
    const { setTimeout: later } = globalThis;
    vi.spyOn(globalThis, "setTimeout").mockImplementation(((run: () => void, ms?: number) => {
      if (ms === delay) answers.push(run);
      return later(run, ms);
    }) as typeof setTimeout);
    const waiting = new Set<Socket>();
    const servers = new Set<HttpServer>();
    const note = (message: unknown): void => {
      const { server: one } = message as { readonly server: HttpServer };
      if (!servers.has(one)) one.on("upgrade", (_, socket: Socket) => waiting.add(socket));
      servers.add(one);
    };
    subscribe("http.server.request.start", note);
    // 16 MiB may wait: about 256 of these.
    const requests = head("GET /slow") + head("GET /api/v1/ping", { ...authorized, x: "x".repeat(1_000) }).repeat(60);
    const lines = Array.from({ length: count }, () => open(requests));
    while (answers.length < count || waiting.size < count) await pause(5);
    unsubscribe("http.server.request.start", note);
    for (const answer of answers) answer();
    const isClosed = await Promise.all(lines.map((line) => Promise.race([line.closed.then(() => true), answered(line, 61)])));
    const ended = lines.filter((_, index) => isClosed[index] === true);
    expect(ended.length).toBeGreaterThan(0);
    for (const line of ended) expect(line.text()).toMatch(/^HTTP\/1\.1 404 [^]*"}$/);
    expect(await isServed()).toBe(200);
  });

  test("a client that takes nothing of the page's files loses its connection, and others have its place", async () => {
    await start({ page: true, network: { connections: 5, stallTimeout: 1_000 } });
    const assets = readdirSync(new URL("../../dist/www/assets", import.meta.url));
    const large = assets.find((name) => name.endsWith(".wasm"));
    // More than the system keeps for both sides.
    const files = head(`GET /assets/${large}`).repeat(60);
    const lines = Array.from({ length: 5 }, () => {
      const line = open(files);
      line.socket.pause();
      return line;
    });
    await expect.poll(() => lines.every(({ socket }) => socket.bytesRead > 0)).toBe(true);
    // As resets, which reject.
    const closed = Promise.allSettled(lines.map((line) => line.closed));
    // Until then, new connections are closed.
    await expect.poll(() => isServed().catch(() => 0), { timeout: 20_000 }).toBe(200);
    for (const { socket } of lines) socket.resume();
    await closed;
  });

  test("a request to connect behind others, of a client that leaves, ends nothing else", async () => {
    await start({ page: true });
    for (let number = 0; number < 100; number += 1) {
      const { socket, closed } = open(head("GET /") + head("CONNECT a:1"));
      await once(socket, "connect");
      await pause(number % 3);
      socket.resetAndDestroy();
      await closed;
    }
    // An unhandled event would fail the test.
    expect(await isServed()).toBe(200);
  });

  test("a request to connect behind others leaves them their answers", async () => {
    await start({ page: true });
    const line = open(head("GET /mark.svg").repeat(3) + head("GET /").repeat(9) + head("CONNECT a:1"));
    await line.closed;
    expect(line.text().match(/HTTP\/1\.1 \d+/g)).toEqual([...Array(12).fill("HTTP/1.1 200"), "HTTP/1.1 404"]);
  });

  test("a client that takes nothing of its answers loses its connection", async () => {
    const { registrar, defaults } = await start({ network: { stallTimeout: 1_000 } });
    const details = { name: "x", environment_id: defaults.environment_id, description: "x".repeat(10_000) };
    const body = new TextEncoder().encode(JSON.stringify({ details }));
    for (let number = 0; number < 100; number += 1) expect(registrar.handle("POST", "/api/v1/agent", authorized, body).status).toBe(200);
    const page = head("GET /api/v1/agent?pagination[page_size]=100", authorized);
    const name = "http.server.request.start";
    const served = new Promise<Socket>((resolve) => {
      const note = (message: unknown): void => {
        unsubscribe(name, note);
        resolve((message as { readonly socket: Socket }).socket);
      };
      subscribe(name, note);
    });
    const line = open(page.repeat(100));
    line.socket.pause();
    await once(await served, "close");
    expect(await isServed()).toBe(200);
    line.socket.resume();
    await line.closed;
    expect(line.text().split("HTTP/1.1 200 ").length - 1).toBeLessThan(50);
  });
});

test.each([
  ["a file that is asked for with a body", head("GET /mark.svg", { "content-length": 0 }), ""],
  ["a body that was refused before it was there", head("POST /api/v1/agent", { "content-length": 5 }), "12345"],
])("of requests behind an answer that ends its connection, only some are taken: %s", async (_, first, body) => {
  await start({ page: true });
  let taken = 0;
  const note = (): void => void (taken += 1);
  subscribe("http.server.request.start", note);
  const more = body + head("GET /").repeat(2_000);
  const line = open(body === "" ? first + more : first);
  if (body !== "") {
    await line.until("HTTP/1.1 401 ");
    line.socket.write(more);
  }
  await line.closed;
  unsubscribe("http.server.request.start", note);
  expect(taken).toBeGreaterThan(0);
  expect(taken).toBeLessThan(20);
});

test("a closed connection waits for no turn", async () => {
  const turns = new ReadingTurns(() => 0);
  const [left, other] = [new PassThrough(), new PassThrough()];
  let isRead = false;
  turns.wait(left, () => (isRead = true));
  const isOver = new Promise<void>((resolve) => turns.wait(other, resolve));
  turns.forget(left);
  await isOver;
  await new Promise(setImmediate);
  expect(isRead).toBe(false);
});

test("long bodies wait for arriving connections as long as their turns took, and not as long as there were none", async () => {
  let [now, arrivals] = [1_000, 0];
  vi.spyOn(performance, "now").mockImplementation(() => now);
  // A connection arrives in each turn.
  const turns = new ReadingTurns(() => (arrivals += 1));
  await new Promise<void>((resolve) => turns.wait(new PassThrough(), resolve));
  await new Promise(setImmediate);
  now += 3_600_000;
  let isRead = false;
  turns.wait(new PassThrough(), () => (isRead = true));
  for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
  expect(isRead).toBe(true);
});

test("of long requests, one waits for its commit at a time, and short ones need not wait for more", async () => {
  const lane = new Lane({ hasRoom: () => true, arrivals: 0 });
  const started: (() => void)[] = [];
  const add = (cost: number): void =>
    lane.add({ cost, start: (done) => void started.push(done), refuse: () => undefined, isGone: () => false });
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
  };
  for (let count = 0; count < 5; count += 1) add(100);
  await turns();
  expect(started).toHaveLength(1);
  add(1);
  expect(started).toHaveLength(2);
  started[0]?.();
  // The turn in which it was carried out has no time for the next one.
  add(100);
  expect(started).toHaveLength(2);
  await turns();
  expect(started).toHaveLength(3);
});

describe("options", () => {
  test.each([
    [{ connections: 0 }, "network.connections"],
    [{ bodyBytes: 1 }, "network.bodyBytes"],
    [{ answerBytes: 1.5 }, "network.answerBytes"],
    [{ headTimeout: "1" }, "network.headTimeout"],
    [{ speed: 1 }, "network.speed"],
  ])("%j is refused by name", async (network, name) => {
    await expect(serve({ port: 0, network: network as never })).rejects.toThrow(name);
  });
});

// Minutes on a busy machine, so only where asked for; `npm run soak:attacks` prints more.
describe.runIf(process.platform === "linux" && process.env["ATTACKS"] !== undefined)("under attack", () => {
  test("memory stays within its bound, and others are answered", { timeout: 400_000 }, async () => {
    const attacked = await startServer();
    const agent = new Agent({ keepAlive: true });
    try {
      await fill(attacked, agent);
      for (const name of [
        "unread answers",
        "bodies without a token",
        "stalled bodies",
        "bodies byte by byte",
        "slow heads",
        "pipelined requests",
        "pipelined pages",
        "bulk of lists",
        "clients that leave",
      ]) {
        const { others, memory } = await attack(attacked, name, 1, 300);
        expect(others.failures, name).toEqual([]);
        expect(others.requests, name).toBeGreaterThan(0);
        expect(memory.peak, name).toBeLessThan(MOST_MEMORY);
      }
      expect((await sendAs(attacked, agent, "GET", "/api/v1/ping")).status).toBe(200);
    } finally {
      agent.destroy();
      await attacked.stop();
    }
  });
});
