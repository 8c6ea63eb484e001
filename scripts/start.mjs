// `npm start`: installs what is missing, builds what is out of date, and serves the page and the API.
// Arguments go to the service: npm start -- --port 9000
import { spawn } from "node:child_process";
import { buildAll } from "./build.mjs";
import { at, fail } from "./lib.mjs";
import { forStart, setup } from "./setup.mjs";

async function start() {
  await setup(forStart);
  await buildAll();
  const service = spawn(process.execPath, [at("dist", "cli.js"), "serve", "--page", ...process.argv.slice(2)], { stdio: "inherit" });
  // The terminal sends Ctrl-C to both; the service decides when it is done.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => service.kill(signal));
  service.once("error", fail);
  service.once("exit", (code) => (process.exitCode = code ?? 0));
}

await start().catch(fail);
