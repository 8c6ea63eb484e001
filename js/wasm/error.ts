/**
 * A compiled `WebAssembly.Module`, or the bytes of one. Written without the names of the DOM library, so that the typings
 * compile without it; it is checked at run time.
 */
export type WasmInput = object;

/** Why the WebAssembly could not be loaded. */
export type WasmLoadReason = "no_webassembly" | "blocked_by_policy" | "refused" | "not_initialized";

/**
 * The first call of a function that needs the WebAssembly throws this where the runtime cannot load it. The message names
 * the cause and the remedy. It says nothing about the input: a later call tries again.
 *
 * The entries of this package are bundled one by one, so compare `name`, not the class, across entries.
 */
export class WasmLoadError extends Error {
  declare readonly reason: WasmLoadReason;

  /** @internal */
  constructor(reason: WasmLoadReason, message: string, cause?: unknown) {
    super(`agent-registrar: ${message}`, cause === undefined ? cause : { cause });
    this.name = "WasmLoadError";
    this.reason = reason;
  }
}
