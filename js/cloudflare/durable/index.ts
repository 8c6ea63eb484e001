/**
 * The registrar as a Cloudflare Worker with a Durable Object for each account: nothing that was acknowledged is lost.
 *
 * ```js
 * export { AgentRegistrarAccount, AgentRegistrarDirectory, default } from "agent-registrar/cloudflare/durable";
 * ```
 *
 * is a whole worker. Its configuration binds the classes: see `worker/wrangler.durable.jsonc` of this package.
 *
 * @module
 */
import { type Worker, workerOf } from "../worker.js";
import { Front } from "./front.js";
import type { DurableEnvironment } from "./variables.js";

export type { AccountOptions, EnvironmentOptions, TokenOptions, TokenScope } from "../../service/options.js";
export { AgentRegistrarAccount } from "./account.js";
export { AgentRegistrarDirectory } from "./directory.js";
export type { DurableEnvironment } from "./variables.js";

/** The worker. */
const worker: Worker<DurableEnvironment> = workerOf((environment) => new Front(environment));

export default worker;
