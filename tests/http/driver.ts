/**
 * The requirements of the HTTP table on a home of the service (Node, workerd, a Service Worker, or the bare `fetch` of
 * `createRegistrar()`). A driver starts the service with exactly this account list and these tokens. The table never
 * assumes an empty registrar, so one running service can answer all of it.
 */
export interface Driver {
  /** Shown in the test's name: `"node"`, `"workerd"`, … */
  readonly name: string;
  /** Starts the service with {@link options}. */
  start(): Promise<Service>;
  /** The features of requests that do not reach this home, because the client in front of it refuses or rewrites them. */
  readonly lacks?: readonly Trait[];
  /** Which third of most sections a slow home runs; absent: all rows. `TESTS=full` runs all. */
  readonly sample?: 0 | 1 | 2;
  /** Names of rows that take too long here. */
  readonly omits?: readonly string[];
}

/**
 * - `bare-path`: a request target that a URL parser would normalise (`//`, raw brackets, `%zz`) arrives as written
 * - `no-content-type`: a body can be sent without any `Content-Type`
 * - `head`: HEAD requests arrive as HEAD
 * - `preflight`: OPTIONS with `Origin` and `Access-Control-Request-*` arrives at the service
 * - `origin`: an `Origin` header can be chosen
 * - `odd-method`: methods outside GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH arrive at the service
 * - `whole-host`: paths outside `/api/v1/` arrive at the service
 */
export type Trait = "bare-path" | "no-content-type" | "head" | "preflight" | "origin" | "odd-method" | "whole-host";

export interface Service {
  /** `target` is a path with its query, as it goes on the wire: `/api/v1/agent?x=y`. */
  fetch(target: string, init: Init): Promise<Response>;
  stop(): Promise<void>;
}

export interface Init {
  method: string;
  headers: Record<string, string>;
  /** Absent: no body at all. */
  body?: Uint8Array<ArrayBuffer>;
}

/**
 * The accounts and credentials of the table. The first account and its environment are the registrar's
 * defaults; the other account has another partition.
 */
export const world = {
  account: "013xrzp12g3nqk8nyt0q8s8a1vd3p7wk",
  environment: "013xrzp12g3nqk8nzxvq7jm2arsfg5h1",
  accountToken: "account-token-for-the-table",
  environmentToken: "environment-token-for-the-table",
  otherAccount: "013xrzp12g181qm0yt0q8s8a1vd3p7wk",
  otherEnvironment: "013xrzp12g181qm0zxvq7jm2arsfg5h1",
  otherToken: "other-account-token-for-the-table",
  operatorToken: "operator-token-for-the-table",
  /** The one origin that the deployment allows. */
  origin: "https://console.example",
} as const;

/** {@link world} as options of `createRegistrar`, `serve` and the other homes. */
export const options = {
  accounts: [
    { id: world.account, name: "First", environments: [{ id: world.environment, name: "Production" }] },
    { id: world.otherAccount, name: "Second", environments: [{ id: world.otherEnvironment, name: "Production" }] },
  ],
  tokens: [
    { token: world.accountToken, account_id: world.account },
    { token: world.environmentToken, account_id: world.account, environment_id: world.environment },
    { token: world.otherToken, account_id: world.otherAccount },
  ],
  cors: [world.origin],
  operatorToken: world.operatorToken,
};
