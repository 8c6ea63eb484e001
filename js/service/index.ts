/**
 * The registrar in memory: the whole of the agent API behind one `fetch`, for tests, for servers of one's own, and for
 * developing without a network.
 *
 * @module
 */
import { serviceModule } from "./module.js";
import type { RegistrarOptions } from "./options.js";
import { createRegistrarWith, type Registrar } from "./registrar.js";

export { WasmLoadError, type WasmLoadReason } from "../wasm/error.js";
export type * from "./types.js";

/**
 * Makes a registrar. Each has a state of its own. A mistake in the options throws a `TypeError` that names the option; a
 * runtime that cannot load WebAssembly throws a {@link WasmLoadError}.
 *
 * ```ts
 * import { createRegistrar } from "agent-registrar/service";
 *
 * const registrar = createRegistrar();
 * const { token, environment_id } = registrar.defaults;
 * const response = await registrar.fetch("/api/v1/agent", {
 *   method: "POST",
 *   headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
 *   body: JSON.stringify({ details: { name: "Invoice reader", environment_id } }),
 * });
 * ```
 */
export function createRegistrar(options?: RegistrarOptions): Registrar {
  return createRegistrarWith(serviceModule(options?.wasm), options);
}
