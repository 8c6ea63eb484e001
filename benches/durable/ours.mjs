import { serve } from "agent-registrar/node";
import { sqliteStore } from "agent-registrar/sqlite";
import { storable } from "../lib/inputs.mjs";
import { TOKEN } from "../service/store.mjs";
import { newFile } from "./file.mjs";

const bodies = storable().map((text) => JSON.parse(text));
const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
const encoder = new TextEncoder();

export default {
  name: "agent-registrar",
  isOurs: true,
  open: async () => {
    const server = await serve({ port: 0, tokens: [{ token: TOKEN }], store: sqliteStore({ file: newFile() }) });
    let made = 0;
    return {
      port: server.port,
      /** From the bytes of a request to those of its answer. */
      create(isKeyed) {
        const body = bodies[made++ % bodies.length];
        const text = JSON.stringify(isKeyed ? { ...body, idempotency_key: `create-${made}` } : body);
        const { status } = server.registrar.handle("POST", "/api/v1/agent", headers, encoder.encode(text));
        if (status !== 200) throw new Error(`a create was answered ${status}`);
      },
    };
  },
};
