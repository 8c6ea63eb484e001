/**
 * A `.wasm` file of this package, imported as a module: by Workers runtimes, by Next's edge runtime, and by bundlers with a
 * plugin. Pass it to `initializeWasm` of `agent-registrar/slim`, or to `createRegistrar({ wasm })`.
 *
 * @module
 */

/** A `WebAssembly.Module`, without the name of the DOM library. */
export interface WasmModule {}

declare const module: WasmModule;
export default module;
