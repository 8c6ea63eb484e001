// Shared by all scripts. Plain Node without packages, because it runs before `npm ci`.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { delimiter, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A path inside the repository. */
export const at = (...parts) => join(root, ...parts);

/** Cargo's target directory. */
export const targetDir = process.env.CARGO_TARGET_DIR ?? at("target");

/** The tools that set-up installs for this project only. */
export const toolsDir = at("target", "tools");

/** An error with a complete message for a person. Shown without a stack. */
export class Failure extends Error {}

/** Prints a line. */
export function say(line = "") {
  process.stdout.write(`${line}\n`);
}

/** Ends a script with the message of a `Failure`, or the stack of any other error. */
export function fail(error) {
  process.stderr.write(`\n${error instanceof Failure ? error.message : (error?.stack ?? error)}\n`);
  process.exitCode = 1;
}

/** Whether this module is the script that was started. */
export const isMain = (meta) => process.argv[1] !== undefined && fileURLToPath(meta.url) === process.argv[1];

/** Milliseconds in words: `0.4 s`, `2 min 05 s`. */
export function duration(ms) {
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${String(Math.floor(seconds % 60)).padStart(2, "0")} s`;
}

let countedTime = 0;

/**
 * The processor time in milliseconds of those processes that ended since the last call: children of this one, with the children
 * that they waited for. 0 where the system has no /proc, which is everywhere but on Linux. Node collects all children that have ended
 * before it tells of the first one: of two that end together, the first call gets the time of both, and the second one 0.
 */
export function takeProcessorTime() {
  if (!existsSync("/proc/self/stat")) return 0;
  const stat = readFileSync("/proc/self/stat", "latin1");
  // The fields after the program's name, from the third on: see proc_pid_stat(5). A clock tick is 10 ms on every Linux of Node.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const now = 10 * (Number(fields[16 - 3]) + Number(fields[17 - 3]));
  const since = now - countedTime;
  countedTime = now;
  return since;
}

/**
 * Runs a command on this terminal, or with `print` hands over what it prints; resolves to its exit code. `spent` gets the processor
 * time of `takeProcessorTime` when it ends.
 */
export function run(command, args, { env, cwd = root, print, spent } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = print === undefined ? "inherit" : ["ignore", "pipe", "pipe"];
    const child = spawn(command, args, { cwd, stdio, env: { ...process.env, ...env } });
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", print);
    child.once("error", (error) => reject(startFailure(command, error)));
    if (spent !== undefined) child.once("exit", () => spent(takeProcessorTime()));
    child.once("close", (code, signal) => resolve(code ?? `signal ${signal}`));
  });
}

/** Runs a command on this terminal; a failing one is a `Failure`. */
export async function must(command, args, options) {
  const code = await run(command, args, options);
  if (code !== 0) throw new Failure(`failed (${code}): ${[command, ...args].join(" ")}`);
}

/** Runs a short command and returns its output, or null if it fails or does not exist. */
export function output(command, args) {
  const { status, stdout } = spawnSync(command, args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return status === 0 ? stdout.trim() : null;
}

/**
 * Runs a long command quietly: prints a sign of life every `everyMs`, and its output only if it fails.
 */
export function quietly(command, args, { env, everyMs = 15_000 } = {}) {
  return new Promise((resolve, reject) => {
    const began = Date.now();
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
    const lines = [];
    let rest = "";
    const take = (chunk) => {
      const parts = (rest + chunk).split(/[\r\n]+/);
      rest = parts.pop();
      lines.push(...parts.filter((line) => line.trim() !== ""));
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", take);
    const beat = setInterval(() => say(`  … ${duration(Date.now() - began)}: ${(lines.at(-1) ?? "").trim().slice(0, 100)}`), everyMs);
    child.once("error", (error) => {
      clearInterval(beat);
      reject(startFailure(command, error));
    });
    child.once("close", (code) => {
      clearInterval(beat);
      if (code === 0) return resolve();
      if (rest !== "") lines.push(rest);
      reject(new Failure([`failed (${code}): ${[command, ...args].join(" ")}`, ...lines.slice(-30).map((line) => `  ${line}`)].join("\n")));
    });
  });
}

function startFailure(command, error) {
  return new Failure(error.code === "ENOENT" ? `not found: ${command}` : `${command}: ${error.message}`);
}

/** The first of these programs on the search path, or null. */
export function which(...names) {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? "").split(delimiter)) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        if (statSync(path).isFile()) return path;
      } catch {
        // The next one.
      }
    }
  }
  return null;
}

/** Whether a version `have` is at least `want`; both as `1.2.3`, shorter or with a word before. */
export function atLeast(have, want) {
  const numbers = (text) => (/\d+(?:\.\d+)*/.exec(text)?.[0] ?? "0").split(".").map(Number);
  const [a, b] = [numbers(have), numbers(want)];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** The version of a package in the text of a Cargo.lock. */
export function lockedVersion(lock, name) {
  for (const block of lock.split("[[package]]")) {
    if (/^name = "(.*)"$/m.exec(block)?.[1] === name) {
      const version = /^version = "(.*)"$/m.exec(block)?.[1];
      if (version !== undefined) return version;
    }
  }
  throw new Failure(`Cargo.lock names no ${name}: run \`cargo generate-lockfile\``);
}

/** The version of wasm-bindgen in Cargo.lock. The command line tool must have the same. */
export const wasmBindgenVersion = () => lockedVersion(readFileSync(at("Cargo.lock"), "utf8"), "wasm-bindgen");

/** All files under these paths (folders or files, absent ones left out), sorted. */
export function filesUnder(paths) {
  const found = [];
  const visit = (path) => {
    if (!existsSync(path)) return;
    if (!statSync(path).isDirectory()) return void found.push(path);
    for (const name of readdirSync(path)) {
      if (name !== "node_modules") visit(join(path, name));
    }
  };
  paths.forEach(visit);
  return found.sort();
}

/** A digest of the paths and contents of files, and of anything else that a step depends on. */
export function digest(paths, ...others) {
  const hash = createHash("sha256");
  for (const file of filesUnder(paths)) {
    hash.update(`${relative(root, file)}\0`).update(createHash("sha256").update(readFileSync(file)).digest());
  }
  return hash.update(JSON.stringify(others)).digest("hex");
}
