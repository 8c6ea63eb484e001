import embedded from "wasm:service";
import { compile, isWasm } from "../wasm/load.js";
import { sourceOptions } from "./options.js";

let compiled: WebAssembly.Module | undefined;

/** The service's module: the given one, or that of this package, compiled at the first call. Throws a `WasmLoadError`. */
export function serviceModule(wasm?: unknown): WebAssembly.Module {
  if (wasm === undefined) return (compiled ??= compile(embedded));
  if (!isWasm(wasm)) throw new TypeError("wasm: must be a WebAssembly.Module or its bytes");
  return compile(wasm);
}

/** The module for these options, which are not checked yet; `undefined` if a store brings its own. */
export function moduleOf(options: unknown): WebAssembly.Module | undefined {
  const { store, wasm } = sourceOptions(options);
  return store === undefined ? serviceModule(wasm) : undefined;
}
