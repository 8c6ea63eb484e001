// The published clients, on rusqlite. On the other stores they run in tests/clients, tests/durable and tests/homes.
import { environment, useHome } from "../clients/server.ts";
import { startNative } from "./places.ts";

const ACCOUNT = "013xrzp12g3nqk8nyt0q8s8a1vd3p7wk";

useHome({
  hasHooks: false,
  start: ({ token, environmentToken }) =>
    startNative({
      accounts: [{ id: ACCOUNT, name: "Default", environments: [{ id: environment, name: "Default" }] }],
      tokens: [
        { token, account_id: ACCOUNT },
        { token: environmentToken, account_id: ACCOUNT, environment_id: environment },
      ],
      cors: [],
      operatorToken: "the-operators-token",
    }),
});
await import("../clients/core.test.ts");
await import("../clients/tokens.test.ts");
