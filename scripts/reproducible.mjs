// Builds and packs the files of this tree once more, in a folder of another name and depth and with a target folder of its own, and compares that package with
// the one of dist/.
//
//   npm run reproducible              brings dist/ up to date, and takes as long as a build from scratch
//   npm run reproducible -- --keep    leaves the other folder, to look for a difference
import { createHash } from "node:crypto";
import { constants, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { at, duration, fail, Failure, isMain, must, output, root, say } from "./lib.mjs";

/** Copies the files of this tree that git knows, or would take, and the installed packages and tools. */
function copyTo(folder) {
  const names = output("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"]);
  if (names === null) throw new Failure("This needs git, to know which files belong to the project.");
  for (const name of names.split("\0").filter((it) => it !== "")) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    cpSync(at(name), join(folder, name));
  }
  const how = { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE };
  cpSync(at("node_modules"), join(folder, "node_modules"), how);
  mkdirSync(join(folder, "target"));
  symlinkSync(realpathSync(at("target", "tools")), join(folder, "target", "tools"));
}

/** Builds what is out of date in a folder, and packs it into another folder. Returns the path of the package. */
async function pack(folder, destination, env = {}) {
  const began = Date.now();
  await must(process.execPath, ["scripts/build.mjs"], { cwd: folder, env });
  mkdirSync(destination, { recursive: true });
  await must("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", destination], { cwd: folder });
  const [tarball] = readdirSync(destination);
  say(`${tarball} in ${duration(Date.now() - began)}`);
  return join(destination, tarball);
}

const sum = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");

/** The files of two builds that differ, or that only one has. */
function differences(one, other) {
  const files = (folder) =>
    readdirSync(join(folder, "dist"), { recursive: true }).filter((name) => statSync(join(folder, "dist", name)).isFile());
  const [ours, theirs] = [files(one), files(other)];
  const common = ours.filter((name) => theirs.includes(name));
  return [
    ...[...ours, ...theirs].filter((name) => !common.includes(name)),
    ...common.filter((name) => sum(join(one, "dist", name)) !== sum(join(other, "dist", name))),
  ];
}

async function main() {
  const base = mkdtempSync(join(tmpdir(), "agent-registrar-again-"));
  const again = join(base, "a-folder", "with-another-name");
  try {
    const first = await pack(root, join(base, "first"));
    mkdirSync(again, { recursive: true });
    copyTo(again);
    const env = { CARGO_TARGET_DIR: join(again, "target"), CARGO_INCREMENTAL: "0" };
    const second = await pack(again, join(base, "second"), env);
    if (sum(first) !== sum(second)) throw new Failure(`Two builds differ, in:\n${differences(root, again).join("\n")}`);
    say(`The same: both packages have the SHA-256 ${sum(first)}.`);
  } finally {
    if (process.argv.includes("--keep")) say(`Left in ${base}.`);
    else rmSync(base, { recursive: true });
  }
}

if (isMain(import.meta)) await main().catch(fail);
