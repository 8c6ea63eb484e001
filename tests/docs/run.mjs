// Runs every code block of the documents that users read, from the packed package, as README.md beside this says.
//
//   node tests/docs/run.mjs                    the blocks that need no downloads
//   node tests/docs/run.mjs --full             all blocks
//   node tests/docs/run.mjs docs/forms.md …    the blocks of some documents
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { at, duration, fail, Failure, filesUnder, isMain, say } from "../../scripts/lib.mjs";
import { limiter, linkTree, openWorkshop } from "../environments/lib/packages.mjs";
import { killAll } from "../environments/lib/processes.mjs";
import { closeBrowser } from "../environments/lib/site.mjs";
import { blocksOf } from "./lib/markdown.mjs";
import { runBlock, unusedFiles } from "./lib/kinds.mjs";
import { readerEnvironment, Session } from "./lib/session.mjs";

/** The documents: those in the package, and the READMEs of folders to copy, where the reader is in a copy of the folder. */
const documents = () => [
  { path: "README.md" },
  ...readdirSync(at("docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => ({ path: `docs/${name}` })),
  { path: "worker/README.md", folder: "worker" },
  ...["hono-gateway", "react-form", "sdk-test"].map((name) => ({ path: `examples/${name}/README.md`, folder: `examples/${name}` })),
];

/** Runs a document; resolves to a count of each outcome, with `failures`. */
async function runDocument(session, { path, folder }) {
  const blocks = blocksOf(path, readFileSync(at(path), "utf8"));
  const counts = { ran: 0, full: 0, skipped: 0, failures: 0 };
  const report = (where, error) => {
    counts.failures++;
    say(`failed   ${where}\n${error.message.replace(/^/gm, "           ")}`);
  };
  for (const { where } of unusedFiles(blocks)) report(where, new Error("no other block uses this file"));
  const begin = async () => {
    await session.begin(path.replaceAll("/", "-"));
    if (folder === undefined) return;
    // As a reader copies it out of the installed package.
    session.cwd = join(session.folder, "copied");
    await cp(join(session.workshop.unpacked, folder), session.cwd, { recursive: true });
    for (const file of filesUnder([session.cwd])) writeFileSync(file, session.withPorts(readFileSync(file, "utf8")));
  };
  try {
    if (blocks.some(({ words }) => session.full || !("full" in words || "skip" in words || "by" in words))) await begin();
    for (const block of blocks) {
      if ("fresh" in block.words) {
        await session.close();
        await begin();
      }
      try {
        counts[await runBlock(session, block)]++;
      } catch (error) {
        report(block.where, error);
        // What follows in the same document builds on it.
        break;
      }
    }
  } finally {
    await session.close();
  }
  return counts;
}

async function main() {
  const args = process.argv.slice(2);
  const full = args.includes("--full");
  const named = args.filter((arg) => !arg.startsWith("--"));
  const all = documents();
  for (const name of named) if (!all.some(({ path }) => path === name)) throw new Failure(`${name} is no document that this tests`);
  const began = Date.now();
  const workshop = await openWorkshop(readerEnvironment(process.env.XDG_CONFIG_HOME ?? ""));
  const home = join(workshop.folder, "home");
  await mkdir(home, { recursive: true });
  await linkTree(workshop.unpacked, join(workshop.folder, "own", "node_modules", "agent-registrar"));
  const total = { ran: 0, full: 0, skipped: 0, failures: 0 };
  try {
    const oneOfTwo = limiter(2);
    const run = async (document) => {
      const start = Date.now();
      const counts = await runDocument(new Session({ workshop, home, full }), document);
      for (const key of Object.keys(total)) total[key] += counts[key];
      const { ran, full: left, skipped, failures } = counts;
      const rest = [left > 0 && `${left} for the full run`, skipped > 0 && `${skipped} not run`].filter(Boolean).join(", ");
      say(
        `${failures > 0 ? "failed " : "passed "}  ${document.path.padEnd(36)} ${ran} blocks${rest && `, ${rest}`}, ${duration(Date.now() - start)}`,
      );
    };
    const chosen = all.filter(({ path }) => named.length === 0 || named.includes(path));
    await Promise.all(chosen.map((document) => oneOfTwo(() => run(document))));
  } finally {
    await closeBrowser();
    killAll();
    await workshop.remove();
  }
  say(
    `\n${total.ran} blocks ran, ${total.full} are for the full run, ${total.skipped} cannot be run, ${total.failures} failed, in ${duration(Date.now() - began)}.`,
  );
  if (total.failures > 0) process.exitCode = 1;
}

if (isMain(import.meta)) await main().catch(fail);
