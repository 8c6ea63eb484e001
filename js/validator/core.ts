// The seam to the Rust core (src/wasm/validator.rs): numbers both ways, texts through its scratch buffer.
import module from "#validator-wasm";
import type { InitOutput } from "../../build/validator/validator.js";
import { memory, start } from "./start.js";

/** The functions that validate. */
export const core = /* @__PURE__ */ start<InitOutput>(module);

/** Memory from the scratch buffer on. It stays valid: the core allocates nothing, so its memory never grows. */
export const scratch = /* @__PURE__ */ memory(core);

const encoder = /* @__PURE__ */ new TextEncoder();

/** Writes a text into the scratch buffer and answers how many bytes it takes. */
export function put(text: string): number {
  return encoder.encodeInto(text, scratch).written;
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
    const memory = new Uint8Array(core.memory.buffer, core.words());
    const text = new TextDecoder().decode(memory.subarray(0, memory.indexOf(0)));
    table = text.split("\n").map((line) => line.split("\t"));
  }
  return table;
}
