import { readArguments, refusePositionals, runSubcommand, UsageError, type Wish } from "./arguments.js";
import { Output, printable } from "./output.js";
import { type ApiObject, withRecords } from "./records.js";

const USAGE = `agent-registrar token: the API tokens in a file

Usage: agent-registrar token create --db FILE [options]
       agent-registrar token list --db FILE [options]
       agent-registrar token revoke --db FILE ID… [options]

While a server has the file, ask that server: POST /api/v1/api_token, and so on.

  --db FILE             the file of 'serve --db' (needs Node 22.13)
  --account ID          the account (needed if the file has several)
  --environment ID      create: for this environment alone (default: for all of the account)
  --name TEXT           create: a name
  --expires-at TIME     create: when it expires, such as 2027-01-01T00:00:00Z (default: never)
  --json                one JSON object a line

create shows the token, which is not kept and cannot be shown again. If the server has the option secret, it must be in the
environment variable AGENT_REGISTRAR_SECRET.

  -h, --help            prints this
  -v, --version         prints the version

Exit status: 0 done, 2 usage, refused, or a file that cannot be used.
`;

const COMMON = { db: { type: "string" }, account: { type: "string" }, json: { type: "boolean" } } as const;
const CREATE = { ...COMMON, environment: { type: "string" }, name: { type: "string" }, "expires-at": { type: "string" } } as const;

/** `token create`, `token list` and `token revoke`. */
export function tokenCommand(args: readonly string[]): Promise<Wish | undefined> {
  return runSubcommand("token", args, { usage: USAGE, subcommands: { create, list, revoke }, options: COMMON });
}

function create(args: readonly string[]): Wish | undefined {
  const { values, positionals } = readArguments(args, CREATE);
  if (values.help) return { help: USAGE };
  if (values.version) return { version: true };
  refusePositionals(positionals);
  withRecords(values.db, values.account, "POST /api/v1/api_token with a token of the account", (records) => {
    const { details, token } = records.send("POST", "/api/v1/api_token", {
      details: {
        token_scope: values.environment === undefined ? "account" : "environment",
        environment_id: values.environment,
        name: values.name,
        expires_at: values["expires-at"],
      },
    });
    const output = new Output(process.stdout);
    const text = `${output.colour("strong", token as string)}\n  id           ${details["id"]}\n  for          ${scopeOf(details)}\n  expires      ${details["expires_at"] ?? "never"}\n\nIt is not shown again.\n`;
    output.write(values.json ? `${JSON.stringify({ ...details, token })}\n` : text);
  });
  return undefined;
}

function list(args: readonly string[]): Wish | undefined {
  const { values, positionals } = readArguments(args, COMMON);
  if (values.help) return { help: USAGE };
  if (values.version) return { version: true };
  refusePositionals(positionals);
  withRecords(values.db, values.account, "GET /api/v1/api_token with a token of the account", (records) => {
    const output = new Output(process.stdout);
    for (const token of records.list("/api/v1/api_token")) output.write(values.json ? `${JSON.stringify(token)}\n` : line(token));
  });
  return undefined;
}

function revoke(args: readonly string[]): Wish | undefined {
  const { values, positionals } = readArguments(args, COMMON);
  if (values.help) return { help: USAGE };
  if (values.version) return { version: true };
  if (positionals.length === 0) throw new UsageError("token revoke needs the ids of tokens");
  withRecords(values.db, values.account, "POST /api/v1/api_token/ID/revoke with a token of the account", (records) => {
    const output = new Output(process.stdout);
    for (const id of positionals) {
      const { details } = records.send("POST", `/api/v1/api_token/${encodeURIComponent(id)}/revoke`);
      output.write(values.json ? `${JSON.stringify(details)}\n` : line(details));
    }
  });
  return undefined;
}

function scopeOf(token: ApiObject): string {
  return token["environment_id"] === null ? `account ${token["account_id"]}` : `environment ${token["environment_id"]}`;
}

function line(token: ApiObject): string {
  const name = typeof token["name"] === "string" ? `  ${printable(token["name"])}` : "";
  return `${token["id"]}  ${String(token["status"]).padEnd(9)}  ${scopeOf(token)}${name}\n`;
}
