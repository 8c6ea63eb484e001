/**
 * The registrar in memory: the whole agent API as one `fetch`, for tests, for your own servers, and for development
 * without a network.
 *
 * @module
 */
import { moduleOf } from "./module.js";
import type { RegistrarOptions } from "./options.js";
import { createRegistrarWith, type Registrar } from "./registrar.js";

export { WasmLoadError, type WasmLoadReason } from "../wasm/error.js";
export type * from "./types.js";

/**
 * Creates a registrar with its own state. Throws a `TypeError` that names the option if one is invalid, and a
 * {@link WasmLoadError} if the runtime cannot load WebAssembly.
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
  return createRegistrarWith(moduleOf(options), options);
}
