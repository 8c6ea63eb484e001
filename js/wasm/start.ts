import { compile, type EmbeddedWasm, explained } from "./load.js";

/** What both seams for pages export besides their functions. */
interface Seam {
  readonly memory: WebAssembly.Memory;
  scratch(): number;
}

/** One of the two parts of the core that pages use, once it runs. */
export interface Started<Exports> {
  readonly core: Exports;
  /**
   * Memory from the scratch buffer on. It stays valid: the core allocates nothing, so its memory never grows.
   */
  readonly scratch: Uint8Array<ArrayBuffer>;
}

/** Compiles and starts it. Numbers alone cross, so there is nothing to import. */
export function start<Exports extends Seam>(source: EmbeddedWasm | BufferSource): Started<Exports> {
  const module = compile(source);
  let core: Exports;
  try {
    core = new WebAssembly.Instance(module).exports as unknown as Exports;
  } catch (cause) {
    throw explained(cause);
  }
  return { core, scratch: new Uint8Array(core.memory.buffer as ArrayBuffer, core.scratch()) };
}
