// The packaging tests: packs the package, tries it in throw-away apps, says what works.
//
//   node tests/environments/run.mjs                  all of them; writes docs/environments.md and README.md's summary
//   node tests/environments/run.mjs --tag quick      those with a tag
//   node tests/environments/run.mjs vite jest-esm    those whose names begin so
//   node tests/environments/run.mjs --list           says which there are
import { writeFileSync } from "node:fs";
import { at, duration, fail, Failure, isMain, say } from "../../scripts/lib.mjs";
import { writeWhereItRuns } from "../../scripts/readme.mjs";
import { document } from "./lib/document.mjs";
import { openWorkshop } from "./lib/packages.mjs";
import { killAll } from "./lib/processes.mjs";
import { environmentsOf, runEnvironments } from "./lib/runner.mjs";
import { closeBrowser } from "./lib/site.mjs";
import { apps } from "./list/index.mjs";

/** The environments that the arguments name. */
function selected(args, all) {
  const tag = args.includes("--tag") ? args[args.indexOf("--tag") + 1] : undefined;
  const names = args.filter((arg, index) => !arg.startsWith("--") && args[index - 1] !== "--tag");
  const unknown = names.filter((name) => !all.some((one) => one.name.startsWith(name)));
  if (unknown.length > 0) throw new Failure(`no environment begins with: ${unknown.join(", ")}; --list says which there are`);
  return all.filter(
    ({ name, tags }) => (tag === undefined || tags.includes(tag)) && (names.length === 0 || names.some((one) => name.startsWith(one))),
  );
}

/** npm's settings for packing and installing, without what `npm run` adds about this repository. */
const npmEnvironment = () =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(package|lifecycle)_|^npm_config_local_prefix$|^INIT_CWD$|^NODE_OPTIONS$/.test(name),
    ),
  );

/** The sum, ending in the counts. */
function summary(results) {
  const named = (outcome) => results.filter((one) => one.outcome === outcome);
  const line = (outcome) => named(outcome).map(({ name, why }) => `${outcome.padEnd(7)}  ${name}: ${why.split("\n")[0]}`);
  const [passed, failed, skipped] = ["passed", "failed", "skipped"].map((outcome) => named(outcome).length);
  return ["", ...line("skipped"), ...line("failed"), "", `${passed} passed, ${failed} failed, ${skipped} skipped`].join("\n");
}

async function main() {
  const args = process.argv.slice(2);
  const all = apps.flatMap(environmentsOf);
  const twice = all.find(({ name }, index) => all.findIndex((one) => one.name === name) !== index);
  if (twice !== undefined) throw new Failure(`two environments are called ${twice.name}`);
  const chosen = selected(args, all);
  if (args.includes("--list"))
    return void chosen.forEach(({ name, what, version, tags }) =>
      say(`${name.padEnd(30)} ${what} ${version}${tags.includes("quick") ? " [quick]" : ""}`),
    );
  const began = Date.now();
  const workshop = await openWorkshop(npmEnvironment());
  let results;
  try {
    results = await runEnvironments(workshop, chosen);
  } finally {
    await closeBrowser();
    killAll();
    await workshop.remove();
  }
  if (chosen.length === all.length) {
    writeFileSync(at("docs", "environments.md"), document(results));
    writeWhereItRuns();
  }
  say(`\n${results.length} environments in ${duration(Date.now() - began)}.`);
  say(summary(results));
  if (results.some(({ outcome }) => outcome === "failed")) process.exitCode = 1;
}

if (isMain(import.meta)) await main().catch(fail);
