// The log of both workers, and their probes while the configuration is refused.
import type { Readable } from "node:stream";
import { expect, test, vi } from "vitest";
import { newStorage, startDurable } from "./drivers/durable.ts";
import { startWorker } from "./drivers/workerd.ts";

const ENVIRONMENT = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
const ACCOUNT = "013xrzp12g3nqk8nyt0q8s8a1vd3p7wk";

interface Worker {
  readonly url: string;
  stop(): Promise<void>;
}

/** Takes what the runtime prints. */
function listen(said: string[]) {
  const take = (stream: Readable): void => void stream.setEncoding("utf8").on("data", (chunk: string) => said.push(chunk));
  return {
    handleRuntimeStdio(stdout: Readable, stderr: Readable): void {
      take(stdout);
      take(stderr);
    },
  };
}

async function startStored(bindings: Record<string, string>, said: string[]): Promise<Worker> {
  const { folder, remove } = newStorage();
  const { url, stop } = await startDurable(folder, bindings, { more: listen(said) });
  return { url, stop: () => stop().then(remove) };
}

const kinds: readonly [string, (bindings: Record<string, string>, said: string[]) => Promise<Worker>][] = [
  ["in memory", (bindings, said) => startWorker(bindings, undefined, listen(said))],
  ["with Durable Objects", startStored],
];

test.each(kinds)("the worker %s logs a line for each request", async (_, start) => {
  const said: string[] = [];
  const worker = await start({ AGENT_REGISTRAR_TOKENS: '[{"token":"planted-token"}]', AGENT_REGISTRAR_LOG: "json" }, said);
  try {
    const headers = { authorization: "Bearer planted-token", "content-type": "application/json" };
    const body = JSON.stringify({ details: { name: "Planted", environment_id: ENVIRONMENT } });
    const made = await fetch(`${worker.url}/api/v1/agent`, { method: "POST", headers, body });
    expect(made.status, said.join("")).toBe(200);
    expect((await fetch(`${worker.url}/api/v1/agent?environment_id=planted-query`, { headers })).status).toBe(422);
    expect((await fetch(`${worker.url}/api/v1/agent`, { headers: { authorization: "Bearer planted-other" } })).status).toBe(401);
    expect((await fetch(`${worker.url}/readyz`)).status).toBe(200);
    const records = (): Record<string, unknown>[] =>
      said
        .join("")
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    await vi.waitFor(() => expect(records()).toHaveLength(4), 10_000);
    const common = { level: "info", message: "request", ms: expect.any(Number), request_id: expect.stringMatching(/^[0-9a-f]{32}$/) };
    expect(records()).toMatchObject([
      {
        ...common,
        request_id: made.headers.get("x-request-id"),
        method: "POST",
        operation: "agents/create",
        account_id: ACCOUNT,
        status: 200,
      },
      { ...common, method: "GET", operation: "agents/list", account_id: ACCOUNT, status: 422 },
      { ...common, method: "GET", operation: "agents/list", status: 401 },
      { ...common, method: "GET", operation: "readyz", status: 200 },
    ]);
    expect(said.join("")).not.toMatch(/planted/i);
  } finally {
    await worker.stop();
  }
});

test.each(kinds)("the worker %s answers its probes while its configuration is refused", async (_, start) => {
  for (const bad of [{ AGENT_REGISTRAR_TOKENS: "[" }, { AGENT_REGISTRAR_LOG: "loud" }]) {
    const said: string[] = [];
    const worker = await start({ AGENT_REGISTRAR_TOKENS: "[]", ...bad } as Record<string, string>, said);
    try {
      const status = async (path: string, method = "GET") => (await fetch(worker.url + path, { method })).status;
      expect(await status("/healthz")).toBe(200);
      expect(await status("/healthz", "HEAD")).toBe(200);
      const ready = await fetch(`${worker.url}/readyz`);
      expect([ready.status, ready.headers.get("retry-after")]).toEqual([503, "5"]);
      expect(await status("/api/v1/ping")).toBe(500);
      await vi.waitFor(() => expect(said.join("")).toMatch(/AGENT_REGISTRAR_(TOKENS|LOG) must/), 10_000);
    } finally {
      await worker.stop();
    }
  }
});
