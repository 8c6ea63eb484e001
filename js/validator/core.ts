// The JavaScript half of the validator's binding. The Rust half is wasm/src/validator.rs; wasm/src/buffer.rs draws the
// memory that both share.
import module from "#validator-wasm";
import type { InitOutput } from "../../build/validator/validator.js";
import { SLOTS } from "../generated/rules.js";
import { memory, start } from "./start.js";

/** The functions that validate. */
export const core = /* @__PURE__ */ start<InitOutput>(module);

/** Memory from the scratch buffer on. It stays valid: the core allocates nothing, so its memory never grows. */
const scratch = /* @__PURE__ */ memory(core);

/** The header: for each slot the kind of its value, and where its text ends in UTF-16 code units. */
export const header = /* @__PURE__ */ new Uint32Array(core.memory.buffer, core.header(), 2 * SLOTS);

const encoder = /* @__PURE__ */ new TextEncoder();

/** Writes a text to the beginning of the scratch buffer and returns the number of its bytes. */
export function put(text: string): number {
  return encoder.encodeInto(text, scratch).written;
}

/** Whether a string has no lone surrogate. */
export function isWellFormed(text: string): boolean {
  // Engines older than 2024 don't have the method.
  return (text as { isWellFormed?(): boolean }).isWellFormed?.() ?? !/\p{Cs}/u.test(text);
}
