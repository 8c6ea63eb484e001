/**
 * A compiled `WebAssembly.Module`, or the bytes of one. Typed as `object`, so that the typings compile without the DOM library;
 * checked at run time.
 */
export type WasmInput = object;

/** The reasons why the WebAssembly could not be loaded. */
export type WasmLoadReason = "no_webassembly" | "blocked_by_policy" | "refused" | "not_initialized";

/**
 * Thrown by the first call that needs the WebAssembly, if the runtime cannot load it. The message names the cause and the
 * remedy. It does not depend on the input; a later call tries again.
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
