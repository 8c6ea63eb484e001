// `kill -9` of the server under load, at random moments: every acknowledged write is stored exactly once.
//
// The clients retry with their idempotency keys until they have an answer, as published clients do. `KILLS` is the number of
// kills: `npm run soak:kill` does 100.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { newFile } from "./support.ts";

const KILLS = Number(process.env["KILLS"] ?? 5);
const CLIENTS = 8;
const CLI = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const ENVIRONMENT = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";

let server: ChildProcess | undefined;
afterAll(() => {
  server?.kill("SIGKILL");
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

/** Starts the server and waits until it answers. */
async function start(file: string, port: number): Promise<void> {
  const args = [CLI, "--db", file, "--port", String(port), "--token", "t"];
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  server = child;
  let said = "";
  child.stderr.on("data", (chunk) => (said += chunk));
  await new Promise<void>((resolve, reject) => {
    child.stdout.on("data", (chunk) => String(chunk).includes("Create an agent") && resolve());
    child.once("exit", (code, signal) => reject(new Error(`the server ended (${code ?? signal}): ${said}`)));
  });
}

async function kill(): Promise<void> {
  const child = server as ChildProcess;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

interface Written {
  readonly key: string;
  readonly id: string;
  /** The ids of its instances that were registered. */
  readonly instances: string[];
  isDeleted: boolean;
}

/** One client: it creates agents, and for some of them instances, or deletes them. Each write is retried until it is answered. */
class Client {
  readonly written: Written[] = [];
  retries = 0;
  replays = 0;
  readonly #name: string;
  readonly #url: string;
  readonly #isOver: () => boolean;

  constructor(name: string, url: string, isOver: () => boolean) {
    this.#name = name;
    this.#url = url;
    this.#isOver = isOver;
  }

  async run(): Promise<void> {
    for (let count = 0; !this.#isOver(); count++) {
      const key = `${this.#name}-${count}-of-the-kill-test`;
      const details = { name: key, environment_id: ENVIRONMENT };
      const id = await this.#write("POST", "agent", { details, idempotency_key: key });
      const written: Written = { key, id, instances: [], isDeleted: false };
      this.written.push(written);
      if (count % 4 === 1) {
        written.instances.push(await this.#write("POST", "agent_instance/register", { agent_id: id, idempotency_key: `${key}-register` }));
        const [instance] = written.instances;
        await this.#write("POST", `agent_instance/${instance}/start`, { idempotency_key: `${key}-start` });
      } else if (count % 4 === 3) {
        await this.#write("DELETE", `agent/${id}`, { idempotency_key: `${key}-delete` });
        written.isDeleted = true;
      }
    }
  }

  /** Returns the id of the object in the answer. */
  async #write(method: string, path: string, body: unknown): Promise<string> {
    const headers = { authorization: "Bearer t", "content-type": "application/json" };
    for (;;) {
      try {
        const response = await fetch(`${this.#url}/api/v1/${path}`, { method, headers, body: JSON.stringify(body) });
        const json = (await response.json()) as { details: { id: string } };
        if (response.status === 200) {
          if (response.headers.get("idempotency-replayed") === "true") this.replays += 1;
          return json.details.id;
        }
        if (response.status !== 503) throw new Error(`${method} ${path} was answered ${response.status}: ${JSON.stringify(json)}`);
      } catch (cause) {
        // The server was killed: `fetch` rejects with a TypeError, or the answer breaks off.
        if (cause instanceof Error && /was answered/.test(cause.message)) throw cause;
      }
      this.retries += 1;
      await pause(5 + Math.random() * 20);
    }
  }
}

interface Stored {
  readonly id: string;
  readonly name: string;
  readonly instance_counts: { readonly total: number; readonly active: number; readonly pending: number };
}

async function everything(url: string): Promise<{ agents: Stored[]; total: number }> {
  const agents: Stored[] = [];
  let total = 0;
  for (let offset: number | null = 0; offset !== null; ) {
    const query = `include_counts=true&pagination[page_size]=100&pagination[offset]=${offset}`;
    const response = await fetch(`${url}/api/v1/agent?${query}`, { headers: { authorization: "Bearer t" } });
    const { summaries, pagination } = (await response.json()) as {
      summaries: Stored[];
      pagination: { item_count: number; next_page_offset: number | null };
    };
    agents.push(...summaries);
    total = pagination.item_count;
    offset = pagination.next_page_offset;
  }
  return { agents, total };
}

test(`${KILLS} times`, { timeout: 60_000 + KILLS * 20_000 }, async () => {
  const file = newFile();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  await start(file, port);
  let isOver = false;
  const clients = Array.from({ length: CLIENTS }, (_, index) => new Client(`client-${index}`, url, () => isOver));
  const work = Promise.all(clients.map((client) => client.run()));
  // So that a client's failure ends the loop below.
  let failure: unknown;
  work.catch((cause) => (failure = cause));
  for (let round = 0; round < KILLS && failure === undefined; round++) {
    await pause(100 + Math.random() * 600);
    await kill();
    await start(file, port);
  }
  await pause(200);
  isOver = true;
  await work;

  const { agents, total } = await everything(url);
  const stored = new Map(agents.map((agent) => [agent.id, agent]));
  expect(total).toBe(agents.length);
  expect(stored.size).toBe(agents.length);
  // Each key has had one effect.
  expect(new Set(agents.map(({ name }) => name)).size).toBe(agents.length);
  const written = clients.flatMap((client) => client.written);
  for (const { id, key, instances, isDeleted } of written) {
    const found = stored.get(id);
    expect(found?.name, key).toBe(isDeleted ? undefined : key);
    if (!isDeleted) expect(found?.instance_counts).toMatchObject({ total: instances.length, active: instances.length, pending: 0 });
  }
  // Every stored object has an answer, because each client waited for its last one.
  expect(agents.length).toBe(written.filter(({ isDeleted }) => !isDeleted).length);
  for (const client of clients) {
    const ids = client.written.map(({ id }) => id);
    expect(ids).toEqual([...ids].sort());
  }
  expect(written.length).toBeGreaterThan(KILLS);
  const sum = (of: "retries" | "replays"): number => clients.reduce((total, client) => total + client[of], 0);
  console.warn(`${KILLS} kills: ${written.length} agents acknowledged, ${sum("retries")} retries, ${sum("replays")} replayed answers`);

  server?.kill("SIGTERM");
  await once(server as ChildProcess, "exit");
  const database = new DatabaseSync(file);
  expect(
    database
      .prepare("PRAGMA integrity_check")
      .all()
      .map((row) => Object.values(row)[0]),
  ).toEqual(["ok"]);
  expect(database.prepare("PRAGMA foreign_key_check").all()).toEqual([]);
  database.close();
});
