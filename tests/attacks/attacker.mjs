// One attack on a server, in a process of its own: node attacker.mjs NAME PORT TOKEN ENVIRONMENT SECONDS CONNECTIONS
// Prints how many connections, requests and bytes it tried.
import { connect } from "node:net";
import { fileURLToPath } from "node:url";

const [name, port, token, environment, seconds, connections] = process.argv.slice(2);
const MIB = 1024 * 1024;
const tried = { connections: 0, requests: 0, bytes: 0 };
const isOver = () => performance.now() > Number(seconds) * 1000;

const head = (line, headers = {}) => {
  const lines = Object.entries({ host: "a", ...headers }).map(([key, value]) => `${key}: ${value}\r\n`);
  return `${line} HTTP/1.1\r\n${lines.join("")}\r\n`;
};
const authorized = { authorization: `Bearer ${token}`, "content-type": "application/json" };
const page = head("GET /api/v1/agent?pagination[page_size]=100", authorized);

/** Opens a connection, and another one when it is closed. */
function open(begin, { reads = true } = {}) {
  if (isOver()) return;
  const socket = connect(Number(port), "127.0.0.1");
  tried.connections += 1;
  socket.on("error", () => undefined);
  socket.on("close", () => setTimeout(open, 20, begin, { reads }));
  if (reads) socket.resume();
  else socket.pause();
  socket.on("connect", () => begin(socket));
}

function send(socket, data) {
  if (socket.destroyed) return false;
  tried.bytes += data.length;
  return socket.write(data);
}

function request(socket, data) {
  tried.requests += 1;
  return send(socket, data);
}

/** Writes as fast as the server reads. */
function flood(socket, data) {
  while (!isOver() && request(socket, data));
  if (!socket.destroyed && !isOver()) socket.once("drain", () => flood(socket, data));
}

const body = Buffer.alloc(MIB - 1, 0x20);
const crab = JSON.stringify({ details: { name: "x", environment_id: environment, description: "\u{1f980}".repeat(10_000) } });

function bulk() {
  const items = Array.from({ length: 1_000 }, (_, index) => ({
    _type: "agents/list",
    idempotency_key: `list-${String(index).padStart(6, "0")}`,
    pagination: { page_size: 100 },
  }));
  const text = JSON.stringify({ items });
  return head("POST /api/v1/bulk", { ...authorized, "content-length": text.length }) + text;
}

/** Calls `step` every so often until the connection closes. */
function each(socket, milliseconds, step) {
  const timer = setInterval(() => (socket.destroyed || isOver() ? clearInterval(timer) : step()), milliseconds);
}

export const ATTACKS = {
  "unread answers": [(socket) => request(socket, page), { reads: false }],
  "bodies without a token": [
    (socket) => {
      request(socket, head("POST /api/v1/agent", { "content-length": MIB }));
      send(socket, body);
    },
  ],
  "chunked bodies without a token": [
    (socket) => {
      request(socket, head("POST /api/v1/agent", { "transfer-encoding": "chunked" }));
      send(socket, `${(MIB - 1).toString(16)}\r\n`);
      send(socket, body);
    },
  ],
  "bodies of a wrong type": [
    (socket) => {
      request(socket, head("POST /api/v1/agent", { ...authorized, "content-type": "text/plain", "content-length": MIB }));
      send(socket, body);
    },
  ],
  "stalled bodies": [
    (socket) => {
      request(socket, head("POST /api/v1/agent", { ...authorized, "content-length": MIB }));
      send(socket, body);
    },
  ],
  "bodies byte by byte": [
    (socket) => {
      request(socket, head("POST /api/v1/agent", { ...authorized, "transfer-encoding": "chunked" }));
      each(socket, 10, () => send(socket, "1\r\n \r\n".repeat(5_000)));
    },
  ],
  "slow heads": [
    (socket) => {
      request(socket, "GET /api/v1/ping HTTP/1.1\r\nhost: a\r\nx: ");
      each(socket, 500, () => send(socket, "x"));
    },
  ],
  "idle connections": [() => undefined],
  "pipelined requests": [(socket) => flood(socket, head("GET /").repeat(2_000)), { reads: false }],
  "pipelined pages": [(socket) => flood(socket, page.repeat(200)), { reads: false }],
  "slow readers": [
    (socket) => {
      request(socket, page);
      each(socket, 100, () => socket.read(1024));
    },
    { reads: false },
  ],
  "large pages": [
    (socket) => {
      socket.on("data", () => undefined);
      flood(socket, page);
    },
  ],
  "bulk of lists": [
    (socket) => {
      const data = bulk();
      socket.on("data", (chunk) => chunk.includes("HTTP/1.1 200") && request(socket, data));
      request(socket, data);
    },
  ],
  "long bodies": [
    (socket) => {
      const data = head("POST /api/v1/agent", { ...authorized, "content-length": MIB }) + "[".padEnd(MIB, " ");
      socket.on("data", () => request(socket, data));
      request(socket, data);
    },
  ],
  "clients that leave": [
    (socket) => {
      request(socket, page.repeat(3) + head("POST /api/v1/agent", { ...authorized, "content-length": crab.length }) + crab.slice(0, 100));
      setTimeout(() => socket.resetAndDestroy(), 5);
    },
    { reads: false },
  ],
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [begin, options] = ATTACKS[name];
  for (let count = 0; count < Number(connections); count += 1) setTimeout(open, count / 4, begin, options);
  setTimeout(
    () => {
      console.log(JSON.stringify(tried));
      process.exit(0);
    },
    Number(seconds) * 1000 + 100,
  );
}
