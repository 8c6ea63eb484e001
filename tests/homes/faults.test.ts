// Faults in the middle: of clients, of the clock, of the process. One effect, the right answer, and recovery.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type RunningServer, serve, type ServeOptions } from "agent-registrar/node";
import { createRegistrar } from "agent-registrar/service";
import { afterEach, describe, expect, test, vi } from "vitest";
import { send } from "./drivers/send.ts";

let server: RunningServer | undefined;
let child: ChildProcess | undefined;
const folders: string[] = [];

afterEach(async () => {
  await server?.close();
  server = undefined;
  child?.kill("SIGKILL");
  child = undefined;
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function start(options: ServeOptions = {}): Promise<RunningServer> {
  server = await serve({ port: 0, tokens: [{ token: "t" }], ...options });
  return server;
}

const headers = { authorization: "Bearer t", "content-type": "application/json" };

function post(url: string, body: unknown, path = "/api/v1/agent"): Promise<Response> {
  return send(url, path, { method: "POST", headers, body: new TextEncoder().encode(JSON.stringify(body)) });
}

async function count(url: string): Promise<number> {
  const answer = await send(url, "/api/v1/agent", { method: "GET", headers });
  return ((await answer.json()) as { pagination: { item_count: number } }).pagination.item_count;
}

function raw(body: string, line = "POST /api/v1/agent"): string {
  const lines = ["host: a", "authorization: Bearer t", "content-type: application/json", `content-length: ${body.length}`];
  return `${line} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${body}`;
}

describe("clients", () => {
  test("one that leaves in the middle of its body has no effect; one that leaves before its answer has one", async () => {
    const { url, port, defaults } = await start();
    const text = JSON.stringify({ details: { name: "Leaver", environment_id: defaults.environment_id }, idempotency_key: "leaver-1" });
    for (let length = 1; length < text.length; length += 10) {
      const socket = connect(port, "127.0.0.1", () => {
        socket.write(raw(text).slice(0, -length));
        setTimeout(() => socket.resetAndDestroy(), 5);
      });
      socket.on("error", () => undefined);
      await once(socket, "close");
    }
    expect(await count(url)).toBe(0);
    for (let time = 0; time < 20; time += 1) {
      const socket = connect(port, "127.0.0.1", () => socket.write(raw(text), () => socket.destroy()));
      socket.on("error", () => undefined);
      await once(socket, "close");
    }
    const answer = await post(url, JSON.parse(text));
    expect(answer.status).toBe(200);
    expect(await count(url)).toBe(1);
  });

  test("1,000 concurrent retries of one key have one effect and one answer", { timeout: 120_000 }, async () => {
    const { url, defaults } = await start();
    const body = { details: { name: "Once", environment_id: defaults.environment_id }, idempotency_key: "once-only" };
    const answers = await Promise.all(Array.from({ length: 1_000 }, async () => (await post(url, body)).text()));
    expect(new Set(answers).size).toBe(1);
    expect(JSON.parse(answers[0] as string).details.name).toBe("Once");
    expect(await count(url)).toBe(1);
  });

  test("doubled and reordered requests have one effect each", async () => {
    const { url, defaults } = await start();
    const bodies = Array.from({ length: 50 }, (_, number) => ({
      details: { name: `Agent ${number}`, environment_id: defaults.environment_id },
      idempotency_key: `agent-${number}`,
    }));
    // Each three times, in an order that repeats itself in every run.
    const order = Array.from({ length: 150 }, (_, place) => ((place * 97) % 150) % 50);
    const answers = await Promise.all(order.map(async (number) => [number, await (await post(url, bodies[number])).text()] as const));
    const first = new Map<number, string>();
    for (const [number, text] of answers) expect(text).toBe(first.get(number) ?? (first.set(number, text), text));
    expect(await count(url)).toBe(50);
  });
});

describe("the clock", () => {
  test("jumps forward and back: a key inside its 24 hours has one effect, and ids rise", async () => {
    const hour = 3_600_000;
    let now = Date.UTC(2026, 4, 7, 10);
    const registrar = createRegistrar({ tokens: [{ token: "t" }], now: () => now });
    const create = async (key: string): Promise<{ id: string; text: string }> => {
      const body = JSON.stringify({ details: { name: key, environment_id: registrar.defaults.environment_id }, idempotency_key: key });
      const text = await (await registrar.fetch("http://registrar.test/api/v1/agent", { method: "POST", headers, body })).text();
      return { id: JSON.parse(text).details?.id, text };
    };
    const first = await create("first-key");
    const ids = [first.id];
    for (const jump of [23, -48, 1, 22, -100, 123]) {
      now += jump * hour;
      ids.push((await create(`after-${ids.length}`)).id);
      // The key was made at 10:00; beyond a day after it, it may be forgotten.
      if (now < Date.UTC(2026, 4, 8, 10)) expect((await create("first-key")).text).toBe(first.text);
    }
    expect(ids).toEqual([...ids].sort());
    expect(new Set(ids).size).toBe(ids.length);
  });
});

/** From 22 on there is node:sqlite; the stage `durable` runs these tests in such a Node. */
const MAJOR = Number(process.versions.node.split(".")[0]);
const CLI = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

/** The command in a shell that sets limits first. Resolves with its address and environment. */
async function command(limits: string, ...args: string[]): Promise<{ url: string; environment: string; said: () => string }> {
  const line = `${limits} exec "$0" "$@"`;
  const started = spawn("bash", ["-c", line, process.execPath, CLI, "serve", "--port", "0", "--token", "t", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  child = started;
  let said = "";
  started.stderr.on("data", (chunk) => (said += chunk));
  started.stdout.on("data", (chunk) => (said += chunk));
  while (!said.includes("Create an agent"))
    await Promise.race([once(started.stdout, "data"), once(started, "exit").then(() => Promise.reject(new Error(said)))]);
  const url = /answers at (\S+)/.exec(said)?.[1] ?? "";
  return { url, environment: /environment\s+([0-9a-z]{32})/.exec(said)?.[1] ?? "", said: () => said };
}

/** Where records are, as options of the command. */
const PLACES: readonly (readonly [string, () => string[]])[] = [
  ["in memory", () => []],
  ...(MAJOR >= 22 ? [["on a file", () => ["--db", newFile()]] as const] : []),
];

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "registrar-"));
  folders.push(folder);
  return join(folder, "agents.db");
}

describe.runIf(process.platform === "linux")("the process", () => {
  test("SIGSTOP and SIGCONT: requests wait, and have one effect", async () => {
    const { url, environment } = await command("");
    child?.kill("SIGSTOP");
    const waiting = Array.from({ length: 20 }, (_, number) =>
      post(url, { details: { name: "Stopped", environment_id: environment }, idempotency_key: `stopped-${number % 10}` }),
    );
    await pause(300);
    child?.kill("SIGCONT");
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(await count(url)).toBe(10);
  });

  test.each(PLACES)(
    "EMFILE, %s: without descriptors for more connections it goes on, and recovers",
    { timeout: 60_000 },
    async (_, place) => {
      const { url, environment } = await command("ulimit -n 40;", ...place());
      expect((await post(url, { details: { name: "Before", environment_id: environment } })).status).toBe(200);
      const port = Number(new URL(url).port);
      const sockets = Array.from({ length: 100 }, () => connect(port, "127.0.0.1").on("error", () => undefined));
      await pause(300);
      expect(child?.exitCode).toBeNull();
      for (const socket of sockets) socket.destroy();
      // Node closes what it cannot accept; a connection made just now may be one of these.
      const after = () => post(url, { details: { name: "After", environment_id: environment } });
      const answer = await vi.waitFor(after, { timeout: 10_000 });
      expect(answer.status).toBe(200);
      expect(await count(url)).toBe(2);
    },
  );

  test.runIf(MAJOR >= 22)("ENOSPC: a file that cannot grow answers 503, keeps what it has, and recovers", { timeout: 60_000 }, async () => {
    const file = newFile();
    // Writes beyond this size fail, as on a full disk.
    const full = await command("trap '' XFSZ; ulimit -f 1024;", "--db", file);
    const description = "x".repeat(10_000);
    let kept = 0;
    let status = 200;
    for (let number = 0; number < 500 && status === 200; number += 1) {
      status = (await post(full.url, { details: { name: "Filler", environment_id: full.environment, description } })).status;
      if (status === 200) kept += 1;
    }
    expect(status).toBe(503);
    expect(await count(full.url)).toBe(kept);
    child?.kill("SIGTERM");
    await once(child as ChildProcess, "exit");
    const again = await command("", "--db", file);
    expect(await count(again.url)).toBe(kept);
    expect((await post(again.url, { details: { name: "More", environment_id: full.environment } })).status).toBe(200);
  });
});
