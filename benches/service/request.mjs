import { TOKEN } from "./store.mjs";

const HEADERS = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };

/** Bytes in, bytes out, for contenders that only know `Request` and `Response`. */
export function throughRequests({ fetch, reset }) {
  return {
    reset,
    async post(body) {
      const headers = { ...HEADERS, "content-length": String(body.length) };
      const response = await fetch(new Request("http://127.0.0.1/api/v1/agent", { method: "POST", headers, body }));
      return new Uint8Array(await response.arrayBuffer());
    },
  };
}
