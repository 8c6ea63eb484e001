// What package.json's `imports` resolve to, whichever condition picks the file.
declare module "#validator-wasm" {
  const module: WebAssembly.Module;
  export default module;
}

declare module "#agent-wasm" {
  const module: WebAssembly.Module;
  export default module;
}

declare module "#service-wasm" {
  const module: WebAssembly.Module;
  export default module;
}

declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
