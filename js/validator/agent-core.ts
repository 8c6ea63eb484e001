// The part of the core that makes ids, reads times and tells an agent's status. By itself, so that bundlers leave it out of
// a page that only validates.
import embedded from "wasm:agent";
import type { InitOutput } from "../../build/agent/agent.js";
import { type Started, start } from "../wasm/start.js";

let started: Started<InitOutput> | undefined;

/** Its functions and its scratch buffer (wasm/src/agent.rs), from the first call on. Throws a `WasmLoadError`. */
export function agentCore(): Started<InitOutput> {
  return (started ??= start(embedded));
}

/** Starts it from what the caller hands in, unless it has started: ids must not fall back. */
export function startAgentCore(source: WebAssembly.Module | BufferSource): void {
  started ??= start(source);
}

/** Writes a text of ASCII to the beginning of the scratch buffer. False where it is not ASCII. */
export function putAscii(text: string): boolean {
  const { scratch } = agentCore();
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) return false;
    scratch[index] = unit;
  }
  return true;
}

/** The text of ASCII that the core left in the scratch buffer. */
export function asciiLeft(length: number): string {
  // PERF(answer): `apply` takes 3 µs less than a spread, which goes through the array's iterator.
  return String.fromCharCode.apply(null, agentCore().scratch.subarray(0, length) as unknown as number[]);
}
