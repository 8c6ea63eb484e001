import { compile, type EmbeddedWasm, explained, wrongModule } from "./load.js";

/** The exports of both bindings for pages, apart from their functions. */
interface PageBinding {
  readonly memory: WebAssembly.Memory;
  scratch(): number;
}

/** A started instance of one of the two parts of the core that pages use. */
export interface Started<Exports> {
  readonly core: Exports;
  /**
   * Memory from the scratch buffer on. It stays valid, because the core never allocates and its memory never grows.
   */
  readonly scratch: Uint8Array<ArrayBuffer>;
}

/**
 * Compiles and instantiates it. It imports nothing. `name` is that of its file, `required` a function that no other file exports.
 */
export function start<Exports extends PageBinding>(
  source: EmbeddedWasm | BufferSource,
  name: string,
  required: keyof Exports,
): Started<Exports> {
  const module = compile(source);
  let core: Exports;
  try {
    core = new WebAssembly.Instance(module).exports as unknown as Exports;
  } catch (cause) {
    throw explained(cause);
  }
  if (typeof core[required] !== "function") throw wrongModule(name);
  return { core, scratch: new Uint8Array(core.memory.buffer as ArrayBuffer, core.scratch()) };
}
