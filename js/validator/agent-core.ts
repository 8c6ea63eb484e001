// The part of the core for ids, times and the status of agents. A module of its own, so that bundlers leave it out of a page
// that only validates.
import embedded from "wasm:agent";
import type { InitOutput } from "../../build/agent/agent.js";
import { type Started, start } from "../wasm/start.js";

let started: Started<InitOutput> | undefined;

/** Its functions and its scratch buffer (wasm/src/agent.rs), from the first call on. Throws a `WasmLoadError`. */
export function agentCore(): Started<InitOutput> {
  return (started ??= start(embedded, "agent.wasm", "parse_pfid"));
}

/** Starts it from the caller's WebAssembly, unless it has started: a second instance could repeat ids. */
export function startAgentCore(source: WebAssembly.Module | BufferSource): void {
  started ??= start(source, "agent.wasm", "parse_pfid");
}

/** Writes an ASCII text to the beginning of the scratch buffer. Returns false if the text is not ASCII. */
export function putAscii(text: string): boolean {
  const { scratch } = agentCore();
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) return false;
    scratch[index] = unit;
  }
  return true;
}

/** Reads an ASCII text of this length from the scratch buffer. */
export function asciiLeft(length: number): string {
  // PERF(answer): `apply` takes 3 µs less than a spread, which goes through the array's iterator.
  return String.fromCharCode.apply(null, agentCore().scratch.subarray(0, length) as unknown as number[]);
}
