// Starts programs, each in a process group of its own, so that ending one ends its children too.
import { spawn } from "node:child_process";
import { createServer } from "node:net";

const running = new Set();

/** How much of a failed program's output a message quotes. */
const QUOTED_LINES = 25;

/** Ends a process group; a process that is gone already is no failure. */
function kill(child) {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

/** Ends every program that is still running. */
export function killAll() {
  running.forEach(kill);
}

process.once("exit", killAll);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.once(signal, () => {
    killAll();
    process.exit(1);
  });
}

/** How long output may still arrive after a program has ended. */
const OUTPUT_GRACE_MS = 5_000;

const ESCAPES = /\u001b\[[0-9;?]*[A-Za-z]/g;

/** The last lines of a program's output, without colours and empty lines. */
export function tail(text, lines = QUOTED_LINES) {
  return text
    .replace(ESCAPES, "")
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .slice(-lines)
    .join("\n");
}

function start(command, args, { cwd, env }) {
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const program = { child, stdout: "", stderr: "", all: "" };
  for (const name of ["stdout", "stderr"]) {
    child[name].setEncoding("utf8").on("data", (text) => {
      program[name] += text;
      program.all += text;
    });
  }
  running.add(child);
  program.ended = new Promise((resolve) => {
    child.once("error", (error) => resolve({ error }));
    child.once("close", (code, signal) => resolve({ code, signal }));
    // A daemon that a tool leaves behind keeps the pipes open, and "close" would never come.
    child.once("exit", (code, signal) => setTimeout(resolve, OUTPUT_GRACE_MS, { code, signal }).unref());
  }).finally(() => {
    kill(child);
    running.delete(child);
  });
  return program;
}

const shown = (command, args) => [command.replace(/^.*\//, ""), ...args.map((arg) => arg.replace(/^\/.*\//, ""))].join(" ");

/**
 * Runs a program to its end. `expectExit` is the code that it must end with; null accepts any.
 * Resolves to its `stdout`, `stderr` and `code`.
 */
export async function runProgram(command, args, { cwd, env, timeoutMs = 180_000, expectExit = 0 }) {
  const program = start(command, args, { cwd, env });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    kill(program.child);
  }, timeoutMs);
  const { code, signal, error } = await program.ended;
  clearTimeout(timer);
  const name = shown(command, args);
  if (error) throw new Error(`${name}: ${error.message}`);
  if (late) throw new Error(`${name}: not done after ${timeoutMs / 1000} s\n${tail(program.all)}`);
  if (expectExit !== null && code !== expectExit) throw new Error(`${name}: ended with ${code ?? signal}\n${tail(program.all)}`);
  return { stdout: program.stdout, stderr: program.stderr, code };
}

/** A TCP port that is free now and that this process gives out once. */
const given = new Set();
export async function freePort() {
  for (;;) {
    const server = createServer();
    const port = await new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", () => resolve(server.address().port));
    });
    await new Promise((resolve) => server.close(resolve));
    if (given.has(port)) continue;
    given.add(port);
    return port;
  }
}

/** Starts a server and resolves once `url` answers, whatever the status. `stop` ends it; `output` says what it printed. */
export async function startServer(command, args, { cwd, env, url, timeoutMs = 120_000 }) {
  const program = start(command, args, { cwd, env });
  let ended;
  program.ended.then((how) => (ended = how));
  const name = shown(command, args);
  const output = () => tail(program.all);
  const stop = async () => {
    kill(program.child);
    await program.ended;
  };
  for (const began = Date.now(); ; ) {
    if (ended) throw new Error(`${name}: ended before it answered${ended.error ? `: ${ended.error.message}` : ""}\n${output()}`);
    try {
      await (await fetch(url, { signal: AbortSignal.timeout(30_000) })).arrayBuffer();
      return { url, stop, output };
    } catch {
      if (Date.now() - began > timeoutMs) {
        await stop();
        throw new Error(`${name}: no answer at ${new URL(url).pathname} after ${timeoutMs / 1000} s\n${output()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  }
}
