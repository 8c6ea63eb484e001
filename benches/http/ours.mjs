import { serve } from "agent-registrar/node";
import { TOKEN } from "../service/store.mjs";

export default {
  name: "agent-registrar serve",
  isOurs: true,
  listen: async () => (await serve({ port: 0, tokens: [{ token: TOKEN }] })).port,
};
