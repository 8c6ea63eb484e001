// The worker with Durable Objects in a real workerd, set up as worker/wrangler.durable.jsonc says.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Driver, options } from "../../http/driver.ts";
import { send } from "./send.ts";
import { durableConfig, startWorker } from "./workerd.ts";

/** The deployable worker. */
const deployable = fileURLToPath(new URL(`../../../worker/${durableConfig.main}`, import.meta.url));
/** The same with a look inside. */
export const probe = fileURLToPath(new URL("./durable-probe.ts", import.meta.url));

export const SECRET = "the-secret-of-these-tests";

const durableObjects = Object.fromEntries(
  (durableConfig.durable_objects?.bindings ?? []).map(({ name, class_name: className }) => [name, { className, useSQLite: true }]),
);

export interface DurableWorker {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts the worker with its storage in a folder. */
export function startDurable(
  folder: string,
  bindings: Record<string, string>,
  {
    script = deployable,
    port = 0,
    more = {},
    wasm = {},
  }: {
    readonly script?: string;
    readonly port?: number;
    readonly more?: object;
    readonly wasm?: Readonly<Record<string, Uint8Array>>;
  } = {},
): Promise<DurableWorker> {
  const all = { AGENT_REGISTRAR_SECRET: SECRET, ...bindings };
  return startWorker(all, script, { durableObjects, durableObjectsPersist: folder, port, ...more }, wasm);
}

/** A new folder for storage, and how to remove it. */
export function newStorage(): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "registrar-objects-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The variables of these options. */
export const bindingsOf = (given: { tokens: unknown; accounts: unknown; cors: readonly string[]; operatorToken?: string }) => ({
  AGENT_REGISTRAR_TOKENS: JSON.stringify(given.tokens),
  AGENT_REGISTRAR_ACCOUNTS: JSON.stringify(given.accounts),
  AGENT_REGISTRAR_CORS: given.cors.join(", "),
  ...(given.operatorToken === undefined ? {} : { AGENT_REGISTRAR_OPERATOR_TOKEN: given.operatorToken }),
});

const driver = (name: string, script: string, before: (url: string) => Promise<unknown>): Driver => ({
  name,
  // A Request parses its URL.
  lacks: ["bare-path"],
  async start() {
    const { folder, remove } = newStorage();
    const worker = await startDurable(folder, bindingsOf(options), { script });
    return {
      async fetch(target, init) {
        await before(worker.url);
        return send(worker.url, target, init);
      },
      async stop() {
        await worker.stop();
        remove();
      },
    };
  },
});

/** `agent-registrar/cloudflare/durable` in workerd. */
export const durable: Driver = { ...driver("workerd with Durable Objects", deployable, async () => undefined), sample: 0 };

/** The same, with all objects evicted before every request. */
export const evicted: Driver = {
  ...driver("workerd with Durable Objects that are evicted before every request", probe, (url) => fetch(`${url}/probe/evict`)),
  sample: 1,
};
