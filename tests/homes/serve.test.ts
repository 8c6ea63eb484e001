import { once } from "node:events";
import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import http, { get as httpGet, request } from "node:http";
import { syncBuiltinESMExports } from "node:module";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { type RunningServer, serve, type ServeOptions } from "agent-registrar/node";
import { build } from "esbuild";
import { afterEach, describe, expect, test, vi } from "vitest";
import { send } from "./drivers/send.ts";

let server: RunningServer | undefined;

async function start(options: ServeOptions = {}): Promise<RunningServer> {
  server = await serve({ port: 0, tokens: [{ token: "t" }], ...options });
  return server;
}

afterEach(async () => {
  await server?.close();
  server = undefined;
});

const authorized = { authorization: "Bearer t" };

function get(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Response> {
  return send(server?.url ?? "", path, { method, headers });
}

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const bytes = new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body));
  const sent = { ...authorized, "content-type": "application/json", ...headers };
  return send(server?.url ?? "", path, { method: "POST", headers: sent, body: bytes });
}

function create(name: string): Promise<Response> {
  return post("/api/v1/agent", { details: { name, environment_id: server?.defaults.environment_id } });
}

async function names(): Promise<string[]> {
  const { summaries } = (await (await get("/api/v1/agent", authorized)).json()) as { summaries: { name: string }[] };
  return summaries.map(({ name }) => name);
}

