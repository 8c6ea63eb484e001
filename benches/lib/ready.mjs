// What a measurement needs: the peers, this package among them, and its build.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Installs and builds what is missing. */
export function ready() {
  installPeers();
  installOurs();
  requireBuild();
}

function installPeers() {
  const wanted = readFileSync(at("../package-lock.json"), "utf8");
  const stamp = at("../node_modules/.installed-lock.json");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  console.error("Installing the peers that the benchmark compares with (benches/node_modules)\u2026");
  execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: at(".."), stdio: ["ignore", 2, 2] });
  writeFileSync(stamp, wanted);
}

/** By its name, as peers are: so that it is imported the way that users import it. */
function installOurs() {
  const link = at("../node_modules/agent-registrar");
  if (!existsSync(link)) symlinkSync("../..", link, "dir");
}

function requireBuild() {
  if (existsSync(at("../../dist/index.js")) && existsSync(at("../../dist/service.js"))) return;
  console.error("The package isn't built yet: building it (npm run build)\u2026");
  execFileSync("npm", ["run", "build"], { cwd: at("../.."), stdio: ["ignore", 2, 2] });
}
