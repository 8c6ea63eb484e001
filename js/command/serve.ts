import { createRegistrar } from "../service/index.js";
import { isLogFormat, LOG_RULE } from "../service/log.js";
import { isOrigin, isToken, ORIGIN_RULE, TOKEN_RULE } from "../service/options.js";
import { type RunningServer, serve, type ServeOptions, type TokenOptions } from "../node/index.js";
import { HOST_NAME_RULE, isHostName, isLoopback } from "../node/loopback.js";
import { LEAST_BYTES } from "../node/network.js";
import { hasPage } from "../node/static.js";
import { LIMIT_OPTIONS, LIMIT_USAGE, limitsGiven } from "./limits.js";
import { readArguments, UsageError, wholeNumber, type Wish } from "./arguments.js";
import { Output } from "./output.js";

const USAGE = `agent-registrar serve: the agent API, answered on this machine

Usage: agent-registrar [serve] [options]

  --port PORT                the port to listen on (default 8787; 0 for any that is free)
  --host HOST                the address to listen on (default 127.0.0.1)
  --db FILE                  keep everything in this SQLite file, made if it does not exist (default: in memory; needs Node 22.13)
  --token TOKEN              a token of the account's scope (default: a random one; with --db, that of the first start)
  --environment-token TOKEN  a token of the environment's scope (default: likewise)
  --cors ORIGIN              an origin whose pages may call, such as http://localhost:5173, or '*'; may be repeated
  --seed TEXT                makes what is random in ids, and tokens that are not given, the same in each run (for tests: they can be guessed)
  --page, --no-page          whether the page at / is told ids and tokens, so that it opens connected; --page on loopback addresses
                             only (default there, unless a token is given); elsewhere the printed address of the page connects it once
  --test-hooks               offers /_registrar/reset, snapshot, restore, faults and clock; with a token of their own where the host is no
                             loopback one
  --test-hooks-token TOKEN   that token (default: a random one, which is printed)
  --allowed-host NAME        a name under which browsers may reach the test hooks, the page's tokens and the metrics, besides localhost
                             and addresses; may be repeated
  --max-connections N        the most connections at once (default 4096); the longest idle one is closed for another one
  --max-body-bytes N         the most bytes of request bodies in memory (default 67108864); beyond, requests get 503 and Retry-After
  --max-answer-bytes N       the most bytes of answers that clients have not taken (default 67108864)
  --grace-period MS          how long requests in flight may take once the server stops (default 5000); a second signal ends it at once
${LIMIT_USAGE}
  --log json|text|off        a line for each request on standard error (default: text on a terminal, otherwise off)
  --server-timing            adds the header Server-Timing to answers
  --metrics-port PORT        serves /metrics for Prometheus on this port, without a token (0 for any that is free)
  --operator-token TOKEN     the operator's token: makes, lists, exports and imports accounts, and reads /metrics on the server's own port
                             (default: the environment variable AGENT_REGISTRAR_OPERATOR_TOKEN)
  -h, --help                 prints this
  -v, --version              prints the version
`;

const OPTIONS = {
  port: { type: "string" },
  host: { type: "string" },
  db: { type: "string" },
  token: { type: "string" },
  "environment-token": { type: "string" },
  cors: { type: "string", multiple: true },
  seed: { type: "string" },
  page: { type: "boolean" },
  "no-page": { type: "boolean" },
  "test-hooks": { type: "boolean" },
  "test-hooks-token": { type: "string" },
  "allowed-host": { type: "string", multiple: true },
  "grace-period": { type: "string" },
  ...LIMIT_OPTIONS,
  "max-connections": { type: "string" },
  "max-body-bytes": { type: "string" },
  "max-answer-bytes": { type: "string" },
  log: { type: "string" },
  "server-timing": { type: "boolean" },
  "metrics-port": { type: "string" },
  "operator-token": { type: "string" },
} as const;

