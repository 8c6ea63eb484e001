// How a page gets the bytes: `new URL(…, import.meta.url)` is the form that bundlers and browsers both know.
const response = await fetch(new URL("../agent.wasm", import.meta.url));
if (!response.ok) {
  throw new Error(`agent-registrar: agent.wasm answered HTTP ${response.status} at ${response.url}; serve it beside the script`);
}

// Not streaming, which needs a MIME type that not every server knows, and gains nothing with a file this small.
export default await WebAssembly.compile(await response.arrayBuffer());
