/**
 * The `.wasm` files of this package, as a module: Workers runtimes and Next's edge runtime import them so, and bundlers do
 * with a plugin. Hand it to `initializeWasm` of `agent-registrar/slim`, or to `createRegistrar({ wasm })`.
 *
 * @module
 */

/** A `WebAssembly.Module`, without the name of the DOM library. */
export interface WasmModule {}

declare const module: WasmModule;
export default module;
