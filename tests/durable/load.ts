// Load for the kill tests: clients that retry with their idempotency keys until they have an answer, as published clients do.
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";

const CLIENTS = 8;
const ENVIRONMENT = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";

/** A port that nobody has. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
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
        // The server is gone: `fetch` rejects with a TypeError, or the answer breaks off.
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

/**
 * Eight clients write to the service at `url`, as the token `t`. Meanwhile `again` kills it and starts it again, so many times. Then
 * every acknowledged write must be there exactly once.
 */
export async function underLoad(url: string, kills: number, again: () => Promise<void>): Promise<void> {
  let isOver = false;
  const clients = Array.from({ length: CLIENTS }, (_, index) => new Client(`client-${index}`, url, () => isOver));
  const work = Promise.all(clients.map((client) => client.run()));
  // So that a client's failure ends the loop below.
  let failure: unknown;
  work.catch((cause) => (failure = cause));
  for (let round = 0; round < kills && failure === undefined; round++) {
    await pause(100 + Math.random() * 600);
    await again();
  }
  await pause(200);
  isOver = true;
  await work;

  const { agents, total } = await everything(url);
  const stored = new Map(agents.map((agent) => [agent.id, agent]));
  expect(total).toBe(agents.length);
  expect(stored.size).toBe(agents.length);
  // Under a key, an effect happened once.
  expect(new Set(agents.map(({ name }) => name)).size).toBe(agents.length);
  const written = clients.flatMap((client) => client.written);
  for (const { id, key, instances, isDeleted } of written) {
    const found = stored.get(id);
    expect(found?.name, key).toBe(isDeleted ? undefined : key);
    if (!isDeleted) expect(found?.instance_counts).toMatchObject({ total: instances.length, active: instances.length, pending: 0 });
  }
  // Nothing is there that no client has an answer for: each of them waited for its last one.
  expect(agents.length).toBe(written.filter(({ isDeleted }) => !isDeleted).length);
  for (const client of clients) {
    const ids = client.written.map(({ id }) => id);
    expect(ids).toEqual([...ids].sort());
  }
  expect(written.length).toBeGreaterThan(kills);
  const sum = (of: "retries" | "replays"): number => clients.reduce((total, client) => total + client[of], 0);
  console.warn(`${kills} kills: ${written.length} agents acknowledged, ${sum("retries")} retries, ${sum("replays")} replayed answers`);
}
