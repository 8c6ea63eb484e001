// The seam to the Rust core (src/wasm/validator.rs): numbers both ways, texts through its scratch buffer.
import embedded from "wasm:validator";
import type { InitOutput } from "../../build/validator/validator.js";
import { type Started, start } from "../wasm/start.js";
import { writeUtf8 } from "../wasm/utf8.js";

let started: Started<InitOutput> | undefined;

/** The functions that validate and their scratch buffer, from the first call on. Throws a `WasmLoadError`. */
export function validator(): Started<InitOutput> {
  return (started ??= start(embedded));
}

/** Starts it from what the caller hands in, unless it has started. */
export function startValidator(source: WebAssembly.Module | BufferSource): void {
  started ??= start(source);
}

/** Writes a text into the scratch buffer and returns how many bytes it takes. */
export function put(text: string): number {
  return writeUtf8(text, validator().scratch);
}

/** Whether a string has no lone surrogate. */
export function isWellFormed(text: string): boolean {
  // Engines older than 2024 don't have the method.
  return (text as { isWellFormed?(): boolean }).isWellFormed?.() ?? !/\p{Cs}/u.test(text);
}

let table: readonly (readonly string[])[] | undefined;

/** The core's words: the status words and the message of all refusals, then a row per fault. */
export function words(): readonly (readonly string[])[] {
  if (table === undefined) {
    const { core } = validator();
    const memory = new Uint8Array(core.memory.buffer, core.words());
    // ASCII: needs no decoder, which test runners' page environments lack.
    const text = String.fromCharCode(...memory.subarray(0, memory.indexOf(0)));
    table = text.split("\n").map((line) => line.split("\t"));
  }
  return table;
}
