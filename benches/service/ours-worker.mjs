import worker from "agent-registrar/cloudflare";
import { throughRequests } from "./request.mjs";
import { TOKEN } from "./store.mjs";

const ENVIRONMENT = { AGENT_REGISTRAR_TOKENS: JSON.stringify([{ token: TOKEN }]) };

/** The worker as it is deployed. Its state can't be reset from outside; growing costs it next to nothing. */
function open() {
  return throughRequests({ fetch: (request) => worker.fetch(request, ENVIRONMENT), reset: () => undefined });
}

export default { name: "agent-registrar", isOurs: true, takes: "Request", open };
