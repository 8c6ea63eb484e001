import { ENVIRONMENT } from "../lib/inputs.mjs";
import { newStore, page, success } from "../service/store.mjs";

const { agents, create } = newStore();
for (let at = 0; at < 50; at++) {
  create({
    details: {
      name: `billing router agent ${at}`,
      description: "a text of a common length, as bodies of the benchmark have it",
      environment_id: ENVIRONMENT,
    },
  });
}

/** Answers of the size that the services give: one agent, and a page of 50. */
export const AGENT = Buffer.from(JSON.stringify(success([...agents.values()][0])));
export const PAGE = Buffer.from(JSON.stringify(page(agents, 0, 50)));
