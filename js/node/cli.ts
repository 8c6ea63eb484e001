#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { createRegistrar } from "../service/index.js";
import { isOrigin, isToken, ORIGIN_RULE, TOKEN_RULE } from "../service/options.js";
import { type RunningServer, serve, type ServeOptions, type TokenOptions } from "./index.js";

const USAGE = `agent-registrar: the agent API, answered on this machine from memory

Usage: agent-registrar [serve] [options]

  --port PORT                the port to listen on (default 8787; 0 for any that is free)
  --host HOST                the address to listen on (default 127.0.0.1)
  --token TOKEN              a token of the account's scope (default: a random one)
  --environment-token TOKEN  a token of the environment's scope (default: a random one)
  --cors ORIGIN              an origin whose pages may call, such as http://localhost:5173; may be repeated
  --seed TEXT                makes what is random in ids, and tokens that are not given, the same in each run (for tests: they can be guessed)
  --page                     tells the page at / its ids and tokens (for development; loopback addresses only)
  --test-hooks               offers /_registrar/reset, snapshot, restore, faults and clock
  --help                     prints this
  --version                  prints the version
`;

/** A usage error, printed as one line. */
class UsageError extends Error {}

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  return manifest.version;
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        port: { type: "string" },
        host: { type: "string" },
        db: { type: "string" },
        token: { type: "string" },
        "environment-token": { type: "string" },
        cors: { type: "string", multiple: true },
        seed: { type: "string" },
        page: { type: "boolean" },
        "test-hooks": { type: "boolean" },
        help: { type: "boolean", short: "h" },
        version: { type: "boolean", short: "v" },
      },
    });
  } catch (cause) {
    // Node's messages explain its parser after the first sentence, which names the mistake.
    const [first = ""] = cause instanceof Error ? cause.message.split(/\.\s|\n/) : [];
    throw new UsageError(first.replace(/\.$/, ""));
  }
}

function readOptions(): ServeOptions | string {
  const { values, positionals } = readArguments();
  if (values.help) return USAGE;
  if (values.version) return `${version()}\n`;
  const [command = "serve", ...rest] = positionals;
  if (command !== "serve") throw new UsageError(`unknown command '${command}'; there is only 'serve'`);
  if (rest.length > 0) throw new UsageError(`unexpected argument '${rest[0]}'`);
  if (values.db !== undefined) {
    throw new UsageError("--db is not supported by this version: it holds everything in memory. Leave it out");
  }
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(/^\d+$/.test(values.port ?? "") && port <= 65535)) {
    throw new UsageError("--port must be a whole number from 0 to 65535");
  }
  for (const name of ["host", "token", "environment-token"] as const) {
    if (values[name] === "") throw new UsageError(`--${name} must not be empty`);
  }
  for (const name of ["token", "environment-token"] as const) {
    if (!isToken(values[name] ?? "none")) throw new UsageError(`--${name} ${TOKEN_RULE}`);
  }
  for (const origin of values.cors ?? []) {
    if (!isOrigin(origin)) throw new UsageError(`--cors ${ORIGIN_RULE}, not '${origin}'`);
  }
  const { page, host, cors, seed } = values;
  return {
    port,
    host,
    cors,
    seed,
    page,
    testHooks: values["test-hooks"],
    signals: true,
    tokens: tokens(seed, values.token, values["environment-token"]),
  };
}

/** One token for each scope, if any token was given. */
function tokens(seed?: string, account?: string, environment?: string): readonly TokenOptions[] | undefined {
  if (account === undefined && environment === undefined) return undefined;
  if (account === environment) throw new UsageError("--token and --environment-token must differ");
  // The other one is the default token of the same seed.
  const { defaults } = createRegistrar({ seed });
  return [
    { token: account ?? (defaults.token as string) },
    { token: environment ?? (defaults.environment_token as string), environment_id: defaults.environment_id },
  ];
}

/** One argument for a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function greeting({ url, defaults }: RunningServer): string {
  const body = JSON.stringify({ details: { name: "My first agent", environment_id: defaults.environment_id } });
  const curl = [
    `curl ${url}/api/v1/agent`,
    `-H ${quoted(`Authorization: Bearer ${defaults.token}`)}`,
    `-H 'Content-Type: application/json'`,
    `-d ${quoted(body)}`,
  ];
  return `agent-registrar ${version()} answers at ${url}

  account            ${defaults.account_id}
  environment        ${defaults.environment_id}
  account token      ${defaults.token}
  environment token  ${defaults.environment_token}

Create an agent:

  ${curl.join(" ")}

Everything is kept in memory and gone when this ends (Ctrl+C).
`;
}

try {
  const options = readOptions();
  process.stdout.write(typeof options === "string" ? options : greeting(await serve(options)));
} catch (cause) {
  const message = cause instanceof Error ? cause.message : String(cause);
  const hint = cause instanceof UsageError ? " (see agent-registrar --help)" : "";
  process.stderr.write(`agent-registrar: ${message}${hint}\n`);
  process.exitCode = 2;
}