/** Starts the server and prints the next steps for a new user. */
export async function serveCommand(args: readonly string[], version: string): Promise<Wish | undefined> {
  const { values, positionals } = readArguments(args, OPTIONS);
  if (values.help) return { help: USAGE };
  if (values.version) return { version: true };
  // Also after the options, because it is the command without a name.
  const [unexpected] = positionals[0] === "serve" ? positionals.slice(1) : positionals;
  if (unexpected !== undefined) throw new UsageError(`unexpected argument '${unexpected}'; a command comes first, before its options`);
  const { token, "environment-token": environmentToken, host, cors, seed } = values;
  checkTokens(token, environmentToken);
  for (const origin of cors ?? []) {
    if (!isOrigin(origin)) throw new UsageError(`--cors ${ORIGIN_RULE}, not '${origin}'`);
  }
  for (const name of values["allowed-host"] ?? []) {
    if (!isHostName(name)) throw new UsageError(`--allowed-host ${HOST_NAME_RULE}`);
  }
  const hooksToken = values["test-hooks-token"];
  if (hooksToken !== undefined && !values["test-hooks"]) throw new UsageError("--test-hooks-token needs --test-hooks");
  if (hooksToken !== undefined && !isToken(hooksToken)) throw new UsageError(`--test-hooks-token ${TOKEN_RULE}`);
  const server = await serve({
    port: wholeNumber("port", values.port, 0, 65_535),
    host,
    cors,
    seed,
    page: tellsPage(values, host) || linksPage(values),
    testHooks: values["test-hooks"],
    testHooksToken: values["test-hooks-token"],
    allowedHosts: values["allowed-host"],
    gracePeriod: wholeNumber("grace-period", values["grace-period"], 0, 2 ** 31 - 1),
    signals: true,
    limits: limitsGiven(values),
    network: {
      connections: wholeNumber("max-connections", values["max-connections"], 1, 1_000_000),
      bodyBytes: wholeNumber("max-body-bytes", values["max-body-bytes"], LEAST_BYTES, Number.MAX_SAFE_INTEGER),
      answerBytes: wholeNumber("max-answer-bytes", values["max-answer-bytes"], LEAST_BYTES, Number.MAX_SAFE_INTEGER),
    },
    ...watching(values),
    ...(await records(values.db, { seed, account: token, environment: environmentToken })),
  });
  const output = new Output(process.stdout);
  output.write(greeting(server, version, { isConnected: tellsPage(values, host), file: values.db }, output));
  // A closed standard output must not end the server.
  process.stdout.removeAllListeners("error").on("error", () => undefined);
  return undefined;
}

interface WatchingWish {
  readonly log?: string | undefined;
  readonly "server-timing"?: boolean | undefined;
  readonly "metrics-port"?: string | undefined;
  readonly "operator-token"?: string | undefined;
}

/** The options about watching. By default there is a log if somebody sees it [ours]. */
function watching(wish: WatchingWish): Pick<ServeOptions, "log" | "serverTiming" | "metricsPort" | "operatorToken"> {
  const { log = process.stderr.isTTY ? "text" : "off" } = wish;
  const operatorToken = wish["operator-token"] ?? (process.env["AGENT_REGISTRAR_OPERATOR_TOKEN"] || undefined);
  if (!isLogFormat(log)) throw new UsageError(`--log ${LOG_RULE}`);
  if (operatorToken !== undefined && !isToken(operatorToken)) throw new UsageError(`--operator-token ${TOKEN_RULE}`);
  const metricsPort = wholeNumber("metrics-port", wish["metrics-port"], 0, 65_535);
  return { log, serverTiming: wish["server-timing"], metricsPort, operatorToken };
}

function checkTokens(account: string | undefined, environment: string | undefined): void {
  for (const [name, token] of [
    ["token", account],
    ["environment-token", environment],
  ] as const) {
    if (token !== undefined && !isToken(token)) throw new UsageError(`--${name} ${TOKEN_RULE}`);
  }
  if (account !== undefined && account === environment) throw new UsageError("--token and --environment-token must differ");
}

