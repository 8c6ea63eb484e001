// How a page gets the bytes: `new URL(…, import.meta.url)` is the form that bundlers and browsers both know.
const response = await fetch(new URL("../service.wasm", import.meta.url));
if (!response.ok) {
  throw new Error(`agent-registrar: service.wasm answered HTTP ${response.status} at ${response.url}; serve it beside the script`);
}

// Streaming needs the MIME type application/wasm, which not every server knows.
export default await (response.headers.get("content-type")?.startsWith("application/wasm")
  ? WebAssembly.compileStreaming(response)
  : response.arrayBuffer().then((bytes) => WebAssembly.compile(bytes)));
