/**
 * `agent-registrar/service` without the bytes of its WebAssembly: the option `wasm` provides them.
 *
 * @module
 */
import type { WasmInput } from "../wasm/error.js";
import { createRegistrar as create } from "./index.js";
import type { Registrar, RegistrarOptions } from "./types.js";

export { WasmLoadError, type WasmLoadReason } from "../wasm/error.js";
export type * from "./types.js";

/** As `createRegistrar` of `agent-registrar/service`. */
export const createRegistrar: (options: RegistrarOptions & { readonly wasm: WasmInput }) => Registrar = create;
