import { createRegistrar } from "agent-registrar/service";
import { options } from "./driver.ts";
import { runTable } from "./run.ts";

runTable({
  name: "createRegistrar().fetch",
  // A Request parses its URL.
  lacks: ["bare-path"],
  start: async () => {
    const registrar = createRegistrar(options);
    return {
      fetch: (target, init) => registrar.fetch(new Request(new URL(target, "http://registrar.test"), init)),
      stop: async () => {},
    };
  },
});
