import { bytesOf, tagOf } from "../values/values.js";
import { WasmLoadError } from "./error.js";

/** The embedded WebAssembly: the bytes as hexadecimal digits, a module, or nothing if the caller provides it. */
export type EmbeddedWasm = string | WebAssembly.Module | undefined;

/**
 * Compiles synchronously, without fetching anything. Throws a `WasmLoadError` that names the cause and the remedy.
 */
export function compile(source: EmbeddedWasm | BufferSource): WebAssembly.Module {
  if (typeof WebAssembly === "undefined") {
    // Hermes has no WebAssembly, and browsers disable it in lockdown modes.
    throw new WasmLoadError("no_webassembly", "this runtime has no WebAssembly. Call this package in one that has, such as on a server.");
  }
  if (source === undefined) {
    throw new WasmLoadError(
      "not_initialized",
      "hand in the WebAssembly first: initializeWasm({ validator, agent }) or createRegistrar({ wasm }).",
    );
  }
  try {
    return isModule(source) ? source : new WebAssembly.Module(typeof source === "string" ? decode(source) : source);
  } catch (cause) {
    throw explained(cause);
  }
}

/** Turns the engine's exception into an error with a remedy. Each engine words a policy violation differently. */
export function explained(cause: unknown): WasmLoadError {
  const text = String(cause);
  return /unsafe-eval|CSP|Content.Security/i.test(text)
    ? new WasmLoadError(
        "blocked_by_policy",
        "the Content-Security-Policy forbids WebAssembly. Add 'wasm-unsafe-eval' to its script-src.",
        cause,
      )
    : new WasmLoadError(
        "refused",
        `this runtime refused the WebAssembly (${text}). If it compiles no bytes, bundle with the condition "workerd" or "edge-light"; if you handed bytes in, they are not those of a .wasm file.`,
        cause,
      );
}

/** For a module that is another one, or of another version. */
export function wrongModule(name: string): WasmLoadError {
  return new WasmLoadError("refused", `the WebAssembly that was handed in is not the ${name} of this version of the package.`);
}

/** By tag, not by `instanceof`: the module may be of another realm, such as a test runner's. */
function isModule(value: unknown): value is WebAssembly.Module {
  return tagOf(value) === "[object WebAssembly.Module]";
}

/** Whether a value is a `WasmInput`. */
export function isWasm(value: unknown): value is WebAssembly.Module | BufferSource {
  return isModule(value) || bytesOf(value) !== undefined;
}

/**
 * Hexadecimal digits, because gzip compresses them to a quarter less than base64: equal byte sequences stay equal texts. The
 * white space around them keeps them on a line of their own.
 */
function decode(text: string): Uint8Array<ArrayBuffer> {
  const digits = text.trim();
  // PERF(start): 1 ms instead of 8 for the service, before V8 has compiled the loop below. Not the bare name, for which some
  // bundlers add a polyfill.
  const { Buffer } = globalThis as { Buffer?: { from?(text: string, encoding: "hex"): Uint8Array<ArrayBuffer> } };
  if (Buffer?.from !== undefined) return Buffer.from(digits, "hex");
  const bytes = new Uint8Array(digits.length / 2);
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = (digitAt(digits, 2 * index) << 4) | digitAt(digits, 2 * index + 1);
  }
  return bytes;
}

function digitAt(digits: string, index: number): number {
  const code = digits.charCodeAt(index);
  // `0` to `9`, or `a` to `f`.
  return code < 58 ? code - 48 : code - 87;
}