/** Writes bytes and returns all bytes that arrive until the other side closes. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server?.port ?? 0, "127.0.0.1", () => socket.write(text));
    let got = "";
    socket.setEncoding("utf8").on("data", (chunk) => (got += chunk));
    socket.once("error", reject).once("close", () => resolve(got));
  });
}

describe("the API over node:http", () => {
  test("answers, with the length of the body in bytes", async () => {
    await start();
    const response = await create("Größenprüfer 🧾");
    const text = await response.text();
    expect(response.status).toBe(200);
    expect(response.headers.get("content-length")).toBe(String(new TextEncoder().encode(text).length));
    expect(JSON.parse(text).details.name).toBe("Größenprüfer 🧾");
  });

  test("the absolute form of a target, as proxies send it, is accepted", async () => {
    await start();
    const answer = await raw(
      "GET http://elsewhere.test/api/v1/ping HTTP/1.1\r\nHost: elsewhere.test\r\nAuthorization: Bearer t\r\nConnection: close\r\n\r\n",
    );
    expect(answer).toContain("200 OK");
  });

  test.each([
    ["GET http://x?y=/api/v1/ping HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t", 200, "<!doctype html>"],
    ["POST http://x?y=/api/v1/ping HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t", 404, "not_found"],
    ["GET /api/v1/ping HTTP/1.1", 400, "bad_request"],
    ["POST /api/v1/agent HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", 400, "bad_request"],
    ["GET /api/v1/ping HTTP/1.0\r\nAuthorization: Bearer t", 200, "token_type"],
    ["GET /api/v1/ping HTTP/1.1\r\nHost: x\r\nExpect: something", 417, "bad_request"],
    ["CONNECT elsewhere.test:443 HTTP/1.1\r\nHost: elsewhere.test:443", 404, "not_found"],
  ])("%j is answered in the API's form", async (text, status, said) => {
    await start();
    const answer = await raw(text.includes("\r\n\r\n") ? text : `${text}\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer.toLowerCase()).toContain(said.toLowerCase());
    if (said.startsWith("<")) return;
    expect(answer).toMatch(/\r\ncontent-type: application\/json\r\n/i);
    expect(answer).toMatch(/\r\nx-request-id: [0-9a-f]{32}\r\n/i);
    expect(answer).toMatch(/\r\ncache-control: no-store\r\n/i);
  });

  test("Accept also decides the format for requests that Node itself would refuse", async () => {
    await start();
    const answer = await raw(
      "GET / HTTP/1.1\r\nHost: x\r\nExpect: something\r\nAccept: application/problem+json\r\nConnection: close\r\n\r\n",
    );
    expect(answer).toMatch(/content-type: application\/problem\+json/i);
    expect(answer).toContain('"title":"Expectation Failed"');
  });

  test("bytes that are not HTTP get the API's error body", async () => {
    await start();
    const [head = "", body = ""] = (await raw("nonsense\r\n\r\n")).split("\r\n\r\n");
    expect(head).toMatch(/^HTTP\/1\.1 400 /);
    expect(head.toLowerCase()).toContain("connection: close");
    expect(JSON.parse(body)).toMatchObject({ status: "error", code: "bad_request" });
    expect(await raw(`GET / HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(40_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  });

  test("the sender of too long a body can read the answer, and the connection is closed", async () => {
    await start();
    const body = "x".repeat(5 * 1024 * 1024);
    const announced = await post("/api/v1/agent", body);
    expect(announced.status).toBe(413);
    expect(announced.headers.get("connection")).toBe("close");
    const chunked = await fetch(`${server?.url}/api/v1/agent`, {
      method: "POST",
      headers: { ...authorized, "content-type": "application/json" },
      body: new Blob([body]).stream(),
      duplex: "half",
    } as RequestInit);
    expect([chunked.status, (await chunked.json()).code]).toEqual([413, "bad_request"]);
  });

  test("bodies in many pieces arrive whole", async () => {
    await start();
    const text = JSON.stringify({
      details: { name: "Bot", environment_id: server?.defaults.environment_id, description: "é".repeat(9000) },
    });
    const status = await new Promise((resolve, reject) => {
      const headers = { ...authorized, "content-type": "application/json" };
      const outgoing = request(`${server?.url}/api/v1/agent`, { method: "POST", headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      outgoing.once("error", reject);
      const bytes = Buffer.from(text);
      const write = (offset: number): void => {
        if (offset >= bytes.length) outgoing.end();
        else outgoing.write(bytes.subarray(offset, offset + 2001), () => write(offset + 2001));
      };
      write(0);
    });
    expect(status).toBe(200);
  });

  test("one connection carries many requests", async () => {
    await start();
    const ping = "GET /api/v1/ping HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n";
    const answers = await raw(`${ping}\r\n${ping}\r\n${ping}Connection: close\r\n\r\n`);
    expect(answers.match(/"token_type":"api"/g)).toHaveLength(3);
  });
});

describe("starting and stopping", () => {
  test.each([
    [{ host: "" }, "host"],
    [{ port: "x" }, "port"],
    [{ port: 70_000 }, "port"],
    [{ port: 1.5 }, "port"],
    [{ port: "8787" }, "port"],
    [{ port: null }, "port"],
    [{ host: 5 }, "host"],
    [{ gracePeriod: -1 }, "gracePeriod"],
    [{ gracePeriod: Number.POSITIVE_INFINITY }, "gracePeriod"],
    [{ gracePeriod: 2 ** 31 }, "gracePeriod"],
    [{ page: "yes" }, "page"],
    [{ testHooks: 1 }, "testHooks"],
    [{ signals: null }, "signals"],
    [null, "options"],
    [5, "options"],
  ])("%j is refused", async (options, name) => {
    await expect(serve(options as object)).rejects.toThrow(new RegExp(`^${name}: must be`));
  });

  test("a port in use is reported in one line", async () => {
    const { port } = await start();
    const second = serve({ port });
    await expect(second).rejects.toMatchObject({ code: "EADDRINUSE" });
    await expect(second).rejects.toThrow(`port ${port} on 127.0.0.1 is taken: choose another one, or 0 for any that is free`);
  });

  test("a misspelt option is reported before the server listens", async () => {
    await expect(serve({ port: 0, tokns: [] } as never)).rejects.toThrow(/^tokns: is not known; there are port, .*, accounts, /);
  });

  test("an address of another machine is reported, too", async () => {
    await expect(serve({ port: 0, host: "192.0.2.1" })).rejects.toThrow("192.0.2.1 is not an address of this machine");
  });

  test("close waits for requests in flight, and closes idle connections", async () => {
    const { registrar, close, closed, url } = await start();
    // Node's fetch keeps its connection.
    await (await fetch(`${url}/api/v1/ping`)).text();
    registrar.faults.add({ match: { path: "/api/v1/agent" }, delay: 300 });
    const slow = create("slow");
    while (!registrar.faults.isEmpty) await pause(5);
    const begun = performance.now();
    const ending = close();
    expect(close()).toBe(ending);
    const response = await slow;
    expect([response.status, response.headers.get("connection")]).toEqual([200, "close"]);
    await ending;
    await closed;
    expect(performance.now() - begun).toBeLessThan(2000);
    await expect(fetch(`${url}/api/v1/ping`)).rejects.toThrow();
  });

  const ping = "GET /api/v1/ping HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n";

  /** Opens a connection, sends a text, and waits until as much came back as the pattern needs. Never ends its own half. */
  async function open(text: string, until?: RegExp): Promise<{ socket: Socket; received: () => string; ended: Promise<unknown> }> {
    const socket = connect({ port: server?.port ?? 0, host: "127.0.0.1", allowHalfOpen: true });
    let received = "";
    socket.setEncoding("utf8").on("data", (chunk) => (received += chunk));
    socket.on("error", () => undefined);
    const ended = new Promise((resolve) => socket.once("close", resolve));
    // Keeps its half open: only the server can end the connection.
    socket.once("end", () => socket.destroySoon());
    await once(socket, "connect");
    if (text !== "") await new Promise((resolve) => socket.write(text, resolve));
    while (until !== undefined && !until.test(received)) await once(socket, "data");
    return { socket, received: () => received, ended };
  }

  // The grace period is longer than a test may take.
  const patient = { gracePeriod: 600_000 };

  test.each<[string, string, RegExp?]>([
    ["never sent a request", ""],
    ["is idle after an answer", `${ping}\r\n`, /token_type/],
    ["sent half a head", "GET /api/v1/ping HTTP/1.1\r\nHo"],
    ["sent half a head after an answer", `${ping}\r\nGET /`, /token_type/],
    ["was told that its bytes are no HTTP", "nonsense\r\n\r\n", /bad_request/],
    ["was told that its head is too large", `GET / HTTP/1.1\r\nX: ${"x".repeat(20_000)}`, / 431 [^]*bad_request/],
    ["asked for a tunnel", "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n", /not_found/],
    ["asked for another protocol", `${ping}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`, /token_type/],
    [
      "still sends a body that was refused",
      `POST /api/v1/agent HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\nContent-Type: application/json\r\nContent-Length: 9000000\r\n\r\n${"x".repeat(1_100_000)}`,
      / 413 [^]*bad_request/,
    ],
  ])("closing does not wait for a connection that %s", async (_, text, until) => {
    const { close } = await start(patient);
    const { ended } = await open(text, until);
    // The server has seen the connection.
    await get("/api/v1/ping", authorized);
    await Promise.all([close(), ended]);
  });

  test("pipelined requests that arrived get their answers while the server closes", async () => {
    const { registrar, close } = await start(patient);
    registrar.faults.add({ match: { path: "/api/v1/ping" }, times: 3, delay: 100 });
    const { received, ended } = await open(`${ping}\r\n${ping}\r\n${ping}\r\n`);
    while (!registrar.faults.isEmpty) await pause(5);
    await Promise.all([close(), ended]);
    expect(received().match(/"token_type":"api"/g)).toHaveLength(3);
    expect(received().match(/connection: close/gi)).toHaveLength(1);
  });

  test("a request whose body is arriving is answered, too", async () => {
    const { close } = await start(patient);
    const body = JSON.stringify({ details: { name: "late", environment_id: server?.defaults.environment_id } });
    const head = `POST /api/v1/agent HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    const { socket, received, ended } = await open(head + body.slice(0, 5));
    await get("/api/v1/ping", authorized);
    const closing = close();
    socket.write(body.slice(5));
    await Promise.all([closing, ended]);
    expect(received()).toMatch(/^HTTP\/1.1 200 [^]*connection: close[^]*"late"/i);
  });

  test.each([0, 20])("after a grace period of %i ms, requests that are not finished are cut", async (gracePeriod) => {
    const { registrar, close } = await start({ gracePeriod });
    registrar.faults.add({ match: { path: "/api/v1/ping" }, delay: 600_000 });
    const slow = await open(`${ping}\r\n`);
    const half = await open("POST /api/v1/agent HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\nContent-Length: 5\r\n\r\n{");
    while (!registrar.faults.isEmpty) await pause(5);
    await Promise.all([close(), slow.ended, half.ended]);
    expect([slow.received(), half.received()]).toEqual(["", ""]);
  });

  test("bytes that are no HTTP are answered after the requests before them, and nothing after them is carried out", async () => {
    const { registrar } = await start();
    registrar.faults.add({ match: { path: "/api/v1/ping" }, delay: 50 });
    const { received, ended } = await open(`${ping}\r\nnonsense\r\n\r\n${ping}\r\n`);
    await ended;
    const answers = [...received().matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status]) => status);
    expect(answers).toEqual(["200", "400"]);
  });
});

describe("a refusal by the head is answered before the body is read", () => {
  const head = (target: string, ...lines: string[]) =>
    ["POST " + target + " HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", ...lines, "", ""].join("\r\n");
  const token = "Authorization: Bearer t";

  /** Sends a head, waits until the pattern has come, and closes. */
  async function firstAnswer(text: string, until: RegExp): Promise<string> {
    const socket = connect(server?.port ?? 0, "127.0.0.1", () => socket.write(text));
    let got = "";
    for await (const chunk of socket.setEncoding("utf8")) {
      got += chunk as string;
      if (until.test(got)) break;
    }
    return got;
  }

  test.each<[string, string, number]>([
    ["an unknown target", head("/nothing", token, "Content-Length: 10"), 404],
    ["another method", head("/api/v1/ping", token, "Content-Length: 10"), 405],
    ["no token", head("/api/v1/agent", "Content-Length: 10"), 401],
    ["no token, in chunks", head("/api/v1/agent", "Transfer-Encoding: chunked"), 401],
    ["a length beyond the limit", head("/api/v1/agent", token, "Content-Length: 1048577"), 413],
    ["such a length without a token", head("/api/v1/agent", "Content-Length: 1048577"), 401],
    ["no token, and the wish to go on", head("/api/v1/agent", "Content-Length: 10", "Expect: 100-continue"), 401],
    [
      "a length beyond the limit, and the wish to go on",
      head("/api/v1/agent", token, "Content-Length: 1048577", "Expect: 100-Continue"),
      413,
    ],
  ])("%s", async (_, text, status) => {
    await start();
    const answer = await firstAnswer(text, /\}$/);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toMatch(/\r\nconnection: close\r\n/i);
  });

  test("a client that waits for 100 Continue gets it, and then its answer", async () => {
    await start({ testHooks: true });
    const body = JSON.stringify({ details: { name: "Bot", environment_id: server?.defaults.environment_id } });
    const expecting = [`Content-Length: ${body.length}`, "Expect: 100-continue", "Connection: close"];
    for (const text of [head("/api/v1/agent", token, ...expecting), head("/_registrar/reset", ...expecting)]) {
      const socket = connect(server?.port ?? 0, "127.0.0.1", () => socket.write(text));
      let got = "";
      for await (const chunk of socket.setEncoding("utf8")) {
        if (got === "") socket.write(body);
        got += chunk as string;
      }
      expect(got).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 (200|400) /);
    }
  });

  test("a body that comes late is waited for, and its request is carried out once", async () => {
    await start();
    const body = JSON.stringify({ details: { name: "late", environment_id: server?.defaults.environment_id } });
    const socket = connect(server?.port ?? 0, "127.0.0.1", () =>
      socket.write(head("/api/v1/agent", token, `Content-Length: ${body.length}`, "Connection: close")),
    );
    setTimeout(() => socket.write(body), 200);
    let got = "";
    for await (const chunk of socket.setEncoding("utf8")) got += chunk as string;
    expect(got).toMatch(/^HTTP\/1.1 200 /);
    expect(await names()).toEqual(["late"]);
  });

  test("requests after a refused one on the same connection are not carried out", async () => {
    await start();
    const body = JSON.stringify({ details: { name: "behind", environment_id: server?.defaults.environment_id } });
    const text =
      head("/nothing", "Content-Length: 1048577") +
      "x".repeat(1_048_577) +
      head("/api/v1/agent", token, `Content-Length: ${body.length}`) +
      body;
    const answers = await raw(text).catch(() => "");
    expect(answers.match(/^HTTP\/1.1 /gm) ?? []).toHaveLength(answers === "" ? 0 : 1);
    expect(await names()).toEqual([]);
  });
});

describe("requests that Node's parser refuses are answered in plain words", () => {
  const head = "POST /api/v1/agent HTTP/1.1\r\nHost: x\r\n";
  test.each<[string, string, number, string]>([
    [
      "a head that is too large",
      `GET / HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(40_000)}\r\n\r\n`,
      431,
      "head is too large: its target and headers must not exceed 16,384 bytes",
    ],
    ["a target that is too large", `GET /${"x".repeat(40_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431, "head is too large"],
    ["many headers", `GET / HTTP/1.1\r\nHost: x\r\n${"X: y\r\n".repeat(10_000)}\r\n`, 431, "head is too large"],
    ["no method", "nonsense\r\n\r\n", 400, "its first line must be"],
    ["another version", "GET / HTTP/9.9\r\nHost: x\r\n\r\n", 400, "its first line must be"],
    ["a header's name with a space", "GET / HTTP/1.1\r\nHo st: x\r\n\r\n", 400, "a header's name or value"],
    ["two lengths", `${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, 400, "how long the body is"],
    ["a length that is no number", `${head}Content-Length: x\r\n\r\n{}`, 400, "how long the body is"],
    ["length and chunks", `${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400, "how long the body is"],
    ["a broken chunk", `${head}Transfer-Encoding: chunked\r\n\r\nx\r\n`, 400, "a chunk of the body"],
    [
      "extensions of chunks",
      `${head}Transfer-Encoding: chunked\r\n\r\n2;${"x".repeat(20_000)}\r\n{}\r\n`,
      413,
      "extensions of the body's chunks",
    ],
    ["an unknown expectation", `${head}Expect: more\r\nConnection: close\r\n\r\n`, 417, "The header Expect"],
  ])("%s", async (_, text, status, said) => {
    await start();
    const [answer = "", body = ""] = (await raw(text)).split("\r\n\r\n");
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toMatch(/\r\nconnection: close/i);
    expect(answer).toMatch(/\r\ncontent-type: application\/json/i);
    expect(JSON.parse(body)).toEqual({ status: "error", code: "bad_request", message: expect.stringContaining(said) as string });
  });

  test("a request that does not arrive in time", async () => {
    const { createServer } = http;
    const made = vi.spyOn(http, "createServer").mockImplementation(((options: http.ServerOptions, listener?: http.RequestListener) =>
      // Node checks the time limits every 30 seconds.
      createServer({ ...options, headersTimeout: 20, requestTimeout: 20, connectionsCheckingInterval: 10 }, listener)) as never);
    syncBuiltinESMExports();
    try {
      await start();
    } finally {
      made.mockRestore();
      syncBuiltinESMExports();
    }
    const [answer = "", body = ""] = (await raw("GET / HTTP/1.1\r\nHost:")).split("\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(JSON.parse(body).message).toBe("The request did not arrive completely in time.");
  });
});

