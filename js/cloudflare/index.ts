/**
 * The registrar as a Cloudflare Worker: `export { default } from "agent-registrar/cloudflare"` is a whole worker.
 *
 * Its state is in memory [ours]: each isolate has its own and loses it when the platform ends the isolate. Use it for
 * previews and for tests in workerd.
 *
 * @module
 */
import { ISOLATE_LIMITS } from "../service/limits.js";
import { serviceModule } from "../service/module.js";
import { createRegistrarWith, type Registrar } from "../service/registrar.js";
import { workerGuarantees } from "./bodies.js";
import { type Environment, logOf, optionsOf } from "./variables.js";
import { type Worker, workerOf } from "./worker.js";

export type { AccountOptions, EnvironmentOptions, LimitOptions, TokenOptions, TokenScope } from "../service/options.js";
export type { Environment } from "./variables.js";

/** The worker. */
const worker: Worker<Environment> = workerOf(fromEnvironment);

export default worker;

function fromEnvironment(environment: Environment): Registrar {
  const given = optionsOf(environment);
  const options = { ...given, limits: { ...ISOLATE_LIMITS, ...given.limits } };
  if (options.tokens?.length === 0) console.warn("agent-registrar: AGENT_REGISTRAR_TOKENS is not set; every request is refused");
  return createRegistrarWith(serviceModule(), options, { ...workerGuarantees(), log: logOf(environment) });
}
