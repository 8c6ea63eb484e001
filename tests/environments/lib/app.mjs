// One throw-away app: its folder, its tools, and the ways of judging what it says.
import { existsSync } from "node:fs";
import { cp, readFile, rm } from "node:fs/promises";
import { basename, delimiter, dirname, join } from "node:path";
import { writeFiles } from "./packages.mjs";
import { check, checkPrinted } from "./probes.mjs";
import { freePort, runProgram, startServer } from "./processes.mjs";
import { serveFolder, verdictOfPage } from "./site.mjs";

/** What an app's programs see of this machine's environment; a tool's own settings and npm's variables stay outside. */
export function appEnvironment(home, nodePath) {
  return {
    PATH: [dirname(nodePath), process.env.PATH].join(delimiter),
    HOME: home,
    LANG: "C.UTF-8",
    CI: "1",
    NO_COLOR: "1",
    NEXT_TELEMETRY_DISABLED: "1",
    ASTRO_TELEMETRY_DISABLED: "1",
    WRANGLER_SEND_METRICS: "false",
  };
}

export class App {
  #workshop;
  #name;
  #cleanups = [];

  constructor({ workshop, name, folder, node, env }) {
    this.#workshop = workshop;
    this.#name = name;
    this.folder = folder;
    this.nodePath = node;
    this.env = env;
  }

  get tarball() {
    return this.#workshop.tarball;
  }

  get manifest() {
    return this.#workshop.manifest;
  }

  path(...parts) {
    return join(this.folder, ...parts);
  }

  /** Writes files; package.json gets the dependency that `npm install` would have written. */
  async write(files) {
    const withDependency = { "package.json": {}, ...files };
    if (files["package.json"] === undefined && existsSync(this.path("package.json"))) delete withDependency["package.json"];
    else {
      withDependency["package.json"] = {
        name: "app",
        private: true,
        ...withDependency["package.json"],
        dependencies: { "agent-registrar": this.manifest.version, ...withDependency["package.json"].dependencies },
      };
    }
    await writeFiles(this.folder, withDependency);
  }

  read(path) {
    return readFile(this.path(path), "utf8");
  }

  /** Runs a program in the app's folder. */
  run(command, args = [], { env = {}, ...options } = {}) {
    return runProgram(command, args, { cwd: this.folder, env: { ...this.env, ...env }, ...options });
  }

  /** Runs a tool that the family installed. */
  tool(name, ...args) {
    return this.run(this.path("node_modules", ".bin", name), args);
  }

  /** Runs a file in Node, in the app's folder, and checks what it printed. */
  async checkNode(file, probes, options) {
    const { stdout } = await this.run(this.nodePath, [file], options);
    checkPrinted(stdout, probes);
  }

  /** Copies files or folders of the app beside no node_modules, and gives the folder. */
  async alone(...paths) {
    const empty = await this.#workshop.makeEmpty(this.#name);
    this.#cleanups.push(() => rm(empty, { recursive: true, force: true }));
    for (const path of paths) await cp(this.path(path), join(empty, basename(path)), { recursive: true });
    return empty;
  }

  /** Runs a bundle in Node where there is no node_modules, and checks what it printed. */
  async checkAlone(bundle, probes) {
    const folder = await this.alone(dirname(bundle) === "." ? bundle : dirname(bundle));
    const file = dirname(bundle) === "." ? bundle : join(basename(dirname(bundle)), basename(bundle));
    const { stdout } = await this.run(this.nodePath, [file], { cwd: folder });
    checkPrinted(stdout, probes);
  }

  /** What the page at a path of a folder says, the folder being served as a plain web server does. */
  async verdictOf(folder, { path = "", policy } = {}) {
    const site = await serveFolder(this.path(folder), { policy });
    try {
      return await verdictOfPage(`${site.url}${path}`);
    } finally {
      await site.stop();
    }
  }

  /** Checks the verdict of a page in a folder. */
  async checkPage(folder, probes, options) {
    check(await this.verdictOf(folder, options), probes);
  }

  /** Starts a tool's server: `args` gets a free port, or the variable that is named `portVariable`. Ends with the environment. */
  async server(tool, args, { path = "", env = {}, portVariable, timeoutMs } = {}) {
    const port = await freePort();
    const portEnv = portVariable === undefined ? {} : { [portVariable]: String(port) };
    const base = `http://localhost:${port}/`;
    const command = tool.includes("/") ? tool : this.path("node_modules", ".bin", tool);
    const server = await startServer(command, args(port, await freePort()), {
      cwd: this.folder,
      env: { ...this.env, ...env, ...portEnv },
      url: `${base}${path}`,
      timeoutMs,
    });
    this.#cleanups.push(server.stop);
    return { base, output: server.output };
  }

  /** Checks the verdict of a page that a tool's server serves. */
  async checkServed(tool, args, probes, { path = "", ...options } = {}) {
    const { base, output } = await this.server(tool, args, options);
    try {
      check(await verdictOfPage(`${base}${path}`), probes);
    } catch (error) {
      throw new Error(`${error.message}\nThe server printed:\n${output()}`);
    }
  }

  /** Ends servers and deletes what lies outside the app's folder. */
  async close() {
    for (const cleanup of this.#cleanups.splice(0)) await cleanup();
  }
}
