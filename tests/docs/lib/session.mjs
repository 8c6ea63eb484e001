// One reader: a fresh folder, a shell that remembers where it is, the servers that were started, and what was printed last.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { linkTree } from "../../environments/lib/packages.mjs";
import { freePort, runProgram, startServer } from "../../environments/lib/processes.mjs";
import { asTested, startedAs } from "./commands.mjs";

/** The ports that documents name. Each document gets free ones in their place. */
const PORTS = ["8787", "8788", "5173"];

/** What a document's programs see of this machine: nothing that npm or a terminal adds. */
export function readerEnvironment(home) {
  const own = /^npm_|^INIT_CWD$|^NODE_OPTIONS$|^NODE_ENV$|^FORCE_COLOR$|^VITEST/;
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name))),
    PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
    XDG_CONFIG_HOME: home,
    CI: "1",
    NO_COLOR: "1",
    WRANGLER_SEND_METRICS: "false",
  };
}

export class Session {
  #servers = [];
  #seen = 0;

  constructor({ workshop, home, full }) {
    this.workshop = workshop;
    this.env = readerEnvironment(home);
    this.full = full;
    this.home = home;
    /** What the last block printed. */
    this.printed = undefined;
  }

  /** A fresh folder, as `npm init -y` makes it, with the package installed. */
  async begin(name) {
    this.folder = join(this.workshop.folder, "docs", `${name}-${++this.#seen}`);
    this.cwd = this.folder;
    this.printed = undefined;
    this.ports = Object.fromEntries(await Promise.all(PORTS.map(async (port) => [port, await freePort()])));
    await mkdir(this.folder, { recursive: true });
    await runProgram("npm", ["init", "-y"], { cwd: this.folder, env: this.env });
    await this.link("agent-registrar", join(this.workshop.folder, "own"));
  }

  /** A path where the reader is. */
  path(...parts) {
    return join(this.cwd, ...parts);
  }

  /** A text of the document with the ports of this run. */
  withPorts(text) {
    return text.replace(/(?<=localhost:|127\.0\.0\.1:|--port |PORT=|port: )(\d{4})\b/g, (port) => this.ports[port] ?? port);
  }

  /** Writes a file where the reader is. */
  async write(name, text) {
    await mkdir(dirname(this.path(name)), { recursive: true });
    await writeFile(this.path(name), this.withPorts(text));
  }

  /** Runs a program where the reader is; keeps what it prints. */
  async run(command, args, options = {}) {
    const { stdout } = await runProgram(command, args, { cwd: this.cwd, env: this.env, timeoutMs: 300_000, ...options });
    this.printed = stdout;
    return stdout;
  }

  /** Runs lines of a shell; the next ones begin in the folder where these ended. */
  async shell(code) {
    const where = `${this.folder}.cwd`;
    const lines = await asTested(this, code);
    await this.run("bash", ["-c", `set -euo pipefail\n${lines}\npwd > "$READER_FOLDER"`], { env: { ...this.env, READER_FOLDER: where } });
    this.cwd = readFileSync(where, "utf8").trim();
  }

  /** Starts a server, the last line, that lives until the reader leaves the document; `port` is the one that the document names. */
  async serve(code, port) {
    const lines = code.trim().split("\n");
    const last = lines.pop().replace(/\s+#.*$/, "");
    if (lines.length > 0) await this.shell(lines.join("\n"));
    const { [port]: free } = this.ports;
    const line = await startedAs(this, last, free, await freePort());
    if (line === undefined) return;
    const { stop } = await startServer("bash", ["-c", `exec ${line}`], { cwd: this.cwd, env: this.env, url: `http://localhost:${free}/` });
    this.onEnd(stop);
  }

  /** Ends with the document. */
  onEnd(stop) {
    this.#servers.push(stop);
  }

  /** Links a package of the repository's own node_modules, with what it depends on: what npm does, without a network. */
  async link(name, from) {
    const target = this.path("node_modules", name);
    if (existsSync(target)) return;
    const source = join(from, "node_modules", name);
    if (!existsSync(source)) throw new Error(`the repository has no ${name}; let this block be for the full run`);
    await linkTree(source, target);
    const { dependencies = {}, peerDependencies = {}, bin } = JSON.parse(readFileSync(join(source, "package.json"), "utf8"));
    await this.#linkPrograms(name, bin);
    for (const other of Object.keys({ ...peerDependencies, ...dependencies })) {
      if (existsSync(join(from, "node_modules", other))) await this.link(other, from);
    }
  }

  async #linkPrograms(name, bin = {}) {
    const programs = typeof bin === "string" ? { [name.split("/").at(-1)]: bin } : bin;
    for (const [program, file] of Object.entries(programs)) {
      const script = this.path("node_modules", ".bin", program);
      await mkdir(dirname(script), { recursive: true });
      writeFileSync(script, `#!/bin/sh\nexec "${this.path("node_modules", name, file)}" "$@"\n`, { mode: 0o755 });
    }
  }

  async close() {
    for (const stop of this.#servers.splice(0).reverse()) await stop();
  }
}
