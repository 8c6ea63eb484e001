// What a server keeps of connections that are closed. In a file of its own, because objects are counted in the whole process.
import { once } from "node:events";
import { IncomingMessage, ServerResponse } from "node:http";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { queryObjects } from "node:v8";
import { type RunningServer, serve } from "agent-registrar/node";
import { sqliteStore } from "agent-registrar/sqlite";
import { afterEach, expect, test } from "vitest";
import { hasSqlite, head } from "./drivers/bytes.ts";

const MIB = 1024 * 1024;
/** Clients that leave in each way. */
const CLIENTS = 3;
/** Longer than the 5 seconds for which the rest of a refused body is read. */
const STALL_MS = 6_000;
let server: RunningServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

const authorized = { authorization: "Bearer t", "content-type": "application/json" };
const wrong = { ...authorized, "content-type": "text/plain" };
const list = head("GET /api/v1/agent", authorized);
const ofMib = (headers: Record<string, string>): string => head("POST /api/v1/agent", { ...headers, "content-length": MIB });
const chunked = (headers: Record<string, string>): string => head("POST /api/v1/agent", { ...headers, "transfer-encoding": "chunked" });
const chunk = `8000\r\n${" ".repeat(0x8000)}\r\n`;
const bytes = "1\r\n \r\n".repeat(5_000);
const almost = " ".repeat(MIB - 1);

/** What clients send, and whether they wait for an answer. Which one it is depends on the room that others leave. */
const SENT: Record<string, readonly [string, boolean]> = {
  "a head without an end": ["GET / HTTP/1.1\r\nhost:", false],
  "a request": [list, true],
  "a request, and no wait for its answer": [list, false],
  "many requests at once": [list.repeat(100), true],
  "requests behind a long body": [ofMib(authorized) + almost + " ".concat(list.repeat(20)), true],
  "no body": [ofMib(authorized), false],
  "no body and no token": [ofMib({}), true],
  "most of a body": [ofMib(authorized) + almost, false],
  "most of a body, until it is late": [ofMib(authorized) + almost, true],
  "most of a body, and no token": [ofMib({}) + almost, true],
  "most of a body of a wrong type": [ofMib(wrong) + almost, true],
  "chunks without an end": [chunked(authorized) + chunk.repeat(3), false],
  "chunks without an end and a token": [chunked({}) + chunk.repeat(3), true],
  "chunks of one byte": [chunked(authorized) + bytes, false],
  "chunks of one byte of a wrong type": [chunked(wrong) + bytes, true],
  "too many chunks": [chunked(authorized) + chunk.repeat(40), true],
  "no chunk where one must be": [`${chunked(authorized)}${chunk}x\r\n`, true],
  "files of the page": [head("GET /", {}).repeat(5), true],
  "a request to connect": [head("CONNECT a:1", {}), true],
  "a request to connect behind others": [list.repeat(3) + head("CONNECT a:1", {}), true],
  "an upgrade": [head("GET /api/v1/agent", { ...authorized, connection: "upgrade", upgrade: "x" }), true],
};

/** How clients leave; the last ones wait until the server closes the connection, if it does so within seconds. */
const LEAVE = ["ends", "resets", "waits"] as const;

async function runClient(port: number, data: string, isPatient: boolean, leave: (typeof LEAVE)[number]): Promise<void> {
  const socket = connect(port, "127.0.0.1", () => socket.write(data));
  let text = "";
  socket.setEncoding("latin1").on("data", (part: string) => (text += part));
  socket.on("error", () => undefined);
  const closed = once(socket, "close");
  await once(socket, "connect");
  if (!isPatient) await pause(20);
  else
    while (!text.includes("HTTP/1.1 ")) await Promise.race([once(socket, "data"), closed.then(() => expect(text).toContain("HTTP/1.1 "))]);
  if (leave === "waits") await Promise.race([closed, pause(STALL_MS + 1_000, undefined, { ref: false })]);
  if (leave === "resets") socket.resetAndDestroy();
  else socket.destroy();
  await closed;
}

test.each(hasSqlite ? ["memory", "a file"] : ["memory"])("of closed connections, nothing is kept: %s", async (home) => {
  const store = home === "memory" ? {} : { store: sqliteStore({ file: ":memory:" }) };
  const { port } = await serve({ port: 0, page: true, tokens: [{ token: "t" }], network: { stallTimeout: STALL_MS }, ...store }).then(
    (it) => (server = it),
  );
  const clients = Object.values(SENT).flatMap(([data, isPatient]) =>
    LEAVE.flatMap((leave) => Array.from({ length: CLIENTS }, () => runClient(port, data, isPatient, leave))),
  );
  await Promise.all(clients);
  for (const kind of [IncomingMessage, ServerResponse]) {
    // Node, or the engine, may still refer to the last one.
    await expect.poll(() => queryObjects(kind, { format: "count" }), { timeout: 20_000 }).toBeLessThan(CLIENTS);
  }
});
