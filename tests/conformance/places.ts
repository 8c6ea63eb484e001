// The four stores of the registrar, each behind HTTP, with one clock and one seed.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serve, type ServeOptions } from "agent-registrar/node";
import { sqliteStore } from "agent-registrar/sqlite";
import { bindingsOf, newStorage, probe, SECRET, startDurable } from "../homes/drivers/durable.ts";

/** A running registrar. */
export interface Place {
  readonly name: "memory" | "rusqlite" | "node:sqlite" | "Durable Objects";
  /** Where it answers; it stays the same. */
  readonly url: string;
  /** Keeps a copy of the whole state. */
  keep(): Promise<void>;
  /** Goes back to that copy. */
  restore(): Promise<void>;
  stop(): Promise<void>;
}

/** What all places are set up with. */
export interface PlaceOptions {
  readonly tokens: NonNullable<ServeOptions["tokens"]>;
  readonly accounts: NonNullable<ServeOptions["accounts"]>;
  readonly cors: readonly string[];
  readonly operatorToken: string;
}

export const SEED = "of-the-conformance";

/** The time of every place, in Unix milliseconds. The header `x-now` tells it to those outside of this process. */
export interface Clock {
  now: number;
}

const common = (options: PlaceOptions, clock: Clock) =>
  ({ ...options, port: 0, seed: SEED, secret: SECRET, now: () => clock.now, host: "127.0.0.1" }) as const;

async function inMemory(options: PlaceOptions, clock: Clock): Promise<Place> {
  const server = await serve({ ...common(options, clock), testHooks: true });
  const hook = async (method: string, name: string, body?: ArrayBuffer): Promise<ArrayBuffer> => {
    const response = await fetch(`${server.url}/_registrar/${name}`, { method, body: body ?? null });
    if (!response.ok) throw new Error(`${name}: ${response.status} ${await response.text()}`);
    return response.arrayBuffer();
  };
  let kept: ArrayBuffer | undefined;
  return {
    name: "memory",
    url: server.url,
    keep: async () => void (kept = await hook("GET", "snapshot")),
    restore: async () => void (await hook("POST", "restore", kept)),
    stop: () => server.close(),
  };
}

async function inFile(options: PlaceOptions, clock: Clock): Promise<Place> {
  const { folder, remove } = newStorage();
  const [file, kept] = [join(folder, "agents.db"), join(folder, "kept.db")];
  const start = (port: number) => serve({ ...common(options, clock), port, store: sqliteStore({ file }) });
  let server = await start(0);
  const { url, port } = server;
  // Closed, so that nothing of it is in the write-ahead log.
  const copy = async (from: string, to: string): Promise<void> => {
    await server.close();
    copyFileSync(from, to);
    server = await start(port);
  };
  return {
    name: "node:sqlite",
    url,
    keep: () => copy(file, kept),
    restore: () => copy(kept, file),
    async stop() {
      await server.close();
      remove();
    },
  };
}

/** A `POST` to a path of the tests. */
async function post(url: string, path: string): Promise<void> {
  const response = await fetch(`${url}/probe/${path}`, { method: "POST" });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
}

const NATIVE = fileURLToPath(new URL("../../target/debug/examples/conformance", import.meta.url));

/** The native server of serve.rs, built as the example `conformance`. Without a clock, it has the time of the machine. */
export async function startNative(options: PlaceOptions, clock?: Clock): Promise<Place> {
  const { folder, remove } = newStorage();
  const child: ChildProcess = spawn(
    process.env["CONFORMANCE_SERVER"] ?? NATIVE,
    [join(folder, "agents.db"), ...(clock === undefined ? [] : [String(clock.now)])],
    {
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  const ended = once(child, "exit");
  const config = {
    accounts: options.accounts,
    tokens: options.tokens,
    cors: options.cors,
    operator_token: { token: options.operatorToken },
    secret: SECRET,
    seed_text: `string:${SEED}`,
  };
  child.stdin?.write(`${JSON.stringify(config)}\n`);
  const said = await Promise.race([once(child.stdout as NonNullable<typeof child.stdout>, "data"), ended.then(() => [""])]);
  const url = String(said[0]).trim();
  if (url === "") throw new Error("the native server did not start: build it by `npm test -- conformance`");
  return {
    name: "rusqlite",
    url,
    keep: () => post(url, "keep"),
    restore: () => post(url, "restore"),
    async stop() {
      child.stdin?.end();
      await ended;
      remove();
    },
  };
}

async function inObjects(options: PlaceOptions, clock: Clock): Promise<Place> {
  const { folder, remove } = newStorage();
  const worker = await startDurable(folder, { ...bindingsOf(options), PROBE_SEED: SEED }, { script: probe });
  // An object is opened by the first request to it. Here, when the other places open theirs.
  for (const [path, token] of [...options.tokens.map(({ token }) => ["ping", token]), ["account", options.operatorToken]]) {
    const headers = { authorization: `Bearer ${token}`, "x-now": String(clock.now) };
    await (await fetch(`${worker.url}/api/v1/${path}`, { headers })).text();
  }
  return {
    name: "Durable Objects",
    url: worker.url,
    keep: () => post(worker.url, "keep"),
    restore: () => post(worker.url, "restore"),
    async stop() {
      await worker.stop();
      remove();
    },
  };
}

/** Starts all of them. */
export async function startPlaces(options: PlaceOptions, clock: Clock): Promise<readonly [Place, ...Place[]]> {
  return Promise.all([inMemory(options, clock), startNative(options, clock), inFile(options, clock), inObjects(options, clock)]);
}
