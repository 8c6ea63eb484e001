// Where the compiled core comes from. scripts/bundle.mjs resolves these names once per kind of runtime, so that the
// published files need neither conditions nor aliases of their own: to the bytes as text (`text`), to the `.wasm` file as a
// module (`workerd`, `edge-light`), or to nothing (`slim`).
declare module "wasm:validator" {
  const source: import("./load.js").EmbeddedWasm;
  export default source;
}

declare module "wasm:agent" {
  const source: import("./load.js").EmbeddedWasm;
  export default source;
}

declare module "wasm:service" {
  const source: import("./load.js").EmbeddedWasm;
  export default source;
}

declare module "wasm:service-sql" {
  const source: import("./load.js").EmbeddedWasm;
  export default source;
}
