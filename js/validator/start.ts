/** Starts one of the two parts of the core. Numbers alone cross, so there is nothing to import (scripts/build.mjs). */
export function start<Exports>(module: WebAssembly.Module): Exports {
  return new WebAssembly.Instance(module).exports as unknown as Exports;
}

/** Its memory from its scratch buffer on. It stays valid: the core allocates nothing, so its memory never grows. */
export function memory({ memory, scratch }: { readonly memory: WebAssembly.Memory; scratch(): number }): Uint8Array<ArrayBuffer> {
  return new Uint8Array(memory.buffer, scratch());
}
