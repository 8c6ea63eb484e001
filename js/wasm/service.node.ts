// How Node (and Bun and Deno, those that have `getBuiltinModule`) gets the bytes: from the file beside, at once, so that
// nothing has to be awaited.
// Importing "node:fs" would take longer: Node makes a module of it.
const { readFileSync } = process.getBuiltinModule("node:fs");

export default new WebAssembly.Module(readFileSync(new URL("./service.wasm", import.meta.url)));
