/**
 * The registrar as a server on `node:http`.
 *
 * @module
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isLogFormat, LOG_RULE, type LogFormat } from "../service/log.js";
import { moduleOf } from "../service/module.js";
import { attempt, clock as clockOf, isObject, isToken, refuseUnknown, type RegistrarOptions, TOKEN_RULE } from "../service/options.js";
import { createRegistrarWith, type MemoryRegistrar, type Registrar, type RegistrarDefaults } from "../service/registrar.js";
import { hex } from "../values/values.js";
import { TestClock } from "./clock.js";
import { Bodies } from "./bodies.js";
import { Connections } from "./connections.js";
import { HttpHandler } from "./handler.js";
import { TestHooks } from "./hooks.js";
import { HOST_NAME_RULE, HostNames, isHostName, isLoopback } from "./loopback.js";
import { refuseMalformed, sendRaw } from "./malformed.js";
import { checkedNetwork, type NetworkOptions } from "./network.js";
import { requestClass } from "./pipeline.js";
import { MetricsServer } from "./metrics-server.js";
import { TokenCheck } from "./operator.js";
import { PageLink } from "./page-link.js";
import { hasPage } from "./static.js";
import { ReadingTurns } from "./turns.js";
import { watchOf } from "./watching.js";

export type { LogFormat } from "../service/log.js";
export type * from "../service/types.js";
export type { NetworkOptions } from "./network.js";

/** How often Node looks for heads and requests that take too long, in milliseconds. */
const CHECK_MS = 1_000;

/** Where to listen and what to offer besides the API. */
export interface ServeOptions extends RegistrarOptions {
  /** 8787 by default; 0 chooses a free port. */
  readonly port?: number | undefined;
  /** The address to listen on. The default, `127.0.0.1`, cannot be reached from other machines. */
  readonly host?: string | undefined;
  /**
   * Serves the default ids and tokens to the page, at `GET /_registrar/defaults` [ours]. For development: only browsers
   * that reach the server by a loopback name get them. On any other host, and in a bundle, which has no page, it is a `TypeError`.
   *
   * `"link"` works on any host: {@link RunningServer.pageUrl} carries a code in its fragment, which the page exchanges for the
   * token of the default account, once.
   */
  readonly page?: boolean | "link" | undefined;
  /**
   * Offers `/_registrar/reset`, `snapshot`, `restore`, `faults` and `clock` [ours]: without a token on a loopback host, elsewhere with
   * {@link testHooksToken} alone.
   */
  readonly testHooks?: boolean | undefined;
  /** The token of the test hooks. By default, none on a loopback host, and a random one elsewhere: {@link RunningServer.testHooksToken}. [ours] */
  readonly testHooksToken?: string | undefined;
  /**
   * Names under which browsers may reach the test hooks, the page's ids and tokens, and the metrics of a loopback host, besides
   * `localhost` and addresses. Other names are refused, because anybody can let a name resolve to this machine. [ours]
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /**
   * How long requests in flight may take to finish once the server closes, in milliseconds; then their connections are cut.
   * Default 5,000. [ours]
   */
  readonly gracePeriod?: number | undefined;
  /** How much memory and time the connections of clients may take. [ours] */
  readonly network?: NetworkOptions | undefined;
  /**
   * A log on standard error: one line for each request, `"json"` for programs or `"text"` for people. By default `"off"`: only causes of
   * statuses of 500 and above are told. [ours]
   */
  readonly log?: LogFormat | undefined;
  /** Adds the header `Server-Timing` to answers: how long a request took, and how much of it rules and records. Off by default. [ours] */
  readonly serverTiming?: boolean | undefined;
  /**
   * Serves `GET /metrics` on a port of its own of the same host, to everybody who reaches it; 0 chooses a free one. Without it, the server's own
   * port has them for the `operatorToken`, if there is one. [ours]
   */
  readonly metricsPort?: number | undefined;
  /** Closes the server on SIGINT and SIGTERM; a second signal ends the process at once. Off by default, because programs handle signals themselves. */
  readonly signals?: boolean | undefined;
}

/** A running server. */
export interface RunningServer {
  /** The base URL, such as `http://127.0.0.1:8787`, without a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** The address of the page; with a one-time code if the option `page` is `"link"`. `undefined`: there is no page. */
  readonly pageUrl: string | undefined;
  /** The default ids and tokens. */
  readonly defaults: RegistrarDefaults;
  readonly registrar: Registrar;
  /** The token of the test hooks, if they need one. */
  readonly testHooksToken: string | undefined;
  /** The port of {@link ServeOptions.metricsPort}, if it is set. */
  readonly metricsPort: number | undefined;
  /**
   * Closes the server. Connections without a request in flight end at once, the others after their answers, or after
   * {@link ServeOptions.gracePeriod}. Safe to call again.
   */
  close(): Promise<void>;
  /** Settles once the server is closed, for any reason. */
  readonly closed: Promise<void>;
}

