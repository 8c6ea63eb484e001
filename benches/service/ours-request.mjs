import { openRegistrar } from "./ours.mjs";
import { throughRequests } from "./request.mjs";

function open() {
  const registrar = openRegistrar();
  return throughRequests({ fetch: registrar.fetch, reset: () => registrar.reset() });
}

export default { name: "agent-registrar", isOurs: true, takes: "Request", open };
