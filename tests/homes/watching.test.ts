// Logs, metrics and Server-Timing of the server.
import { type ChildProcess, spawn } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { type RunningServer, serve, type ServeOptions } from "agent-registrar/node";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type LogTarget, LogWriter } from "../../js/node/logs.ts";
import { causeText, logLine, type RequestRecord } from "../../js/service/log.ts";
import { send } from "./drivers/send.ts";
import { parseMetrics, type Sample } from "./prometheus.ts";

const ACCOUNT = "013xrzp12g3nqk8nyt0q8s8a1vd3p7wk";
let server: RunningServer | undefined;
const said: string[] = [];

async function start(options: ServeOptions = {}): Promise<RunningServer> {
  server = await serve({ port: 0, tokens: [{ token: "t" }], ...options });
  return server;
}

/** Takes what the server writes to standard error. */
function listen(): void {
  vi.spyOn(process.stderr, "write").mockImplementation((chunk) => {
    said.push(String(chunk));
    return true;
  });
}

afterEach(async () => {
  await server?.close();
  server = undefined;
  vi.restoreAllMocks();
  said.length = 0;
});

async function request(method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<Response> {
  const bytes = body === undefined ? {} : { body: new TextEncoder().encode(body) };
  return send(server?.url ?? "", path, { method, headers, ...bytes });
}

const authorized = { authorization: "Bearer t", "content-type": "application/json" };

async function create(name = "Ada"): Promise<Response> {
  const details = { name, environment_id: server?.defaults.environment_id };
  return request("POST", "/api/v1/agent", authorized, JSON.stringify({ details }));
}

/** Closes the server, which writes the rest of the log, and returns the lines. */
async function lines(): Promise<string[]> {
  await server?.close();
  server = undefined;
  return said.join("").split("\n").slice(0, -1);
}

async function records(): Promise<Record<string, unknown>[]> {
  return (await lines()).map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("the log", () => {
  test("in JSON has a line for each request, of bounded vocabulary", async () => {
    listen();
    await start({ log: "json" });
    const made = await create();
    await request("GET", "/api/v1/agent?environment_id=secret-query", authorized);
    await request("GET", "/secret-path", authorized);
    await request("GET", "/api/v1/agent", { authorization: "Bearer secret-token" });
    await request("HEAD", "/healthz");
    await request("PROPFIND", "/api/v1/agent", authorized);
    await request("OPTIONS", "/api/v1/agent");
    await request("GET", "/");
    const shown = await records();
    const common = { time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/), message: "request" };
    const id = expect.stringMatching(/^[0-9a-f]{32}$/);
    const line = (rest: object) => ({ ...common, level: "info", request_id: id, ms: expect.any(Number), ...rest });
    expect(shown).toEqual([
      line({ request_id: made.headers.get("x-request-id"), method: "POST", operation: "agents/create", account_id: ACCOUNT, status: 200 }),
      line({ method: "GET", operation: "agents/list", account_id: ACCOUNT, status: 422 }),
      line({ method: "GET", status: 404 }),
      line({ method: "GET", operation: "agents/list", status: 401 }),
      line({ method: "HEAD", operation: "healthz", status: 200 }),
      line({ method: "OTHER", status: 405 }),
      line({ method: "OPTIONS", status: 204 }),
      { ...common, level: "info", method: "GET", operation: "page", status: 200, ms: expect.any(Number) },
    ]);
    // With a decimal: a request takes less than a millisecond.
    for (const text of said.join("").matchAll(/"ms":([^,}]+)/g)) expect(text[1]).toMatch(/^\d+\.\d{3}$/);
    expect(said.join("")).not.toMatch(/secret|Ada|Bearer/);
  });

  test("as text is for people", async () => {
    listen();
    await start({ log: "text" });
    await create();
    const [line, ...more] = await lines();
    expect(line).toMatch(/^\d{4}-\S+Z 200 POST agents\/create \d+\.\d{3}ms 013xrzp12g3nqk8nyt0q8s8a1vd3p7wk [0-9a-f]{32}$/);
    expect(more).toEqual([]);
  });

  test("without it, causes that nobody reads do not fill the memory", async () => {
    const told = vi.spyOn(console, "error").mockImplementation(() => undefined);
    let waiting = 0;
    const length = vi.spyOn(process.stderr, "writableLength", "get").mockImplementation(() => waiting);
    let isBroken = false;
    await start({
      now: () => {
        if (isBroken) throw new Error("the clock is broken");
        return 0;
      },
    });
    isBroken = true;
    await request("GET", "/api/v1/agent", authorized);
    await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(1));
    waiting = 2 * 1024 * 1024;
    await request("GET", "/api/v1/agent", authorized);
    await new Promise(setImmediate);
    length.mockRestore();
    expect(told).toHaveBeenCalledTimes(1);
    told.mockRestore();
  });

  test("tells the causes of errors, which go to the console without it", async () => {
    const told = vi.spyOn(console, "error").mockImplementation(() => undefined);
    let isBroken = false;
    const now = (): number => {
      if (isBroken) throw new Error("the clock is broken", { cause: new RangeError("no\nbattery") });
      return 0;
    };
    for (const log of ["json", "off"] as const) {
      listen();
      // The metrics watch, too.
      await start({ log, now, metricsPort: 0 });
      isBroken = true;
      const answer = await request("GET", "/api/v1/agent", authorized);
      isBroken = false;
      expect(answer.status).toBe(500);
      const id = answer.headers.get("x-request-id") as string;
      if (log === "json") {
        const [record] = await records();
        expect(record).toMatchObject({ level: "error", status: 500, request_id: id });
        expect(record?.["cause"]).toMatch(/^TypeError: now: .*Error: the clock is broken: RangeError: no\nbattery$|the clock is broken/s);
        expect(told).not.toHaveBeenCalled();
      } else {
        await lines();
        expect(told).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(id), expect.any(Error));
      }
    }
  });

  test("has a line for bytes that are no request, and for a client that leaves", async () => {
    listen();
    await start({ log: "json" });
    const socket = connect(server?.port ?? 0, "127.0.0.1", () => socket.write("NONSENSE\r\n\r\n"));
    await once(socket.resume(), "close");
    const leaving = connect(server?.port ?? 0, "127.0.0.1");
    leaving.write(
      "POST /api/v1/agent HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\nContent-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n",
    );
    // Its head was answered with `100 Continue`, so the server has it.
    await once(leaving, "data");
    leaving.destroy();
    await vi.waitFor(() => expect(said.join("")).toContain('"POST"'));
    expect(await records()).toMatchObject([
      { status: 400, method: "OTHER" },
      { status: 400, method: "POST", aborted: true },
    ]);
  });

  test("has a line for each request of a client that leaves, also for those that wait for answers before them", async () => {
    listen();
    const { port, registrar } = await start({ log: "json" });
    registrar.faults.add({ delay: 3_600_000, times: 3 });
    let begun = 0;
    const note = (): void => void (begun += 1);
    subscribe("http.server.request.start", note);
    const leaving = connect(port, "127.0.0.1");
    leaving.write("GET /api/v1/ping HTTP/1.1\r\nHost: x\r\n\r\n".repeat(3));
    await vi.waitFor(() => expect(begun).toBe(3));
    unsubscribe("http.server.request.start", note);
    leaving.resetAndDestroy();
    await vi.waitFor(() => expect(said.join("").split('"GET"')).toHaveLength(4));
    expect((await records()).map(({ status }) => status)).toEqual([499, 499, 499]);
  });

  test("has a line for each request behind an answer that ends its connection", async () => {
    listen();
    const { port } = await start({ log: "json", operatorToken: "operator" });
    // The page reads no body.
    const ending = "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx";
    const behind = "GET /api/v1/ping HTTP/1.1\r\nHost: x\r\n\r\n".repeat(5);
    const socket = connect(port, "127.0.0.1", () => socket.write(ending + behind));
    await once(socket.resume(), "close");
    await vi.waitFor(() => expect(said.join("").split('"method"')).toHaveLength(6 + 1));
    const metrics = await (await request("GET", "/metrics", { authorization: "Bearer operator" })).text();
    expect(metrics).toMatch(/^agent_registrar_http_requests_in_flight 1$/m);
  });

  test("is off by default", async () => {
    listen();
    await start();
    await create();
    expect(await lines()).toEqual([]);
  });
});