/**
 * Starts a server. If the address is not available, it rejects with an `Error` that has a message of one line and the
 * system's `code`.
 *
 * ```ts
 * import { serve } from "agent-registrar/node";
 *
 * const server = await serve({ port: 0 });
 * console.log(server.url, server.defaults.token);
 * await server.close();
 * ```
 */
export async function serve(options: ServeOptions = {}): Promise<RunningServer> {
  const { own, registrarOptions } = checkedServeOptions(options);
  const { port, host, gracePeriod, page, testHooks, signals, log, serverTiming, metricsPort, network } = own;
  const names = new HostNames(own.allowedHosts);
  const module = moduleOf(options);
  let hooks: TestHooks | undefined;
  let registrar: MemoryRegistrar;
  if (testHooks) {
    const clock = new TestClock(clockOf(options.now));
    registrar = createRegistrarWith(module, { ...registrarOptions, now: () => clock.now() });
    hooks = new TestHooks(registrar, clock, names);
  } else registrar = createRegistrarWith(module, registrarOptions);
  const { watch, metrics } = watchOf(registrar, { log, serverTiming, metricsPort, operatorToken: options.operatorToken });

  // Requests that Node would refuse itself get the API's error body, too.
  const turns = new ReadingTurns(() => connections.arrivals);
  const server: Server = createServer({
    IncomingMessage: requestClass((request) => connections.isFull(request), turns),
    requireHostHeader: false,
    headersTimeout: Math.min(network.headTimeout, network.requestTimeout),
    requestTimeout: network.requestTimeout,
    connectionsCheckingInterval: CHECK_MS,
  });
  // Also for bodies and answers that do not move: see `Connections`.
  server.timeout = network.stallTimeout;
  const connections = new Connections(server, network, turns);
  const bodies = new Bodies(network);
  let isLocal = isLoopback(host);
  const link = page === "link" && registrar.defaults.token !== null ? new PageLink() : undefined;
  // Set before anything is received.
  const hooksToken = testHooks ? (own.testHooksToken ?? (isLocal ? undefined : randomToken())) : undefined;
  if (hooks !== undefined && hooksToken !== undefined) hooks.token = new TokenCheck(hooksToken);
  const handler = new HttpHandler(registrar, connections, bodies, { hooks, names, tellsDefaults: page === true, link, watch });
  for (const event of ["request", "checkContinue"]) {
    server.on(event, (request: IncomingMessage, response: ServerResponse) => handler.receive(request, response));
  }
  server.on("clientError", (error, socket) => refuseMalformed(registrar, connections, error, socket, watch));
  server.on("checkExpectation", (request, response) => {
    handler.refuse(request, response, 417, "The header Expect names something that this service does not support. Leave it out.");
  });
  server.on("connect", (request, socket) => {
    connections.takeOver(socket);
    const answer = registrar.handle("CONNECT", request.url ?? "", request.headers);
    watch?.refused(answer, socket);
    connections.afterAnswers(socket, () => sendRaw(connections, socket, answer));
  });
  const metricsServer =
    metricsPort === undefined ? undefined : new MetricsServer(registrar, metrics, (host) => !isLocal || names.allows(host));
  try {
    await listen(server, port, host, network.connections);
    if (metricsServer !== undefined) await listen(metricsServer.server, metricsPort as number, host, network.connections);
  } catch (cause) {
    server.close();
    registrar.close();
    throw cause;
  }
  const address = server.address() as AddressInfo;
  // A name of this machine may be one of its loopback addresses.
  isLocal ||= isLoopback(address.address);
  const testHooksToken = isLocal ? own.testHooksToken : hooksToken;
  if (testHooksToken === undefined && hooks !== undefined) hooks.token = undefined;

  let closing: Promise<void> | undefined;
  const closed = once(server, "close").then(() => {
    metricsServer?.close();
    watch?.close();
    registrar.close();
  });
  const close = (): Promise<void> => {
    if (closing === undefined) {
      closing = closed;
      connections.stop(server, gracePeriod);
    }
    return closing;
  };
  if (page === true && !isLocal) {
    await close();
    throw new TypeError(PAGE_RULE);
  }
  if (signals) stopOnSignals(close, closed);
  const url = addressUrl(address);
  const pageUrl = hasPage() ? (link?.address(url) ?? `${url}/`) : undefined;
  return {
    url,
    port: address.port,
    pageUrl,
    defaults: registrar.defaults,
    registrar,
    testHooksToken,
    metricsPort: metricsServer?.port,
    close,
    closed,
  };
}

