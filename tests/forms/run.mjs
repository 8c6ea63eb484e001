// The form libraries and servers that take a Standard Schema, and the guide's code, against the packed package.
//
//   node tests/forms/run.mjs
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { at, digest, fail, isMain, must } from "../../scripts/lib.mjs";
import { chrome } from "../../scripts/setup.mjs";

const folder = fileURLToPath(new URL(".", import.meta.url));
const inFolder = (...parts) => join(folder, ...parts);

/** The libraries, in the versions of the lock file. */
async function installLibraries() {
  const stamp = digest([inFolder("package-lock.json")]);
  const stampFile = inFolder("node_modules", ".stamp");
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;
  await must("npm", ["ci", "--no-audit", "--no-fund"], { cwd: folder });
  writeFileSync(stampFile, stamp);
}

/** The package as it is published. */
function installPacked() {
  const work = inFolder("work");
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work);
  execFileSync("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", work], { cwd: at() });
  const { version } = JSON.parse(readFileSync(at("package.json"), "utf8"));
  const target = inFolder("node_modules", "agent-registrar");
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target);
  execFileSync("tar", ["-xzf", join(work, `agent-registrar-${version}.tgz`), "--strip-components=1", "-C", target]);
}

/** Writes each code block of the guide that names a file to that file; the stages of tests/docs run the others. */
function extractGuide() {
  const guide = readFileSync(at("docs", "forms.md"), "utf8");
  mkdirSync(inFolder("work", "guide"), { recursive: true });
  for (const [, name, code] of guide.matchAll(/^```\S* ?(\S*)\n([^]*?)^```$/gm)) {
    if (name !== "" && !name.endsWith(".mjs")) writeFileSync(inFolder("work", "guide", name), code);
  }
}

async function main() {
  await installLibraries();
  installPacked();
  extractGuide();
  const node = process.execPath;
  await must(node, [at("node_modules", "typescript", "bin", "tsc"), "-p", inFolder("tsconfig.json")]);
  await must(node, [at("node_modules", "vitest", "vitest.mjs"), "run", "--root", folder], { env: { CHROME_BIN: chrome() } });
}

if (isMain(import.meta)) await main().catch(fail);