describe("a line of the log", () => {
  const record: RequestRecord = { at: 0, requestId: undefined, method: "GET", status: 500, milliseconds: 0.0004 };
  const evil = ["\n", "\r\n", "\u0000", "\u001b[31m", "\u0085", "\u2028", '"', "\\", "\u009b2J", "😀", "\ud800"].join("x");

  test("is one line, whatever an error says", () => {
    const cause = new Error(evil, { cause: new TypeError(`${evil}second`) });
    const text = logLine({ ...record, cause }, "text");
    const json = logLine({ ...record, cause }, "json");
    for (const line of [text, json]) expect(line).not.toMatch(/[\u0000-\u001f]/);
    expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
    expect((JSON.parse(json) as { cause: string }).cause).toBe(`Error: ${evil}: TypeError: ${evil}second`);
  });

  test("has no method that a client made up", () => {
    for (const format of ["json", "text"] as const) expect(logLine({ ...record, method: `G${evil}` }, format)).toContain("OTHER");
  });

  test("has a bounded length", () => {
    const long = new Error("x".repeat(1e6), { cause: "y".repeat(1e6) });
    expect(logLine({ ...record, cause: long }, "json").length).toBeLessThan(5_000);
    const circle = new Error("circle");
    circle.cause = circle;
    expect(causeText(circle)).toMatch(/^(Error: circle: ){7}Error: circle$/);
    for (const odd of [Object.create(null), { toString: () => ({}) }]) expect(causeText(odd)).toBe("an error that cannot be read");
    expect([undefined, null, 7, Symbol("s")].map(causeText)).toEqual(["undefined", "null", "7", "Symbol(s)"]);
  });
});