interface PageWish {
  readonly page?: boolean | undefined;
  readonly "no-page"?: boolean | undefined;
  readonly token?: string | undefined;
  readonly "environment-token"?: string | undefined;
}

/**
 * Whether the page gets ids and tokens. By default on loopback, unless a token was given [ours]: such a server may be
 * behind a proxy, which makes every client look local.
 */
function tellsPage(wish: PageWish, host = "127.0.0.1"): boolean {
  if (wish.page && wish["no-page"]) throw new UsageError("--page and --no-page exclude each other; give one");
  if (wish.page && !isLoopback(host)) {
    throw new UsageError(`--page works on a loopback address only, such as 127.0.0.1: on '${host}' it would tell everybody the tokens`);
  }
  const isByDefault = wish.token === undefined && wish["environment-token"] === undefined && isLoopback(host) && hasPage();
  return wish.page ?? (isByDefault && !wish["no-page"]);
}

/** Whether the printed address of the page carries a one-time code. A server behind a proxy prints it for its operator alone. */
function linksPage(wish: PageWish): "link" | false {
  return !wish["no-page"] && hasPage() ? "link" : false;
}

interface GivenTokens {
  readonly seed: string | undefined;
  readonly account: string | undefined;
  readonly environment: string | undefined;
}

/** The store and the tokens. */
async function records(file: string | undefined, given: GivenTokens): Promise<Pick<ServeOptions, "store" | "tokens">> {
  if (file === undefined) return { tokens: tokens(given) };
  if (file === "") throw new UsageError("--db must not be empty");
  // Loaded only here, because it has a core of its own.
  const { sqliteStoreWith } = await import("../sqlite/index.js");
  return { store: sqliteStoreWith(file, undefined, given) };
}

/** One token for each scope, if any token was given. */
function tokens({ seed, account, environment }: GivenTokens): readonly TokenOptions[] | undefined {
  if (account === undefined && environment === undefined) return undefined;
  // The other one is the default token of the same seed.
  const { defaults } = createRegistrar({ seed });
  return [
    { token: account ?? (defaults.token as string) },
    { token: environment ?? (defaults.environment_token as string), environment_id: defaults.environment_id },
  ];
}

function metricsUrl(url: string, port: number): string {
  const address = new URL("/metrics", url);
  address.port = String(port);
  return address.href;
}

/** One argument for a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Only the digests of tokens are stored. */
const OF_FIRST_START = "(that of the first start, which is not shown again)";

interface Surroundings {
  readonly isConnected: boolean;
  readonly file: string | undefined;
}

function greeting(
  { url, pageUrl, defaults, metricsPort, testHooksToken }: RunningServer,
  version: string,
  { isConnected, file }: Surroundings,
  output: Output,
): string {
  const body = JSON.stringify({ details: { name: "My first agent", environment_id: defaults.environment_id } });
  const curl = [
    `curl ${url}/api/v1/agent`,
    `-H ${quoted(`Authorization: Bearer ${defaults.token ?? "TOKEN"}`)}`,
    `-H 'Content-Type: application/json'`,
    `-d ${quoted(body)}`,
  ];
  const opens = isConnected ? "opens connected" : pageUrl?.includes("#") ? "opens connected, once" : "asks for a token";
  const page = pageUrl === undefined ? "" : `  page               ${pageUrl} (${opens})\n`;
  return `${output.colour("strong", `agent-registrar ${version}`)} answers at ${url}

${page}  account            ${defaults.account_id}
  environment        ${defaults.environment_id}
  account token      ${defaults.token ?? OF_FIRST_START}
  environment token  ${defaults.environment_token ?? OF_FIRST_START}
${testHooksToken === undefined ? "" : `  test hooks token   ${testHooksToken}\n`}${metricsPort === undefined ? "" : `  metrics            ${metricsUrl(url, metricsPort)}\n`}
Create an agent:

  ${curl.join(" ")}

${file === undefined ? "Everything is kept in memory and gone when this ends (Ctrl+C)." : `Everything is kept in ${file}. Ctrl+C ends this.`}
`;
}
