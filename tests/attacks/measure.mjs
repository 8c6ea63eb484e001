// Runs an attack against a server of its own, and measures the server's memory and how others are served meanwhile.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Agent, request as httpRequest } from "node:http";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const MIB = 1024 * 1024;
/** The most MiB of the engine's heap. */
export const HEAP_MB = 256;
/** The default bounds of bodies, answers and waiting requests, in bytes. */
const BUFFERS = 160 * MIB;
/** The most resident memory in bytes: the engine's heap, the buffers, and as much that was freed, with the program, the core and the sockets. */
export const MOST_MEMORY = HEAP_MB * MIB + 2 * BUFFERS;
/** How many agents there are, so that a page has 4 MiB. */
const AGENTS = 110;

/** Starts the command in a process of its own, with `node` and on a free port if none is given. */
export async function startServer(args = [], { node = process.execPath, port: wanted = 0 } = {}) {
  const tokens = ["--token", "attacked-account-token", "--environment-token", "attacked-environment-token"];
  const command = [
    `--max-old-space-size=${HEAP_MB}`,
    "--import",
    at("loop.mjs"),
    ...(process.env.SERVER_FLAGS?.split(" ") ?? []),
    at("../../dist/cli.js"),
    "serve",
    "--port",
    String(wanted),
    ...tokens,
    ...args,
  ];
  const child = spawn(node, command, { stdio: ["ignore", "pipe", "inherit", "ipc"] });
  let port;
  let environment;
  for await (const line of createInterface({ input: child.stdout })) {
    port ??= /answers at http:\/\/[^:]+:(\d+)/.exec(line)?.[1];
    environment ??= /environment\s+([0-9a-z]{32})/.exec(line)?.[1];
    if (line.startsWith("Create an agent")) break;
  }
  child.stdout.resume();
  const exited = once(child, "exit");
  return {
    port: Number(port),
    token: "attacked-account-token",
    environment,
    child,
    async stop() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** The resident memory of a process in bytes; `NaN`: it has ended. Linux only. */
export function memoryOf({ pid }) {
  try {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(kilobytes) * 1024;
  } catch {
    return Number.NaN;
  }
}

/** For how long the server's event loop was held up since this was asked last: `at99` and `longest`, in milliseconds. */
async function loopOf(child) {
  if (!child.connected) return { at99: Number.NaN, longest: Number.NaN };
  return new Promise((resolve) => {
    const give = (delays) => {
      child.off("message", give).off("exit", end);
      resolve(delays);
    };
    const end = () => give({ at99: Number.NaN, longest: Number.NaN });
    child.on("message", give).on("exit", end);
    child.send("delays");
  });
}

/** How long the server's main thread has run, and has waited for a processor, in milliseconds. Linux only. */
function timesOf({ pid }) {
  try {
    const [ran, waited] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ");
    return { ran: Number(ran) / 1e6, waited: Number(waited) / 1e6 };
  } catch {
    return { ran: Number.NaN, waited: Number.NaN };
  }
}

/** Sends a request. Resolves with its status and text. */
export async function send(server, agent, method, path, body) {
  try {
    return await sendOnce(server, agent, method, path, body);
  } catch (error) {
    // The server may close a connection that waits for a request, as this one is sent. Clients send it again on another one.
    if (error.code !== "ECONNRESET" || !error.isReused) throw error;
    return sendOnce(server, new Agent(), method, path, body);
  }
}

function sendOnce({ port, token }, agent, method, path, body) {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const text = body === undefined ? undefined : JSON.stringify(body);
    if (text !== undefined) headers["content-length"] = Buffer.byteLength(text);
    const request = httpRequest({ host: "127.0.0.1", port, method, path, agent, headers }, (response) => {
      let answer = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        answer += chunk;
      });
      response.once("end", () => resolve({ status: response.statusCode, text: answer }));
      response.once("error", reject);
    });
    request.once("error", (error) => reject(Object.assign(error, { isReused: request.reusedSocket })));
    request.end(text);
  });
}

/** Agents with descriptions of the greatest width. */
export async function fill(server, agent) {
  for (let number = 0; number < AGENTS; number += 1) {
    const details = { name: `Agent ${number}`, environment_id: server.environment, description: "\u{1f980}".repeat(10_000) };
    const { status } = await send(server, agent, "POST", "/api/v1/agent", { details });
    if (status !== 200) throw new Error(`an agent was not created: ${status}`);
  }
}

/**
 * Runs one attack for some seconds, with as many connections. Returns inputs tried; requests of others, how many were not answered with
 * 200, and their latencies in milliseconds; memory in bytes.
 */
export async function attack(server, name, seconds, connections) {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  // Connections from before the attack; every eighth request takes a new one.
  for (let number = 0; number < 2; number += 1) await send(server, agent, "GET", "/api/v1/ping");
  const memory = { start: memoryOf(server.child), peak: 0, end: 0 };
  await loopOf(server.child);
  const before = timesOf(server.child);
  const began = performance.now();
  const args = [at("attacker.mjs"), name, server.port, server.token, server.environment, seconds, connections].map(String);
  const attacker = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  attacker.stdout.on("data", (chunk) => {
    output += chunk;
  });
  const over = once(attacker, "close").then(() => true);
  const latencies = [];
  const newcomers = [];
  const failures = [];
  for (let number = 0, isOver = false; !isOver; number += 1) {
    const start = performance.now();
    const connection = number % 8 === 7 ? undefined : agent;
    try {
      const details = { name: "Bystander", environment_id: server.environment };
      const { status, text } =
        number % 2 === 0
          ? await send(server, connection, "POST", "/api/v1/agent", { details })
          : await send(server, connection, "GET", "/api/v1/agent?pagination[page_size]=1&sorting=-id");
      if (status !== 200) failures.push(`${status} ${text}`);
    } catch (error) {
      failures.push(String(error));
    }
    (connection === undefined ? newcomers : latencies).push(performance.now() - start);
    memory.peak = Math.max(memory.peak, memoryOf(server.child));
    isOver = await Promise.race([over, new Promise((resolve) => setTimeout(resolve, 10, false))]);
  }
  agent.destroy();
  const after = timesOf(server.child);
  const part = (name) => (after[name] - before[name]) / (performance.now() - began);
  const loop = { ...(await loopOf(server.child)), ran: part("ran"), waited: part("waited") };
  memory.end = memoryOf(server.child);
  latencies.sort((a, b) => a - b);
  newcomers.sort((a, b) => a - b);
  const at99 = latencies[Math.ceil(latencies.length * 0.99) - 1];
  return {
    name,
    tried: JSON.parse(output || "{}"),
    others: {
      requests: latencies.length + newcomers.length,
      failures,
      median: latencies[latencies.length >> 1],
      at99,
      slowest: latencies.at(-1),
      newcomers: newcomers[newcomers.length >> 1],
    },
    loop,
    memory,
  };
}
