// The servers under load: in memory, on a file, and in workerd. Each is a process of its own, whose memory is sampled.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { durableConfig, freePort, startWorker } from "../../benches/lib/workerd.mjs";
import { startServer } from "../attacks/measure.mjs";
import { nodes } from "../durable/nodes.mjs";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
export const OPERATOR = "operator-token-of-the-soak";
const HOOKS = ["--test-hooks", "--operator-token", OPERATOR];

async function memory() {
  const { port, child, stop } = await startServer(HOOKS);
  return { port, pid: child.pid, hasHooks: true, mayReset: true, stop, remove: () => undefined };
}

async function sqlite() {
  const folder = mkdtempSync(join(tmpdir(), "registrar-soak-"));
  const [node] = await nodes(["24"]);
  const start = async (port) => startServer([...HOOKS, "--db", join(folder, "agents.db")], { node, port });
  let server = await start(0);
  return {
    port: server.port,
    get pid() {
      return server.child.pid;
    },
    hasHooks: true,
    async restart() {
      await server.stop();
      server = await start(server.port);
    },
    stop: () => server.stop(),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

const DURABLE = durableConfig({ AGENT_REGISTRAR_SECRET: "the-secret-of-the-soak", AGENT_REGISTRAR_OPERATOR_TOKEN: OPERATOR });

async function workerd() {
  const port = await freePort();
  const entry = at("../../worker/durable.js");
  const alias = { "agent-registrar/cloudflare/durable": at("../../dist/cloudflare-durable.workerd.js") };
  const start = (keepsStorage) => startWorker({ name: "soak", entry, alias, ...DURABLE, port, probe: "/healthz", keepsStorage });
  let server = await start(false);
  return {
    port,
    get pid() {
      return server.pid;
    },
    hasHooks: false,
    async restart() {
      await server.stop();
      server = await start(true);
    },
    stop: () => server.stop(),
    remove: () => undefined,
  };
}

export const SERVERS = { memory, sqlite, workerd };
