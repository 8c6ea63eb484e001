/** Starts one of the two parts of the core. Numbers alone cross, so there is nothing to import (scripts/build.mjs). */
export function start<Exports>(module: WebAssembly.Module): Exports {
  return new WebAssembly.Instance(module).exports as unknown as Exports;
}
