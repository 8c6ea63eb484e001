#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { UsageError, type Wish } from "./arguments.js";
import { printable } from "./output.js";

/** A command: does its work, or returns the text of its help. Sets `process.exitCode`. */
type Command = (args: readonly string[], version: string) => Promise<Wish | undefined>;

/** Each command is loaded when it runs: only `serve` needs the service. */
const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ["serve", async () => (await import("./serve.js")).serveCommand],
  ["validate", async () => (await import("./validate.js")).validateCommand],
  ["token", async () => (await import("./token.js")).tokenCommand],
  ["account", async () => (await import("./account.js")).accountCommand],
  ["export", async () => (await import("./export.js")).exportCommand],
  ["import", async () => (await import("./import.js")).importCommand],
  ["backup", async () => (await import("./backup.js")).backupCommand],
  ["pfid", async () => (await import("./pfid.js")).pfidCommand],
]);

const USAGE = `agent-registrar: the agent API of Prefactor on this machine

Usage: agent-registrar [serve] [options]            answers the API, and shows a page to try it
       agent-registrar validate [FILE…] [options]   checks bodies of requests
       agent-registrar token create|list|revoke     manages API tokens in a file of 'serve --db'
       agent-registrar account create|list          manages accounts in such a file
       agent-registrar backup --db FILE --to COPY   copies such a file, also while a server has it
       agent-registrar export --db FILE|--from URL  writes all records as lines of JSON
       agent-registrar import --db FILE|--to URL    takes the records of an export
       agent-registrar pfid generate [options]      makes ids
       agent-registrar pfid parse ID…               takes ids apart

  -h, --help     prints this, or the help of a command: agent-registrar serve --help
  -v, --version  prints the version

Exit status: 0 done, 1 something is not valid, 2 usage, or a file that cannot be read.
`;

function readVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  return manifest.version;
}

/** The command that runs, for the hint after a usage error. */
let running = "";

async function main(args: readonly string[]): Promise<void> {
  const [first = "serve", ...rest] = args;
  // `help pfid generate` is the help of pfid.
  if (first === "help") return main([...rest.slice(0, 1), "--help"]);
  const version = readVersion();
  let wish: Wish | undefined;
  if (first === "--help" || first === "-h") wish = { help: USAGE };
  else {
    const isNamed = COMMANDS.has(first);
    if (!isNamed && !first.startsWith("-")) {
      throw new UsageError(`unknown command '${first}'; there are ${[...COMMANDS.keys()].join(", ")}`);
    }
    const name = isNamed ? first : "serve";
    running = `${name} `;
    const command = await COMMANDS.get(name)?.();
    wish = await command?.(isNamed ? rest : args, version);
  }
  if (wish !== undefined) process.stdout.write("help" in wish ? wish.help : `${version}\n`);
}

/** A reader that needs no more, such as `head`, closes the pipe. That is no error. */
function endQuietly(stream: NodeJS.WriteStream): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit();
    process.stderr.write(`agent-registrar: cannot write: ${error.message}\n`);
    process.exit(2);
  });
}

endQuietly(process.stdout);
endQuietly(process.stderr);
try {
  await main(process.argv.slice(2));
} catch (cause) {
  const message = cause instanceof Error ? cause.message : String(cause);
  const hint = cause instanceof UsageError ? ` (see agent-registrar ${running}--help)` : "";
  process.stderr.write(`agent-registrar: ${printable(message)}${hint}\n`);
  process.exitCode = 2;
}
