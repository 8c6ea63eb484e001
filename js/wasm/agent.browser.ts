// How a page gets the bytes: `new URL(…, import.meta.url)` is the form that bundlers and browsers both know. The file is so
// small that some bundlers put it into the script, as a `data:` URL, which a policy may forbid to fetch.
const url = new URL("../agent.wasm", import.meta.url);

async function load(): Promise<BufferSource> {
  if (url.protocol === "data:") return Uint8Array.from(atob(url.href.slice(url.href.indexOf(",") + 1)), (byte) => byte.charCodeAt(0));
  const response = await fetch(url);
  if (!response.ok) throw new Error(`agent-registrar: agent.wasm answered HTTP ${response.status} at ${response.url}; serve it beside the script`);
  return response.arrayBuffer();
}

// Not streaming, which needs a MIME type that not every server knows, and gains nothing with a file this small.
export default await WebAssembly.compile(await load());
