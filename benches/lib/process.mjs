// One process per contender. It lives for all rounds and receives messages.

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Node's flag that forbids `eval` and `new Function`, as a strict Content-Security-Policy and Workers do. */
export const NO_EVAL = "--disallow-code-generation-from-strings";

const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/**
 * Starts a script of this folder, which answers with `answer` below.
 * @param {string} script path within benches/
 * @param {{ args?: string[], execArgv?: string[], env?: Record<string, string>, execPath?: string }} [options]
 */
export async function start(script, { args = [], execArgv = [], env = {}, execPath = process.execPath } = {}) {
  const child = fork(fileURLToPath(new URL(`../${script}`, import.meta.url)), args, {
    execArgv,
    execPath,
    env: { ...process.env, NODE_ENV: "production", ...env },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  running.add(child);
  let complaint = "";
  child.stderr.on("data", (chunk) => (complaint = (complaint + chunk).slice(-2000)));
  const waiting = new Map();
  const gone = (reason) => {
    running.delete(child);
    for (const { reject } of waiting.values()) reject(reason);
    waiting.clear();
  };
  child.on("exit", (code, signal) => gone(new Error(`${script} ${args.join(" ")} ended (${signal ?? code}): ${firstFault(complaint)}`)));
  child.on("message", ({ id, value, fault }) => {
    const { resolve, reject } = waiting.get(id) ?? {};
    waiting.delete(id);
    if (fault === undefined) resolve?.(value);
    else reject?.(new Error(fault));
  });
  let last = 0;
  const call = (name, ...rest) =>
    new Promise((resolve, reject) => {
      const id = ++last;
      waiting.set(id, { resolve, reject });
      child.send({ id, name, rest }, (fault) => fault && gone(fault));
    });
  const stop = () =>
    new Promise((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) return resolve();
      child.once("exit", resolve);
      child.kill("SIGKILL");
    });
  try {
    await call("ready");
  } catch (fault) {
    await stop();
    throw fault;
  }
  return { call, stop };
}

/** The line of a stack trace with the error message. */
function firstFault(text) {
  return (
    text
      .split("\n")
      .find((line) => /^\w*(Error|Exception)\b/.test(line.trim()))
      ?.trim() ?? text.trim().split("\n").at(-1)
  );
}

/** The child's side: answers each message with the result of the function of that name. */
export function answer(functions) {
  const all = { ready: () => true, ...functions };
  process.on("message", async ({ id, name, rest }) => {
    try {
      process.send({ id, value: await all[name](...rest) });
    } catch (fault) {
      process.send({ id, fault: fault.stack ?? String(fault) });
    }
  });
}
