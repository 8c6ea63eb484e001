// Node 22.13 (the oldest with node:sqlite) and Node 24, as npm packages that nodes/package-lock.json pins.
import { existsSync, readFileSync } from "node:fs";
import { at, atLeast, Failure, quietly, say } from "../../scripts/lib.mjs";
import { outOfDate } from "../../scripts/setup.mjs";

const folder = at("tests", "durable", "nodes");
const program = (major) => `${folder}/node_modules/node-${major}-${process.platform}-${process.arch}/bin/node`;

async function install() {
  const read = (...path) => JSON.parse(readFileSync([folder, ...path].join("/"), "utf8"));
  const installed = `${folder}/node_modules/.package-lock.json`;
  if (existsSync(installed) && outOfDate(read("package-lock.json"), read("node_modules", ".package-lock.json")) === null) return;
  say("Installing Node 22.13 and 24: the tests of records in a file run in both …");
  await quietly("npm", ["ci", "--ignore-scripts", "--prefix", folder, "--loglevel=error"]);
}

/**
 * The paths of these major versions, installed where they are missing. If the packages have no program for this machine, the Node that
 * runs this script.
 */
export async function nodes(majors = ["22", "24"]) {
  await install();
  const found = majors.map(program).filter((path) => existsSync(path));
  if (found.length > 0) return found;
  if (!atLeast(process.versions.node, "22.13.0")) throw new Failure("no Node from 22.13 on for this machine: run this with one");
  return [process.execPath];
}
