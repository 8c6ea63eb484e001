// Runs the tests of this folder with Vitest in Node 24, which has node:sqlite. Build the example `conformance` before:
//
//   node tests/conformance/run.mjs [Vitest's arguments]
//   node tests/conformance/run.mjs --serve
//
// `--serve` starts serve.ts instead.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { at, fail, must } from "../../scripts/lib.mjs";
import { nodes } from "../durable/nodes.mjs";

/** Runs serve.ts until it ends. */
async function serve(node) {
  const child = spawn(node, ["--disable-warning=ExperimentalWarning", at("tests", "conformance", "serve.ts")], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {});
  const [code] = await once(child, "exit");
  return { code: code ?? 1 };
}

async function main() {
  const [node] = await nodes(["24"]);
  if (process.argv[2] === "--serve") {
    const { code } = await serve(node);
    process.exit(code);
  }
  const vitest = [at("node_modules", "vitest", "vitest.mjs"), "run", "--config", at("tests", "conformance", "vitest.config.ts")];
  await must(node, ["--disable-warning=ExperimentalWarning", ...vitest, ...process.argv.slice(2)]);
}

await main().catch(fail);
