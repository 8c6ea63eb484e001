// The part of the core that makes ids and tells an agent's status. By itself, so that bundlers leave it out of a page that
// only validates.
import embedded from "wasm:agent";
import type { InitOutput } from "../../build/agent/agent.js";
import { type Started, start } from "../wasm/start.js";

let started: Started<InitOutput> | undefined;

/** Its functions and its scratch buffer, from the first call on. Throws a `WasmLoadError`. */
export function agentCore(): Started<InitOutput> {
  return (started ??= start(embedded));
}

/** Starts it from what the caller hands in, unless it has started: ids must not fall back. */
export function startAgentCore(source: WebAssembly.Module | BufferSource): void {
  started ??= start(source);
}
