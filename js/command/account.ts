import { readArguments, refusePositionals, runSubcommand, UsageError, type Wish } from "./arguments.js";
import { Output, printable } from "./output.js";
import { withRecords } from "./records.js";

const USAGE = `agent-registrar account: the accounts in a file

Usage: agent-registrar account create --db FILE --name TEXT [options]
       agent-registrar account list --db FILE [options]

While a server has the file, ask that server, with the operator's token: POST /api/v1/account, GET /api/v1/account.

  --db FILE       the file of 'serve --db' (needs Node 22.13)
  --name TEXT     create: its name
  --id ID         create: its id, of a partition that no account has (default: a random one)
  --json          one JSON object a line

create shows the account's first token, which is not kept and cannot be shown again. If the server has the option secret, it must
be in the environment variable AGENT_REGISTRAR_SECRET.

  -h, --help      prints this
  -v, --version   prints the version

Exit status: 0 done, 2 usage, refused, or a file that cannot be used.
`;

const COMMON = { db: { type: "string" }, json: { type: "boolean" } } as const;

/** `account create` and `account list`. */
export function accountCommand(args: readonly string[]): Promise<Wish | undefined> {
  return runSubcommand("account", args, { usage: USAGE, subcommands: { create, list }, options: COMMON });
}

function create(args: readonly string[]): Wish | undefined {
  const { values, positionals } = readArguments(args, { ...COMMON, name: { type: "string" }, id: { type: "string" } });
  if (values.help) return { help: USAGE };
  if (values.version) return { version: true };
  refusePositionals(positionals);
  if (values.name === undefined) throw new UsageError("--name is needed");
  withRecords(values.db, "operator", "POST /api/v1/account with the operator's token", (records) => {
    const { details, token } = records.send("POST", "/api/v1/account", { details: { name: values.name, id: values.id } });
    const output = new Output(process.stdout);
    const text = `${output.colour("strong", String(details["id"]))}\n  name         ${printable(String(details["name"]))}\n  token        ${token}\n\nThe token is not shown again.\n`;
    output.write(values.json ? `${JSON.stringify({ ...details, token })}\n` : text);
  });
  return undefined;
}

function list(args: readonly string[]): Wish | undefined {
  const { values, positionals } = readArguments(args, COMMON);
  if (values.help) return { help: USAGE };
  if (values.version) return { version: true };
  refusePositionals(positionals);
  withRecords(values.db, "operator", "GET /api/v1/account with the operator's token", (records) => {
    const output = new Output(process.stdout);
    for (const account of records.list("/api/v1/account")) {
      output.write(values.json ? `${JSON.stringify(account)}\n` : `${account["id"]}  ${printable(String(account["name"]))}\n`);
    }
  });
  return undefined;
}
