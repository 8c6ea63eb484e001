// The published clients, on Durable Objects in workerd.
import { environment, useHome } from "../clients/server.ts";
import { newStorage, startDurable } from "./drivers/durable.ts";

useHome({
  hasHooks: false,
  async start({ token, environmentToken }) {
    const { folder, remove } = newStorage();
    const tokens = [{ token }, { token: environmentToken, environment_id: environment }];
    const worker = await startDurable(folder, { AGENT_REGISTRAR_TOKENS: JSON.stringify(tokens) });
    const stop = async (): Promise<void> => {
      await worker.stop();
      remove();
    };
    return { url: worker.url, stop };
  },
});
await import("../clients/core.test.ts");
await import("../clients/tokens.test.ts");
