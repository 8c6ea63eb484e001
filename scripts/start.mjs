// `npm start`: installs what is missing, builds what is out of date, and serves the page and the API.
// Arguments go to the service: npm start -- --port 9000
import { pathToFileURL } from "node:url";
import { buildAll } from "./build.mjs";
import { at, fail } from "./lib.mjs";
import { forStart, setup } from "./setup.mjs";

async function start() {
  await setup(forStart);
  await buildAll();
  const command = at("dist", "cli.js");
  // In this process: a child would get Ctrl-C twice, from the terminal and from this script, and the second one would end it at once.
  process.argv = [process.execPath, command, "serve", ...process.argv.slice(2)];
  await import(pathToFileURL(command).href);
}

await start().catch(fail);
