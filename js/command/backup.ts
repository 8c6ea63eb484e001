import { existsSync } from "node:fs";
import { backUp } from "../sqlite/backup.js";
import { readArguments, refusePositionals, UsageError, type Wish } from "./arguments.js";

const USAGE = `agent-registrar backup: a copy of a file, also while a server has it

Usage: agent-registrar backup --db FILE --to COPY

  --db FILE      the file of 'serve --db' (needs Node 22.13)
  --to COPY      the copy, which must not exist
  -h, --help     prints this
  -v, --version  prints the version

The copy has the state of one moment, with everything in it: also the digests of tokens, and the secret that signs them. It is checked
before it gets its name. 'agent-registrar serve --db COPY' serves it.

Exit status: 0 done, 2 usage, or a file that cannot be read or written.
`;

/** `backup`. */
export async function backupCommand(args: readonly string[]): Promise<Wish | undefined> {
  const { values, positionals } = readArguments(args, { db: { type: "string" }, to: { type: "string" } });
  if (values.help) return { help: USAGE };
  if (values.version) return { version: true };
  refusePositionals(positionals);
  const { db: file, to: copy } = values;
  if (file === undefined || copy === undefined) throw new UsageError("--db and --to are needed");
  if (!existsSync(file)) throw new UsageError(`${file} does not exist`);
  if (existsSync(copy)) throw new UsageError(`${copy} exists; name a file that does not`);
  const { bytes, accounts } = backUp(file, copy);
  process.stderr.write(
    `${copy} has ${accounts} ${accounts === 1 ? "account" : "accounts"}, ${bytes.toLocaleString("en")} bytes, and is whole\n`,
  );
  return undefined;
}
