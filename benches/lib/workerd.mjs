// A contender in its own workerd. workerd runs the bundle directly, and a request starts a loop.

import { spawn } from "node:child_process";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import workerd from "workerd";

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/**
 * Bundles a worker and starts it. `alias` and `define` are esbuild's; `worker` is text for its configuration, `services` more of them.
 * `get` asks it, `used` tells its
 * processor time so far in nanoseconds, `memory` its resident memory in bytes. It is up once it answers `probe`. With `keepsStorage`, it
 * has what an earlier one of this name wrote.
 */
export async function startWorker(options) {
  const { name, entry, alias = {}, define = {}, worker = "", services = "", probe = "/about", keepsStorage = false } = options;
  const folder = at(`.generated/workerd-${name}`);
  if (!keepsStorage) await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, "storage"), { recursive: true });
  const modules = await bundle(entry, folder, { alias, define });
  const port = options.port ?? (await freePort());
  await writeFile(
    join(folder, "config.capnp"),
    config(modules, port, { worker, services: services.replace("STORAGE", join(folder, "storage")) }),
  );
  const child = spawn(workerd.default ?? workerd, ["serve", join(folder, "config.capnp")], { stdio: ["ignore", "ignore", "pipe"] });
  running.add(child);
  let complaint = "";
  child.stderr.on("data", (chunk) => (complaint = (complaint + chunk).slice(-4000)));
  child.on("exit", () => running.delete(child));

  const get = async (path) => {
    // workerd may close a connection that waits, just as the next request is sent on it.
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: "close" } });
    if (!response.ok) throw new Error(`${name} in workerd: ${complaint || (await response.text())}`);
    return response;
  };
  await untilUp(
    () => get(probe),
    child,
    () => complaint,
  );
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  return { get, pid: child.pid, used: () => used(child.pid), memory: () => residentBytes(child.pid), stop };
}

/** Bundles and starts one contender of `service/`; it answers the calls that `service/child.mjs` answers. `define` replaces identifiers in it. */
export async function startInWorkerd(name, define = {}) {
  const alias = { contender: at(`service/${name}.mjs`) };
  const { get, used, stop } = await startWorker({ name, entry: at("service/worker.mjs"), alias, define });
  const post = async (kind, count) => {
    const start = await used();
    await (await get(`/run?kind=${encodeURIComponent(kind)}&count=${count}`)).text();
    return (await used()) - start;
  };
  /** Nanoseconds of one operation of each kind, as far as known. */
  const estimates = new Map();
  const calls = {
    about: async () => (await get("/about")).json(),
    sample: async () => (await get("/sample")).json(),
    /** Sends one request that loops for about so long; the time of an empty loop is subtracted. */
    async run(kind, milliseconds) {
      const count = Math.max(256, Math.round((milliseconds * 1e6) / (estimates.get(kind) ?? 50_000)));
      const empty = await post(kind, 0);
      const time = Math.max((await post(kind, count)) - empty, 0) / count;
      estimates.set(kind, Math.max(time, 500));
      return time;
    },
  };
  return { call: (what, ...rest) => calls[what](...rest), stop };
}

/**
 * The options `worker` and `services` of `startWorker` for the durable worker, with a namespace for each class and the storage on disk.
 * `variables` are the worker's.
 */
export function durableConfig(variables) {
  const bindings = Object.entries(variables).map(([name, value]) => `(name = "${name}", text = ${JSON.stringify(value)})`);
  const worker = `,
    durableObjectNamespaces = [
      (className = "AgentRegistrarAccount", uniqueKey = "account", enableSql = true),
      (className = "AgentRegistrarDirectory", uniqueKey = "directory", enableSql = true)
    ],
    durableObjectStorage = (localDisk = "storage"),
    bindings = [
      (name = "AGENT_REGISTRAR_OBJECTS", durableObjectNamespace = "AgentRegistrarAccount"),
      (name = "AGENT_REGISTRAR_DIRECTORY", durableObjectNamespace = "AgentRegistrarDirectory"),
      ${bindings.join(",\n      ")}
    ]`;
  return { worker, services: `, (name = "storage", disk = (path = "STORAGE", writable = true))` };
}

/** Processor time of another process so far, in nanoseconds; elapsed time on systems other than Linux. */
async function used(pid) {
  try {
    const tasks = await readdir(`/proc/${pid}/task`);
    const stats = await Promise.all(tasks.map((task) => readFile(`/proc/${pid}/task/${task}/schedstat`, "latin1")));
    return stats.reduce((sum, text) => sum + Number(text.split(" ")[0]), 0);
  } catch {
    return Number(process.hrtime.bigint());
  }
}

/** Resident memory of another process, in bytes. Linux only. */
async function residentBytes(pid) {
  const status = await readFile(`/proc/${pid}/status`, "latin1");
  return Number(/VmRSS:\s+(\d+)/.exec(status)[1]) * 1024;
}

async function bundle(entry, folder, { alias, define }) {
  const wasm = new Map();
  const asModule = {
    name: "wasm-as-module",
    setup({ onResolve }) {
      onResolve({ filter: /\.wasm$/ }, async ({ path, resolveDir }) => {
        wasm.set(basename(path), join(resolveDir, path));
        return { path: `./${basename(path)}`, external: true };
      });
    },
  };
  await build({
    entryPoints: [entry],
    outfile: join(folder, "worker.mjs"),
    alias,
    define: Object.fromEntries(Object.entries(define).map(([key, value]) => [key, JSON.stringify(value)])),
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    plugins: [asModule],
    external: ["cloudflare:*"],
    logLevel: "warning",
  });
  for (const [file, source] of wasm) await copyFile(source, join(folder, file));
  return [...wasm.keys()];
}

function config(modules, port, { worker, services }) {
  const wasm = modules.map((file) => `, (name = "${file}", wasm = embed "${file}")`).join("");
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "worker.mjs", esModule = embed "worker.mjs")${wasm}],
    compatibilityDate = "2026-01-01"${worker}
  ))${services}],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]
);
`;
}

/** Finds a free port. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function untilUp(ask, child, complaint) {
  for (let tries = 0; tries < 100; tries++) {
    if (child.exitCode !== null) throw new Error(`workerd ended: ${complaint()}`);
    try {
      await ask();
      return;
    } catch (fault) {
      if (fault.cause?.code !== "ECONNREFUSED") throw fault;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error(`workerd does not answer: ${complaint()}`);
}
