import type { WasmInput } from "../wasm/error.js";
import { isWasm } from "../wasm/load.js";
import { startAgentCore } from "./agent-core.js";
import { startValidator } from "./core.js";
import { optionsOf } from "./member.js";

/** The WebAssembly of the two parts of the core that pages use. */
export interface ValidatorWasm {
  /** `agent-registrar/validator.wasm`: for everything but ids and responses. */
  readonly validator?: WasmInput | undefined;
  /** `agent-registrar/agent.wasm`: for `buildAgentResponse`, `generatePfid`, `isPfid` and `parsePfid`. */
  readonly agent?: WasmInput | undefined;
}

/**
 * Provides the WebAssembly, which `agent-registrar/slim` does not contain: a `WebAssembly.Module`, or the bytes as an
 * `ArrayBuffer` or a view of one. Only the first call for a part counts.
 *
 * Throws a `TypeError` for any other value, and a `WasmLoadError` if the runtime refuses it.
 */
export function initializeWasm(wasm: ValidatorWasm): void {
  const { validator, agent } = optionsOf(wasm, ["validator", "agent"]);
  if (validator !== undefined) startValidator(checked("validator", validator));
  if (agent !== undefined) startAgentCore(checked("agent", agent));
}

function checked(name: string, wasm: unknown): WebAssembly.Module | BufferSource {
  if (!isWasm(wasm)) throw new TypeError(`${name}: must be a WebAssembly.Module or its bytes`);
  return wasm;
}
