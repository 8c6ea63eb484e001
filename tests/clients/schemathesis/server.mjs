// The registrar that Schemathesis talks to: what `agent-registrar serve --test-hooks` starts, but with the same ids and
// times on every run, so that a finding is easier to have again.
import { serve } from "../../../dist/node.js";

const server = await serve({
  port: 0,
  seed: "schemathesis",
  now: Date.parse("2026-05-07T10:00:00Z"),
  tokens: [{ token: process.env.REGISTRAR_TOKEN }],
  operatorToken: process.env.REGISTRAR_OPERATOR_TOKEN,
  testHooks: true,
  signals: true,
});
process.stdout.write(`${server.url}\n`);