const PAGE_RULE = "page: needs a loopback host such as 127.0.0.1; on any other address everybody could read the tokens";

const OWN_OPTIONS = [
  ...["port", "host", "gracePeriod", "page", "testHooks", "testHooksToken", "allowedHosts", "signals"],
  ...["log", "serverTiming", "metricsPort", "network"],
];

/** The options with their defaults. Throws a `TypeError` that names an invalid one; the registrar checks its own. */
function checkedServeOptions(options: ServeOptions) {
  if (!isObject(options)) throw new TypeError("options: must be an object");
  const {
    port = 8787,
    host = "127.0.0.1",
    gracePeriod = 5_000,
    page = false,
    testHooks = false,
    signals = false,
    network,
    log = "off",
    serverTiming = false,
    metricsPort,
    testHooksToken,
    allowedHosts = [],
    ...registrarOptions
  } = attempt("options", () => ({ ...options }));
  refuseUnknown(registrarOptions, OWN_OPTIONS);
  if (!isWhole(port, 65_535)) throw new TypeError("port: must be a whole number from 0 to 65535");
  if (metricsPort !== undefined && !isWhole(metricsPort, 65_535)) {
    throw new TypeError("metricsPort: must be a whole number from 0 to 65535");
  }
  if (!isLogFormat(log)) throw new TypeError(`log: ${LOG_RULE}`);
  // Node takes an empty host for all addresses.
  if (typeof host !== "string" || host === "") throw new TypeError("host: must be a host name or an address");
  // Timers take 31 bits.
  if (!isWhole(gracePeriod, 2 ** 31 - 1)) throw new TypeError("gracePeriod: must be a whole number of milliseconds from 0 to 2147483647");
  for (const [name, value] of Object.entries({ page: page === "link" || page, testHooks, signals, serverTiming })) {
    if (typeof value !== "boolean") throw new TypeError(`${name}: must be a boolean${name === "page" ? ' or "link"' : ""}`);
  }
  if (page && !hasPage()) {
    throw new TypeError(
      "page: the folder www is not next to this module, as in a bundle; leave the option out, or do not bundle this module",
    );
  }
  if (testHooksToken !== undefined && !(testHooks && typeof testHooksToken === "string" && isToken(testHooksToken))) {
    throw new TypeError(`testHooksToken: ${testHooks ? TOKEN_RULE : "needs testHooks"}`);
  }
  if (!Array.isArray(allowedHosts)) throw new TypeError("allowedHosts: must be an array");
  allowedHosts.forEach((name, index) => {
    if (!isHostName(name)) throw new TypeError(`allowedHosts[${index}]: ${HOST_NAME_RULE}`);
  });
  return {
    own: {
      port,
      host,
      gracePeriod,
      page,
      testHooks,
      testHooksToken,
      allowedHosts,
      signals,
      log,
      serverTiming,
      metricsPort,
      network: checkedNetwork(network),
    },
    registrarOptions,
  };
}

function randomToken(): string {
  return `registrar_hooks_${hex(crypto.getRandomValues(new Uint8Array(16)))}`;
}

function isWhole(value: unknown, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
}

function listen(server: Server, port: number, host: string, backlog: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      reject(Object.assign(new Error(listenMessage(error, port, host), { cause: error }), { code: error.code }));
    };
    server.once("error", fail);
    server.listen({ port, host, backlog }, () => {
      server.off("error", fail);
      resolve();
    });
  });
}

function listenMessage(error: NodeJS.ErrnoException, port: number, host: string): string {
  switch (error.code) {
    case "EADDRINUSE":
      return `port ${port} on ${host} is taken: choose another one, or 0 for any that is free`;
    case "EACCES":
      return `port ${port} on ${host} is not permitted to this user: choose one from 1024 on`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `${host} is not an address of this machine`;
    default:
      return `cannot listen on ${host} port ${port}: ${error.message}`;
  }
}

function addressUrl({ address, family, port }: AddressInfo): string {
  // Not every system can connect to the unspecified address.
  if (address === "0.0.0.0" || address === "::") return `http://127.0.0.1:${port}`;
  return family === "IPv6" ? `http://[${address}]:${port}` : `http://${address}:${port}`;
}

function stopOnSignals(close: () => Promise<void>, closed: Promise<void>): void {
  const stop = (): void => {
    // A second signal ends the process, as it would without this handler.
    forget();
    void close();
  };
  const forget = (): void => {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  void closed.then(forget);
}
