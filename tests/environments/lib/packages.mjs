// The packed tarball, the tools of a family as its lock file pins them, and the throw-away folders of the apps.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { cp, link, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { at } from "../../../scripts/lib.mjs";
import { runProgram, tail } from "./processes.mjs";

const families = fileURLToPath(new URL("../families", import.meta.url));

/** An environment that can't be tried here, for a reason that is nobody's fault in this repository. */
export class Skipped extends Error {}

/** What npm says where the registry has no such package or can't be reached; anything else that it says is a failure. */
const NOT_TO_BE_HAD =
  /npm error code (E404|ETARGET|E403|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT|ENOTCACHED)/;

const limiter = (most) => {
  let free = most;
  const waiting = [];
  return async (work) => {
    if (free === 0) await new Promise((resolve) => waiting.push(resolve));
    else free--;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  };
};
export { limiter };

/** Copies a folder by hard links: a thousandth of the time and room of a copy, and tools see real files. */
export async function linkTree(from, to) {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await linkTree(source, target);
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else await link(source, target);
  }
}

/** The pinned version of a package in a family's lock file. */
export function pinned(family, name) {
  const lock = JSON.parse(readFileSync(join(families, family, "package-lock.json"), "utf8"));
  const entry = lock.packages[`node_modules/${name}`];
  if (entry === undefined) throw new Error(`${family} pins no ${name}`);
  return entry.version;
}

/** Packs the package once; `folder` holds everything that the run makes, and `remove` deletes it. */
export async function openWorkshop(env) {
  const folder = await mkdtemp(join(tmpdir(), "agent-registrar-environments-"));
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 3 });
  // Also where the run is interrupted.
  process.once("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  await runProgram("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], { cwd: at(), env });
  const tarball = join(
    folder,
    (await readdir(folder)).find((name) => name.endsWith(".tgz")),
  );
  const unpacked = join(folder, "package");
  await runProgram("tar", ["-xzf", tarball, "-C", folder], { cwd: folder, env });
  const manifest = JSON.parse(await readFile(join(unpacked, "package.json"), "utf8"));
  const oneInstall = limiter(2);
  const installed = new Map();

  /** Installs a family's tools and the package beside them; resolves to the family's folder. */
  const install = (family) => {
    const begin = async () => {
      const into = join(folder, "families", family);
      await mkdir(join(into, "node_modules"), { recursive: true });
      if (family !== "none") {
        await cp(join(families, family), into, { recursive: true });
        await cp(join(families, ".npmrc"), join(into, ".npmrc"));
        const args = ["ci", "--ignore-scripts", "--prefer-offline", "--loglevel=error"];
        const { code, stderr } = await runProgram("npm", args, { cwd: into, env, timeoutMs: 600_000, expectExit: null });
        if (code !== 0) {
          const known = NOT_TO_BE_HAD.exec(stderr);
          throw known
            ? new Skipped(`the registry does not give the packages of ${family} (${known[1]})`)
            : new Error(`npm ci for ${family} failed\n${tail(stderr)}`);
        }
      }
      // The package has no dependencies: unpacking it is what npm does, too.
      await linkTree(unpacked, join(into, "node_modules", "agent-registrar"));
      return into;
    };
    if (!installed.has(family)) installed.set(family, oneInstall(begin));
    return installed.get(family);
  };

  /** Forgets a family that nothing uses any more. */
  const uninstall = async (family) => {
    await installed.get(family)?.catch(() => {});
    await rm(join(folder, "families", family), { recursive: true, force: true, maxRetries: 3 });
  };

  /** A new app's folder, with node_modules of its own. */
  const makeApp = async (family, name) => {
    const app = join(folder, "apps", name);
    await linkTree(join(await install(family), "node_modules"), join(app, "node_modules"));
    return app;
  };

  /** An empty folder beside no node_modules, where a bundle shows that it needs none. */
  const makeEmpty = async (name) => {
    const empty = join(folder, "alone", name);
    await mkdir(empty, { recursive: true });
    return empty;
  };

  /** Node's executable of a family node-NN. */
  const nodeOf = async (family) => {
    const into = await install(family);
    const path = join(into, "node_modules", `node-${process.platform}-${process.arch}`, "bin", "node");
    if (!existsSync(path)) throw new Skipped(`the registry has no ${family.replace("-", " ")} for ${process.platform} ${process.arch}`);
    return path;
  };

  return { folder, tarball, unpacked, manifest, install, uninstall, makeApp, makeEmpty, nodeOf, remove };
}

/** Writes an app's files; objects are written as JSON. */
export async function writeFiles(folder, files) {
  for (const [path, content] of Object.entries(files)) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, typeof content === "string" ? content : `${JSON.stringify(content, null, 2)}\n`);
  }
}