describe("the page", () => {
  test("is served at the root with a content security policy, and revalidated", async () => {
    await start();
    const page = await get("/");
    expect(page.status).toBe(200);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
    expect(page.headers.get("content-security-policy")).not.toContain("unsafe-inline");
    expect(page.headers.get("x-content-type-options")).toBe("nosniff");
    const html = await page.text();
    expect(html).toMatch(/^<!doctype html>/i);
    expect((await get("/index.html?x=y")).status).toBe(200);
    const tag = page.headers.get("etag") ?? "";
    const again = await get("/", { "if-none-match": `"x", W/${tag}` });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    const head = await get("/", {}, "HEAD");
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([
      200,
      String(new TextEncoder().encode(html).length),
      "",
    ]);
  });

  test("its files have their types, and those with a digest in their names never change", async () => {
    await start();
    const assets = readdirSync(new URL("../../dist/www/assets/", import.meta.url)).filter((name) => !/\.(br|gz)$/.test(name));
    const types = new Set<string>();
    for (const name of assets) {
      const response = await get(`/assets/${name}`);
      expect(response.status).toBe(200);
      expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      types.add(`${extname(name)} ${response.headers.get("content-type")}`);
    }
    expect([...types].sort()).toEqual([
      ".css text/css; charset=utf-8",
      ".js text/javascript; charset=utf-8",
      ".map application/json",
      ".wasm application/wasm",
    ]);
    for (const name of ["/", "/sw.js", "/mark.svg"]) expect((await get(name)).headers.get("cache-control")).toBe("no-cache");
  });

  test("is compressed for clients that take it, with the same contents", async () => {
    const { port } = await start();
    const script = readdirSync(new URL("../../dist/www/assets/", import.meta.url)).find((name) => /^index-.*\.js$/.test(name));
    for (const path of ["/", `/assets/${script}`, "/sw.js"]) {
      const ask = (
        accept: string,
      ): Promise<{ coding: string | undefined; body: Buffer; tag: string | undefined; vary: string | undefined }> =>
        new Promise((resolve, reject) => {
          const headers = { "accept-encoding": accept };
          httpGet({ host: "127.0.0.1", port, path, headers, agent: false }, (response) => {
            const chunks: Buffer[] = [];
            response.on("data", (chunk: Buffer) => chunks.push(chunk));
            const { "content-encoding": coding, etag: tag, vary } = response.headers;
            response.on("end", () => resolve({ coding, body: Buffer.concat(chunks), tag, vary }));
          }).on("error", reject);
        });
      const [plain, gzip, brotli, refused] = await Promise.all([
        ask("identity"),
        ask("gzip"),
        ask("gzip, br;q=0.9"),
        ask("br;q=0, gzip;q=0.0"),
      ]);
      expect([plain.coding, gzip.coding, brotli.coding, refused.coding]).toEqual([undefined, "gzip", "br", undefined]);
      expect(gunzipSync(gzip.body)).toEqual(plain.body);
      expect(brotliDecompressSync(brotli.body)).toEqual(plain.body);
      expect(brotli.body.length).toBeLessThan(plain.body.length);
      expect(new Set([plain.tag, gzip.tag, brotli.tag]).size).toBe(3);
      expect(plain.vary).toBe("accept-encoding");
    }
  });

  test("has its policy in the HTML too, for static hosts, and says where its token comes from", async () => {
    const mode = async (headers = {}): Promise<string | undefined> =>
      /<meta name="agent-registrar" content="(\w+)">/.exec(await (await get("/", headers)).text())?.[1];
    const { port } = await start({ page: true });
    const page = await get("/");
    const meta = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(await page.text())?.[1]?.replaceAll("&#39;", "'");
    expect(page.headers.get("content-security-policy")).toBe(`${meta}; frame-ancestors 'none'`);
    expect(await mode()).toBe("connected");
    // It would not be told the tokens under a foreign name.
    expect(await mode({ host: "evil.example" })).toBe("token");
    expect(await mode({ host: `localhost:${port}` })).toBe("connected");
    await server?.close();
    await start();
    expect(await mode()).toBe("token");
  });

  describe("by a one-time link", () => {
    const exchange = (code: unknown, headers = {}): Promise<Response> =>
      fetch(`${server?.url}/_registrar/exchange`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify({ code }),
      });
    const codeOf = (address: string | undefined): string => /#token=(.*)$/.exec(address ?? "")?.[1] ?? "";

    test("gets its token, once", async () => {
      const { pageUrl, defaults } = await start({ page: "link", host: "0.0.0.0" });
      const code = codeOf(pageUrl);
      const told = await exchange(code);
      expect(told.headers.get("cache-control")).toBe("no-store");
      expect(await told.json()).toEqual(defaults);
      const again = await exchange(code);
      expect(again.status).toBe(403);
      expect(await again.text()).not.toContain(defaults.environment_id);
    });

    test("of another server or none gets nothing, and does not use the link up", async () => {
      const { pageUrl } = await start({ page: "link" });
      const code = codeOf(pageUrl);
      for (const wrong of ["", code.slice(1), `${code}0`, code.toUpperCase().replace(/^./, "x"), 1, null, [code], { code }]) {
        expect((await exchange(wrong)).status).toBe(403);
      }
      for (const headers of [{ origin: "https://evil.example" }, { origin: "null" }, { "content-type": "text/plain" }]) {
        expect((await exchange(code, headers)).status).toBe(403);
      }
      expect((await get(`/_registrar/exchange?code=${code}`, authorized)).status).toBe(404);
      expect((await fetch(`${server?.url}/_registrar/exchange`, { method: "POST", body: "x".repeat(10_000) })).status).toBe(403);
      expect((await exchange(code)).status).toBe(200);
    });

    test("is not there without the option", async () => {
      const { pageUrl, url } = await start();
      expect(pageUrl).toBe(`${url}/`);
      expect((await exchange("x", authorized)).status).toBe(404);
    });
  });

  test.each([
    "/../package.json",
    "/..%2fpackage.json",
    "/%2e%2e/package.json",
    "/assets/../../cli.js",
    "/assets/..%5c..%5ccli.js",
    "//etc/passwd",
    "/%00",
    "/%",
    "/.hidden",
    "/assets",
    "/assets/",
    "/missing.js",
  ])("%s is no file of it", async (path) => {
    await start();
    const response = await get(path, authorized);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: "not_found" });
  });

  test("gets its ids and tokens only with the option page", async () => {
    await start();
    expect((await get("/_registrar/defaults", authorized)).status).toBe(404);
    await server?.close();
    const { defaults, port } = await start({ page: true });
    const told = await get("/_registrar/defaults");
    expect(told.headers.get("cache-control")).toBe("no-store");
    expect(told.headers.get("access-control-allow-origin")).toBeNull();
    expect(await told.json()).toEqual(defaults);
    expect((await get("/_registrar/defaults", { host: `localhost:${port}` })).status).toBe(200);
  });

  test("gets nothing under a foreign name that resolves to this machine", async () => {
    await start({ page: true });
    for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example"]) {
      expect((await get("/_registrar/defaults", { ...authorized, host })).status).toBe(404);
    }
  });

  test.each(["0.0.0.0", "::"])("on %s is not told the tokens, which everybody could read", async (host) => {
    await expect(start({ page: true, host })).rejects.toThrow(/^page: needs a loopback host/);
    await start({ host });
    expect((await get("/_registrar/defaults", authorized)).status).toBe(404);
  });

  test.each(["localhost", "127.0.0.2"])("on %s, a loopback host, is told them", async (host) => {
    await start({ page: true, host });
    expect((await get("/_registrar/defaults")).status).toBe(200);
  });

  test("is missing in a bundle, and the error says so", async () => {
    const { outputFiles } = await build({
      stdin: { contents: 'export { serve } from "agent-registrar/node"', resolveDir: import.meta.dirname },
      bundle: true,
      format: "esm",
      platform: "node",
      write: false,
      logLevel: "error",
    });
    const bundle = join(mkdtempSync(join(tmpdir(), "agent-registrar-")), "bundle.mjs");
    writeFileSync(bundle, outputFiles[0]?.contents ?? "");
    const bundled = (await import(bundle)) as { serve: typeof serve };
    await expect(bundled.serve({ port: 0, page: true })).rejects.toThrow(/^page: the folder www is not next to this module/);
    server = await bundled.serve({ port: 0, tokens: [{ token: "t" }] });
    expect((await get("/api/v1/ping", authorized)).status).toBe(200);
    expect((await get("/", authorized)).status).toBe(404);
  });
});

