/**
 * The registrar as a Cloudflare Worker: `export { default } from "agent-registrar/cloudflare"` is a whole worker.
 *
 * Its state is in memory [ours]: each isolate has its own and loses it when the platform ends the isolate. Use it for
 * previews and for tests in workerd.
 *
 * @module
 */
import { toResponse } from "../service/answer.js";
import { serviceModule } from "../service/module.js";
import type { PlatformRequest, PlatformResponse } from "../service/platform.js";
import { createRegistrarWith, type MemoryRegistrar, type Registrar } from "../service/registrar.js";
import { headersOf } from "../service/request.js";
import { type Environment, optionsOf } from "./variables.js";

export type { AccountOptions, EnvironmentOptions, TokenOptions, TokenScope } from "../service/options.js";
export type { Environment } from "./variables.js";

let registrar: Registrar | undefined;
/** Makes the error answers while the configuration is invalid. */
let refusing: MemoryRegistrar | undefined;

/** The worker. */
const worker = {
  async fetch(request: PlatformRequest, environment: Environment): Promise<PlatformResponse> {
    try {
      registrar ??= fromEnvironment(environment);
    } catch (cause) {
      // The reason goes to the log and not to the caller.
      refusing ??= createRegistrarWith(serviceModule(), { tokens: [] });
      const reason = `the worker's configuration is not acceptable: ${cause instanceof Error ? cause.message : String(cause)}`;
      return toResponse(refusing.unexpected(headersOf(request.headers), reason), request.method);
    }
    return registrar.fetch(request);
  },
};

export default worker;

function fromEnvironment(environment: Environment): Registrar {
  const options = optionsOf(environment);
  if (options.tokens?.length === 0) console.warn("agent-registrar: AGENT_REGISTRAR_TOKENS is not set; every request is refused");
  return createRegistrarWith(serviceModule(), options, { enforcesLength: true });
}
