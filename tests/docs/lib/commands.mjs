// What stands in for a command of a document in the tests: the packed tarball for the package's name, pinned versions of
// others, free ports, and without a network the packages of this repository.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { at } from "../../../scripts/lib.mjs";
import { startWorker, executeSql } from "./worker.mjs";

/** The lock files that pin what documents install; versions.json has what no other test needs. */
const LOCKS = ["package-lock.json", "tests/forms/package-lock.json"];

const versions = JSON.parse(readFileSync(at("tests", "docs", "versions.json"), "utf8"));
let pins;
/** The version of a package that this repository tests with. */
function pinned(name) {
  pins ??= Object.assign({}, ...LOCKS.map((path) => JSON.parse(readFileSync(at(path), "utf8")).packages).reverse());
  const version = versions[name] ?? pins[`node_modules/${name}`]?.version;
  if (version === undefined) throw new Error(`nothing pins ${name}: add it to tests/docs/versions.json`);
  return version;
}

const OURS = /^agent-registrar$|agent-registrar-\d[\w.]*\.tgz$/;

/** `npm install …`: the words that name packages. */
const packagesOf = (words) => words.filter((word) => !word.startsWith("-"));

/** A command line of a document as it is run. */
async function asLine(session, line) {
  const [, install] = /^npm (?:install|i)\b(.*)$/.exec(line) ?? [];
  if (install !== undefined) return installed(session, install.trim().split(/\s+/).filter(Boolean));
  const [, database, file] = /^npx wrangler d1 execute (\S+) .*--file[ =](\S+)$/.exec(line) ?? [];
  if (database !== undefined && !session.full) {
    await executeSql(session, database, file);
    return ":";
  }
  return session.withPorts(line.replace("npm create --yes vite@latest", `npm create --yes vite@${versions["create-vite"]}`));
}

async function installed(session, words) {
  const names = packagesOf(words);
  const manifest = JSON.parse(readFileSync(session.path("package.json"), "utf8"));
  // An example's own dependencies: the tarball stands for the version that it names.
  const all = { ...manifest.dependencies, ...manifest.devDependencies };
  const chosen = names.length > 0 ? names : Object.keys(all);
  const { tarball } = session.workshop;
  if (session.full || chosen.every((name) => OURS.test(name))) {
    const flags = words.filter((word) => word.startsWith("-"));
    const wanted = names.map((name) => (OURS.test(name) ? tarball : `${name}@${pinned(name)}`));
    const ours = names.length === 0 && "agent-registrar" in all ? [tarball] : [];
    const network = session.full ? "--prefer-offline" : "--offline";
    // What npm says about its work is no output that a document promises.
    return ["npm install", network, "--no-audit", "--no-fund", ...flags, ...wanted, ...ours, ">/dev/null"].join(" ");
  }
  for (const name of chosen) {
    if (OURS.test(name)) await session.link("agent-registrar", join(session.workshop.folder, "own"));
    else await session.link(name, at());
  }
  return ":";
}

/** The lines of a block as they are run. */
export async function asTested(session, code) {
  const lines = [];
  for (const line of code.split("\n")) lines.push(await asLine(session, line));
  return lines.join("\n");
}

/** `--port PORT`, unless the line has one already. */
const portFlag = (line, port) => (line.includes("--port ") ? "" : ` --port ${port}`);

/** The flags of wrangler: a port of its own for its debugger, and no keys on the terminal. */
const WRANGLER = (inspector) => ` --inspector-port ${inspector} --show-interactive-dev-session=false`;

/** How the port is said to the programs that serve. */
const SERVERS = [
  [/^(npx )?agent-registrar( serve)?\b/, (line, port) => line + portFlag(line, port)],
  [/^npx wrangler dev\b/, (line, port, inspector) => line + portFlag(line, port) + WRANGLER(inspector)],
  [/^npm run (dev|api)\b/, (line, port, inspector, manifest) => `${line} --${flagsOf(manifest, line, port, inspector)}`],
];

/** The flags of the program behind `npm run dev`. */
function flagsOf(manifest, line, port, inspector) {
  const script = manifest.scripts[line.split(" ")[2]];
  if (script.startsWith("wrangler")) return portFlag(line, port) + WRANGLER(inspector);
  return portFlag(line, port) + (script.startsWith("vite") ? " --strictPort" : "");
}

/** The line that starts a server, or undefined where something stands in for it. */
export async function startedAs(session, line, port, inspector) {
  const manifest = JSON.parse(readFileSync(session.path("package.json"), "utf8"));
  const script = manifest.scripts?.[/^npm run (\S+)$/.exec(line)?.[1]] ?? line;
  if (/^(npx )?wrangler dev\b/.test(script) && !session.full) {
    session.onEnd(await startWorker(session, port));
    return undefined;
  }
  const [, started] = SERVERS.find(([pattern]) => pattern.test(line)) ?? [];
  if (started === undefined) throw new Error(`tests/docs/lib/commands.mjs does not know how to give a port to: ${line}`);
  return started(session.withPorts(line), port, inspector, manifest);
}
