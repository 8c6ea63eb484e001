import { createRegistrar } from "agent-registrar/service";
import { TOKEN } from "./store.mjs";

/** A registrar that knows the benchmark's token. */
export const openRegistrar = () => createRegistrar({ tokens: [{ token: TOKEN }] });

const HEADERS = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };

function open() {
  const registrar = openRegistrar();
  return { reset: () => registrar.reset(), post: (bytes) => registrar.handle("POST", "/api/v1/agent", HEADERS, bytes).body };
}

export default { name: "agent-registrar", isOurs: true, takes: "bytes", open };