describe("the writer of the log", () => {
  /** A target that takes nothing until it is told to. */
  class Stalled implements LogTarget {
    readonly writable = true;
    writableLength = 0;
    readonly texts: string[] = [];

    write(text: string): void {
      this.texts.push(text);
      this.writableLength += text.length;
    }
  }

  test("writes in batches", () => {
    const target = new Stalled();
    const writer = new LogWriter(target, (count) => `${count} dropped`);
    for (let line = 0; line < 100; line++) writer.write(`line ${line}`);
    expect(target.texts).toEqual([]);
    writer.flush();
    expect(target.texts).toHaveLength(1);
    expect(target.texts[0]?.split("\n")).toHaveLength(101);
  });

  test("drops lines that nobody reads, counts them, and says so once there is room", () => {
    const target = new Stalled();
    const writer = new LogWriter(target, (count) => `${count} dropped`);
    const line = "x".repeat(1023);
    for (let count = 0; count < 3 * 1024; count++) {
      writer.write(line);
      if (count % 100 === 0) writer.flush();
    }
    expect(target.writableLength).toBeLessThanOrEqual(1024 * 1024);
    expect(writer.dropped).toBeGreaterThan(2 * 1024 - 10);
    const { dropped } = writer;
    target.writableLength = 0;
    target.texts.length = 0;
    writer.write("after");
    writer.flush();
    expect(target.texts.join("")).toBe(`${dropped} dropped\nafter\n`);
    expect(writer.dropped).toBe(dropped);
  });
});

test("requests are answered while nobody reads the log", async () => {
  const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [cli, "--port", "0", "--log", "json", "--token", "t"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  try {
    let greeting = "";
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (greeting += chunk));
    await vi.waitFor(() => expect(greeting).toContain("Ctrl+C"), 20_000);
    const url = / answers at (\S+)/.exec(greeting)?.[1] ?? "";
    // Far more than the pipe holds.
    for (let count = 0; count < 100; count++) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(`${url}/healthz`)));
      for (const answer of answers) expect(answer.status).toBe(200);
      await Promise.all(answers.map((answer) => answer.arrayBuffer()));
    }
    let log = "";
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (log += chunk));
    child.kill("SIGTERM");
    await once(child, "close");
    expect(log.split("\n").filter((line) => line.includes('"healthz"'))).toHaveLength(2_000);
  } finally {
    child.kill("SIGKILL");
  }
}, 60_000);

