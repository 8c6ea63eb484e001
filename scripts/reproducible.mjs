// Builds and packs this commit's files twice, in folders of different names and depths, with target folders of their own, and compares the packages.
//
//   node scripts/reproducible.mjs           takes as long as two builds from scratch
//   node scripts/reproducible.mjs --keep    leaves both folders, to look for a difference
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { at, duration, fail, Failure, isMain, must, output, say } from "./lib.mjs";

/** Copies the files of this tree that git knows, or would take, and the installed packages and tools. */
function copyTo(folder) {
  const names = output("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"]);
  if (names === null) throw new Failure("This needs git, to know which files belong to the project.");
  for (const name of names.split("\0").filter((it) => it !== "")) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    cpSync(at(name), join(folder, name));
  }
  cpSync(at("node_modules"), join(folder, "node_modules"), { recursive: true, verbatimSymlinks: true });
  mkdirSync(join(folder, "target"));
  symlinkSync(realpathSync(at("target", "tools")), join(folder, "target", "tools"));
}

/** Builds and packs in a folder. Returns the path of the package. */
async function pack(folder) {
  const began = Date.now();
  copyTo(folder);
  const env = { CARGO_TARGET_DIR: join(folder, "target"), CARGO_INCREMENTAL: "0" };
  await must(process.execPath, ["scripts/build.mjs"], { cwd: folder, env });
  await must("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", dirname(folder)], { cwd: folder });
  const [tarball] = readdirSync(dirname(folder)).filter((name) => name.endsWith(".tgz"));
  say(`${tarball} in ${duration(Date.now() - began)}`);
  return join(dirname(folder), tarball);
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
  const base = mkdtempSync(join(tmpdir(), "agent-registrar-twice-"));
  const folders = [join(base, "one", "a"), join(base, "other", "a-folder-with-a-longer-name")];
  try {
    const packages = [];
    for (const folder of folders) {
      mkdirSync(folder, { recursive: true });
      packages.push(await pack(folder));
      // The second build needs the space.
      for (const name of ["node_modules", "target"]) rmSync(join(folder, name), { recursive: true });
    }
    const sums = packages.map(sum);
    if (sums[0] !== sums[1]) throw new Failure(`Two builds differ, in:\n${differences(...folders).join("\n")}`);
    say(`Both packages have the SHA-256 ${sums[0]}.`);
  } finally {
    if (process.argv.includes("--keep")) say(`Left in ${base}.`);
    else rmSync(base, { recursive: true });
  }
}

if (isMain(import.meta)) await main().catch(fail);
