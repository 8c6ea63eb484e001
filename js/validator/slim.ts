/**
 * `agent-registrar` without the bytes of its WebAssembly: {@link initializeWasm} provides them.
 *
 * @module
 */
export * from "./index.js";
export { initializeWasm, type ValidatorWasm } from "./initialize.js";
export type { WasmInput } from "../wasm/error.js";
