// Runs apps, two at a time, and collects one result per environment.
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { mkdir, rm } from "node:fs/promises";
import { duration, say } from "../../../scripts/lib.mjs";
import { App, appEnvironment } from "./app.mjs";
import { limiter, pinned, Skipped } from "./packages.mjs";
import { noBrowser } from "./site.mjs";

/** How long a whole app may take, its installing apart. */
const APP_LIMIT_MS = 8 * 60_000;

/** One environment: a part of an app, under the name that people select it by. */
export function environmentsOf(app) {
  return Object.entries(app.parts).map(([part, definition]) => ({
    app,
    name: part === "" ? app.name : `${app.name}-${part}`,
    version: app.tool === undefined ? (app.version ?? "") : pinned(app.family, app.tool),
    tags: [...(app.tags ?? []), ...(definition.tags ?? [])],
    needed: "nothing",
    ...definition,
  }));
}

/** Which Node runs an app: the one that its tool demands, otherwise the one that runs this. */
const nodeFor = (workshop, app) => (app.node === undefined ? process.execPath : workshop.nodeOf(app.node));

async function withLimit(work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${APP_LIMIT_MS / 1000} s`)), APP_LIMIT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Runs one environment and gives its outcome. */
async function outcomeOf(environment, app) {
  if (environment.browser === true && noBrowser() !== null) return { outcome: "skipped", why: noBrowser() };
  try {
    await withLimit(environment.test(app));
    return { outcome: "passed" };
  } catch (error) {
    if (error instanceof Skipped) return { outcome: "skipped", why: error.message };
    return { outcome: "failed", why: error.message };
  }
}

/** Makes the app and runs its chosen environments one after another; `tell` hears each result. */
async function runApp(workshop, definition, environments, tell) {
  // Two apps may share a name where their environments belong together.
  const key = definition.key ?? definition.name;
  let app;
  let broken;
  try {
    const node = await nodeFor(workshop, definition);
    const folder = await workshop.makeApp(definition.family, key);
    const home = join(workshop.folder, "homes", key);
    await mkdir(home, { recursive: true });
    app = new App({ workshop, name: key, folder, node, env: appEnvironment(home, node) });
    await definition.prepare?.(app);
  } catch (error) {
    broken = { outcome: error instanceof Skipped ? "skipped" : "failed", why: error.message };
  }
  for (const environment of environments) {
    const began = Date.now();
    const result = broken ?? (await outcomeOf(environment, app));
    await app?.close();
    tell({ ...environment, ...result, took: Date.now() - began });
  }
  if (app !== undefined) await rm(app.folder, { recursive: true, force: true, maxRetries: 3 });
}

/** Says a result: a line, and the reason where there is one. */
function sayResult({ name, what, version, outcome, took, why }) {
  const label = version === "" ? what : `${what} (${version})`;
  say(`${outcome.padEnd(7)}  ${name.padEnd(30)} ${label}, ${duration(took)}`);
  if (why !== undefined)
    say(
      why
        .split("\n")
        .map((line) => `           ${line}`)
        .join("\n"),
    );
}

/** Runs environments; resolves to their results in the order given. */
export async function runEnvironments(workshop, environments) {
  const results = new Map();
  const byApp = grouped(environments);
  const left = new Map();
  for (const app of byApp.keys()) left.set(app.family, (left.get(app.family) ?? 0) + 1);
  // Installing waits for the network, running for the processor: they overlap. A failure is reported by the app.
  for (const family of left.keys()) workshop.install(family).catch(() => {});
  const one = limiter(Math.max(2, availableParallelism()));
  const run = async ([app, chosen]) => {
    await workshop.install(app.family).catch(() => {});
    await one(() =>
      runApp(workshop, app, chosen, (result) => {
        results.set(result.name, result);
        sayResult(result);
      }),
    );
    left.set(app.family, left.get(app.family) - 1);
    if (left.get(app.family) === 0 && !isNode(app.family)) await workshop.uninstall(app.family);
  };
  await Promise.all([...byApp].map(run));
  return environments.map(({ name }) => results.get(name));
}

/** A Node of another version serves other apps as well, to the end. */
const isNode = (family) => family.startsWith("node-");

/** Environments by their app. `Map.groupBy` is not in Node 20. */
function grouped(environments) {
  const groups = new Map();
  for (const environment of environments) {
    const group = groups.get(environment.app);
    if (group === undefined) groups.set(environment.app, [environment]);
    else group.push(environment);
  }
  return groups;
}
