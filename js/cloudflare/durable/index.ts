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
import { toResponse } from "../../service/answer.js";
import { serviceModule } from "../../service/module.js";
import type { PlatformRequest, PlatformResponse } from "../../service/platform.js";
import { createRegistrarWith, type MemoryRegistrar } from "../../service/registrar.js";
import { headersOf } from "../../service/request.js";
import { Front } from "./front.js";
import type { DurableEnvironment } from "./variables.js";

export type { AccountOptions, EnvironmentOptions, TokenOptions, TokenScope } from "../../service/options.js";
export { AgentRegistrarAccount } from "./account.js";
export { AgentRegistrarDirectory } from "./directory.js";
export type { DurableEnvironment } from "./variables.js";

let front: Front | undefined;
/** Makes the error answers while the configuration is invalid. */
let refusing: MemoryRegistrar | undefined;

/** The worker. */
const worker = {
  async fetch(request: PlatformRequest, environment: DurableEnvironment): Promise<PlatformResponse> {
    try {
      front ??= new Front(environment);
    } catch (cause) {
      // The reason goes to the log and not to the caller.
      refusing ??= createRegistrarWith(serviceModule(), { tokens: [] });
      const reason = `the worker's configuration is not acceptable: ${cause instanceof Error ? cause.message : String(cause)}`;
      return toResponse(refusing.unexpected(headersOf(request.headers), reason), request.method);
    }
    return front.fetch(request);
  },
};

export default worker;
