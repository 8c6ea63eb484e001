import { serve } from "agent-registrar/node";
import { type Driver, options } from "../../http/driver.ts";
import { send } from "./send.ts";

/** The server of `agent-registrar/node`, in this process. */
export const node: Driver = {
  name: "node",
  async start() {
    const server = await serve({ ...options, port: 0 });
    return { fetch: (target, init) => send(server.url, target, init), stop: () => server.close() };
  },
};
