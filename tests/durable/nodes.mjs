// The Nodes that tests of records in a file run in: 22.13, the oldest with node:sqlite, and 24.
import { existsSync, readFileSync } from "node:fs";
import { at, atLeast, Failure, quietly, say } from "../../scripts/lib.mjs";
import { outOfDate } from "../../scripts/setup.mjs";

const folder = at("tests", "durable", "nodes");

/** Installs them if they are missing. */
export async function install() {
  const read = (...path) => JSON.parse(readFileSync([folder, ...path].join("/"), "utf8"));
  const installed = `${folder}/node_modules/.package-lock.json`;
  if (existsSync(installed) && outOfDate(read("package-lock.json"), read("node_modules", ".package-lock.json")) === null) return;
  say("Installing Node 22.13 and 24: the tests of records in a file run in both …");
  await quietly("npm", ["ci", "--ignore-scripts", "--prefix", folder, "--loglevel=error"]);
}

/** The programs of these major versions; where there is none for this machine, the Node that runs this. */
export function programs(majors) {
  const all = majors.map((major) => `${folder}/node_modules/node-${major}-${process.platform}-${process.arch}/bin/node`);
  const found = all.filter((path) => existsSync(path));
  if (found.length > 0) return found;
  if (!atLeast(process.versions.node, "22.13.0")) throw new Failure("no Node from 22.13 on for this machine: run this with one");
  return [process.execPath];
}
