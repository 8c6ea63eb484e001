// How Node (and Bun and Deno) gets the bytes: from this very file, which the build puts them into.
import bytes from "../../dist/agent.wasm";

export default new WebAssembly.Module(bytes as unknown as BufferSource);
