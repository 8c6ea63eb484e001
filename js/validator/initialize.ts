import type { WasmInput } from "../wasm/error.js";
import { isWasm } from "../wasm/load.js";
import { startAgentCore } from "./agent-core.js";
import { startValidator } from "./core.js";

/** The two parts of the core that pages use. */
export interface ValidatorWasm {
  /** `agent-registrar/validator.wasm`: everything but ids and responses needs this one alone. */
  readonly validator?: WasmInput | undefined;
  /** `agent-registrar/agent.wasm`: for `buildAgentResponse`, `generatePfid`, `isPfid` and `parsePfid`. */
  readonly agent?: WasmInput | undefined;
}

/**
 * Hands the WebAssembly in, which `agent-registrar/slim` has not: a `WebAssembly.Module`, or the bytes as an `ArrayBuffer` or
 * a view of one. Of two calls for the same part the first counts.
 *
 * Throws a `TypeError` for anything else, and a `WasmLoadError` where the runtime refuses it.
 */
export function initializeWasm({ validator, agent }: ValidatorWasm): void {
  if (validator !== undefined) startValidator(checked("validator", validator));
  if (agent !== undefined) startAgentCore(checked("agent", agent));
}

function checked(name: string, wasm: WasmInput): WebAssembly.Module | BufferSource {
  if (!isWasm(wasm)) throw new TypeError(`${name}: must be a WebAssembly.Module or its bytes`);
  return wasm;
}
