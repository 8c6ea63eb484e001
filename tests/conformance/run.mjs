// Runs the tests of this folder with Vitest in Node 24, which has node:sqlite. Build the example `conformance` before:
//
//   node tests/conformance/run.mjs [Vitest's arguments]
import { at, fail, must } from "../../scripts/lib.mjs";
import { nodes } from "../durable/nodes.mjs";

async function main() {
  const [node] = await nodes(["24"]);
  const vitest = [at("node_modules", "vitest", "vitest.mjs"), "run", "--config", at("tests", "conformance", "vitest.config.ts")];
  await must(node, ["--disable-warning=ExperimentalWarning", ...vitest, ...process.argv.slice(2)]);
}

await main().catch(fail);