describe("the metrics", () => {
  async function metrics(headers: Record<string, string> = {}): Promise<Map<string, Sample[]>> {
    const answer = await request("GET", "/metrics", { authorization: "Bearer operator", ...headers });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    return parseMetrics(await answer.text());
  }

  const value = (all: Map<string, Sample[]>, name: string, labels: Record<string, string> = {}): number | undefined =>
    all.get(name)?.find((sample) => Object.entries(labels).every(([label, text]) => sample.labels[label] === text))?.value;

  test("count requests by operation and class of status", async () => {
    await start({ operatorToken: "operator" });
    for (let count = 0; count < 3; count++) await create();
    await request("POST", "/api/v1/agent", authorized, "{}");
    await request("GET", "/nothing");
    const all = await metrics();
    const total = "agent_registrar_http_requests_total";
    expect(value(all, total, { operation: "agents/create", status: "2xx" })).toBe(3);
    expect(value(all, total, { operation: "agents/create", status: "4xx" })).toBe(1);
    expect(value(all, total, { operation: "none", status: "4xx" })).toBe(1);
    expect(value(all, "agent_registrar_http_request_duration_seconds_count", { operation: "agents/create" })).toBe(4);
    expect(value(all, "agent_registrar_http_requests_in_flight")).toBe(1);
    expect(value(all, "agent_registrar_ready")).toBe(1);
    expect(value(all, "agent_registrar_core_memory_bytes")).toBeGreaterThan(65_536);
  });

  test("have no label that a caller chose", async () => {
    await start({ operatorToken: "operator" });
    const paths = Array.from({ length: 200 }, (_, number) => `/path-${number}`);
    for (const path of paths) await request("GET", path, { authorization: `Bearer ${path}` });
    for (const path of paths) await request("GET", `/api/v1/agent${path}?${path}`);
    await request("PROPFIND", "/api/v1/agent");
    const text = await (await request("GET", "/metrics", { authorization: "Bearer operator" })).text();
    expect(text).not.toContain("path-");
    expect(text.split("\n").length).toBeLessThan(120);
  });

  test("are for the operator's token alone on the server's own port", async () => {
    await start({ operatorToken: "operator" });
    for (const [authorization, expected] of [
      ["", 401],
      ["Bearer made-up", 401],
      ["Bearer operato", 401],
      ["Bearer operator2", 401],
      ["Bearer t", 403],
      ["Bearer operator", 200],
      ["bearer operator", 200],
    ] as const) {
      expect((await request("GET", "/metrics", { authorization })).status).toBe(expected);
    }
    expect((await request("POST", "/metrics", { authorization: "Bearer operator" })).headers.get("allow")).toBe("GET, HEAD");
    expect((await request("HEAD", "/metrics", { authorization: "Bearer operator" })).status).toBe(200);
    for (const path of ["/metrics/", "/metricsx", "/api/v1/metrics"]) {
      expect((await request("GET", path, { authorization: "Bearer operator" })).status).not.toBe(200);
    }
  });

  test("by a digest of the token, too", async () => {
    const sha256 = Buffer.from(await crypto.subtle.digest("SHA-256", new TextEncoder().encode("operator"))).toString("hex");
    await start({ operatorToken: { sha256 } });
    await metrics();
  });

  test("do not exist without an operator", async () => {
    await start();
    expect((await request("GET", "/metrics", authorized)).status).toBe(404);
  });

  test("on a port of their own are answered once for each connection, so that nobody collects answers", async () => {
    const { metricsPort } = await start({ metricsPort: 0 });
    const socket = connect(metricsPort as number, "127.0.0.1", () =>
      socket.write("GET /metrics HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".repeat(500)),
    );
    socket.on("error", () => undefined);
    let text = "";
    socket.setEncoding("latin1").on("data", (part: string) => (text += part));
    await once(socket, "close");
    expect(text.split("HTTP/1.1 ")).toHaveLength(2);
  });

  test("on a port of their own need no token, and the probes are there, too", async () => {
    const { metricsPort } = await start({ metricsPort: 0 });
    await create();
    const origin = `http://127.0.0.1:${metricsPort}`;
    const get = (path: string, method = "GET") => send(origin, path, { method, headers: {} });
    const all = parseMetrics(await (await get("/metrics")).text());
    expect(value(all, "agent_registrar_http_requests_total", { operation: "agents/create", status: "2xx" })).toBe(1);
    for (const path of ["/healthz", "/readyz"]) expect((await get(path)).status).toBe(200);
    expect((await get("/metrics", "POST")).status).toBe(405);
    for (const path of ["/", "/api/v1/ping", "/_registrar/defaults"]) expect((await get(path)).status).toBe(404);
    await server?.close();
    await expect(get("/metrics")).rejects.toThrow(/ECONNREFUSED/);
    server = undefined;
  });
});

describe("Server-Timing", () => {
  test("tells the whole time, and that of rules and records", async () => {
    await start({ serverTiming: true });
    for (const answer of [await create(), await request("GET", "/healthz"), await request("GET", "/nothing")]) {
      const [, store, total] = /^store;dur=(\d+\.\d{3}), total;dur=(\d+\.\d{3})$/.exec(answer.headers.get("server-timing") ?? "") ?? [];
      expect(Number(store)).toBeLessThanOrEqual(Number(total));
    }
  });

  test("is off by default", async () => {
    await start();
    expect((await create()).headers.has("server-timing")).toBe(false);
  });
});

test.each([
  [{ log: "yes" }, "log: must be json, text or off"],
  [{ log: null }, "log: must be json, text or off"],
  [{ metricsPort: 65_536 }, "metricsPort: must be a whole number"],
  [{ metricsPort: "1" }, "metricsPort: must be a whole number"],
  [{ serverTiming: 1 }, "serverTiming: must be a boolean"],
])("%j is refused", async (options, message) => {
  await expect(serve({ port: 0, ...options } as unknown as ServeOptions)).rejects.toThrow(message);
});

test("a port of the metrics that is taken leaves nothing behind", async () => {
  const first = await start({ metricsPort: 0 });
  const { metricsPort } = first;
  await expect(serve({ port: 0, metricsPort })).rejects.toThrow(/is taken/);
});
