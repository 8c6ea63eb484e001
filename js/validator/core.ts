// The JavaScript half of the validator's binding. The Rust half is wasm/src/validator.rs; wasm/src/buffer.rs draws the
// memory that both share.
import embedded from "wasm:validator";
import type { InitOutput } from "../../build/validator/validator.js";
import { SLOTS } from "../generated/rules.js";
import { type Started, start } from "../wasm/start.js";
import { writeUtf8 } from "../wasm/utf8.js";

interface Validator extends Started<InitOutput> {
  /** For each slot the kind of its value, and where its text ends in UTF-16 code units. */
  readonly header: Uint32Array;
}

let started: Validator | undefined;

/** The functions that validate and their memory, from the first call on. Throws a `WasmLoadError`. */
export function validator(): Validator {
  if (started === undefined) startValidator(embedded);
  return started as Validator;
}

/** Starts it from the caller's WebAssembly, unless it has started. */
export function startValidator(source: Parameters<typeof start>[0]): void {
  if (started !== undefined) return;
  const { core, scratch } = start<InitOutput>(source, "validator.wasm", "check_body");
  started = { core, scratch, header: new Uint32Array(core.memory.buffer, core.header(), 2 * SLOTS) };
}

/** Writes a text to the beginning of the scratch buffer and returns the number of its bytes. */
export function put(text: string): number {
  return writeUtf8(text, validator().scratch);
}

/** Whether a string has no lone surrogate. */
export function isWellFormed(text: string): boolean {
  // Engines older than 2024 don't have the method.
  return (text as { isWellFormed?(): boolean }).isWellFormed?.() ?? !/\p{Cs}/u.test(text);
}