describe("test hooks", () => {
  test("are absent without the option", async () => {
    await start();
    expect((await post("/_registrar/reset", "")).status).toBe(404);
  });

  test("refuse pages of another origin", async () => {
    const { url } = await start({ testHooks: true });
    expect((await post("/_registrar/reset", "", { origin: "https://evil.example" })).status).toBe(403);
    expect((await post("/_registrar/reset", "", { origin: "null" })).status).toBe(403);
    expect((await post("/_registrar/reset", "", { origin: url })).status).toBe(204);
  });

  test("reset, snapshot and restore", async () => {
    await start({ testHooks: true });
    await create("before");
    const snapshot = new Uint8Array(await (await get("/_registrar/snapshot")).arrayBuffer());
    await create("after");
    for (const nothing of ["", "null", "{}"]) expect((await post("/_registrar/reset", nothing)).status).toBe(204);
    expect(await names()).toEqual([]);
    const restored = await send(server?.url ?? "", "/_registrar/restore", { method: "POST", headers: {}, body: snapshot });
    expect(restored.status).toBe(204);
    expect(await names()).toEqual(["before"]);
    expect((await post("/_registrar/restore", "nonsense")).status).toBe(400);
    expect(await names()).toEqual(["before"]);
  });

  test("a reset with a seed repeats the ids, and keeps the tokens", async () => {
    const { defaults } = await start({ testHooks: true, tokens: undefined });
    const headers = { authorization: `Bearer ${defaults.token}` };
    const ids = async (seed: unknown) => {
      expect((await post("/_registrar/reset", { seed })).status).toBe(204);
      await post("/_registrar/clock", { now: "2026-05-07T10:00:00Z" });
      await get("/api/v1/agent", headers);
      const details = { name: "Bot", environment_id: defaults.environment_id };
      const response = await post("/api/v1/agent", { details }, headers);
      return (await response.json()).details.id as string;
    };
    const first = await ids("a");
    expect(await ids("b")).not.toBe(first);
    expect(await ids("a")).toBe(first);
    for (const wrong of ["{", "[]", { seed: {} }, { seed: null }]) {
      expect((await post("/_registrar/reset", wrong)).status).toBe(400);
    }
    expect((await (await get("/_registrar/clock")).json()).stopped).toBe(true);
  });

  test("a hook that fails is answered, and the server continues", async () => {
    let broken = false;
    await start({ testHooks: true, now: () => (broken ? Number.NaN : 0) });
    await create("kept");
    broken = true;
    expect((await post("/_registrar/reset", "")).status).toBeGreaterThanOrEqual(400);
    // A snapshot asks no clock.
    expect((await get("/_registrar/snapshot")).status).toBe(200);
    broken = false;
    expect(await names()).toEqual(["kept"]);
  });

  test("reset keeps an environment with a generated id", async () => {
    const { defaults } = await start({ testHooks: true, tokens: undefined, accounts: [{ id: "013xrzp12g181qm0yt0q8s8a1vd3p7wk" }] });
    await pause(5);
    expect((await post("/_registrar/reset", "")).status).toBe(204);
    const headers = { authorization: `Bearer ${defaults.environment_token}` };
    expect((await post("/api/v1/agent", { details: { name: "Bot" } }, headers)).status).toBe(200);
  });

  test("an active agent becomes dormant after 30 days, and a key is valid for 24 hours", async () => {
    await start({ testHooks: true });
    const day = 24 * 60 * 60 * 1000;
    await post("/_registrar/clock", { now: "2026-05-07T10:00:00Z" });
    const made = async () => {
      const details = { name: "Bot", environment_id: server?.defaults.environment_id };
      const response = await post("/api/v1/agent", { details, idempotency_key: "once" });
      return [(await response.json()).details.id, response.headers.get("idempotency-replayed")];
    };
    const [id] = await made();
    await post("/_registrar/clock", { advance: day - 1 });
    expect(await made()).toEqual([id, "true"]);
    await post("/_registrar/clock", { advance: 2 });
    const [other, replayed] = await made();
    expect([other === id, replayed]).toEqual([false, null]);
    expect((await post("/api/v1/agent_instance/register", { agent_id: id })).status).toBe(200);
    const status = async () => (await (await get(`/api/v1/agent/${id}`, authorized)).json()).details.status;
    await post("/_registrar/clock", { advance: 30 * day - 1 });
    expect(await status()).toBe("active");
    await post("/_registrar/clock", { advance: 1 });
    expect(await status()).toBe("dormant");
  });

  test("faults can be added, listed and removed, and apply", async () => {
    await start({ testHooks: true });
    const faults = [
      { match: { path: "/api/v1/ping" }, status: 503, times: null },
      { match: { path: "/nothing" }, delay: 5 },
    ];
    expect((await post("/_registrar/faults", faults)).status).toBe(204);
    expect(await (await get("/_registrar/faults")).json()).toEqual(faults);
    expect((await get("/api/v1/ping", authorized)).status).toBe(503);
    expect((await get("/api/v1/ping", authorized)).status).toBe(503);
    expect((await get("/_registrar/faults", {}, "DELETE")).status).toBe(204);
    expect((await get("/api/v1/ping", authorized)).status).toBe(200);
    for (const wrong of ["{", "null", "{}", { status: 1 }, [{ status: 503 }, { statsu: 503 }]]) {
      const refused = await post("/_registrar/faults", wrong);
      expect([refused.status, (await refused.json()).code]).toEqual([400, "bad_request"]);
    }
  });

  test("a fault can drop the connection", async () => {
    await start({ testHooks: true });
    await post("/_registrar/faults", { match: { method: "POST" }, drop: true });
    await expect(create("before")).rejects.toMatchObject({ code: "ECONNRESET" });
    await post("/_registrar/faults", { match: { method: "POST", path: "/api/v1/agent" }, drop: "after" });
    await expect(create("after")).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(await names()).toEqual(["after"]);
  });

  test("the clock can be stopped, moved and returned to real time", async () => {
    await start({ testHooks: true });
    const made = async () => (await (await create("x")).json()).details.inserted_at;
    expect((await post("/_registrar/clock", { now: "2026-05-07T10:00:00Z" })).status).toBe(204);
    expect(await made()).toBe("2026-05-07T10:00:00.000000Z");
    await post("/_registrar/clock", { advance: 1500 });
    expect(await made()).toBe("2026-05-07T10:00:01.500000Z");
    expect(await (await get("/_registrar/clock")).json()).toEqual({ now: "2026-05-07T10:00:01.500Z", stopped: true });
    await post("/_registrar/clock", { now: null });
    expect(Math.abs(Date.parse(await made()) - Date.now())).toBeLessThan(5000);
    await post("/_registrar/clock", { advance: 24 * 60 * 60 * 1000 });
    expect(Date.parse(await made()) - Date.now()).toBeGreaterThan(23 * 60 * 60 * 1000);
    await post("/_registrar/reset", "");
    expect((await (await get("/_registrar/clock")).json()).stopped).toBe(false);
    for (const wrong of [
      "",
      "[]",
      { now: "soon" },
      { now: "2026-05-07" },
      { now: "2026-05-07T10:00" },
      { now: 5, advanced: 1 },
      { advance: "1" },
      { now: 1e300 },
      { now: true },
    ]) {
      expect((await post("/_registrar/clock", wrong)).status).toBe(400);
    }
  });

  test("any other name is not a hook", async () => {
    await start({ testHooks: true });
    expect((await get("/_registrar/reset")).status).toBe(404);
    expect((await get("/_registrar/nothing")).status).toBe(404);
  });
});
