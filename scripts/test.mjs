// `npm test`: runs all stages of stages.mjs, even after a failure, and prints a summary.
//
//   npm test                     all stages but those for full runs
//   npm run test:full            all stages
//   npm test -- clippy package   some stages, with the stages before them
//   npm test -- --list           lists the stages
import { existsSync } from "node:fs";
import { join } from "node:path";
import { duration, fail, isMain, run, say, targetDir } from "./lib.mjs";
import { ensure } from "./setup.mjs";
import { chosen, stages } from "./stages.mjs";

/** Runs stages; resolves to one `{name, outcome, took, why?}` each, `outcome` being passed, failed or skipped. */
export async function runStages(table, { provide = ensure, env = {} } = {}) {
  const results = [];
  for (const stage of table) {
    say(`\n── ${stage.name}: ${stage.what}`);
    const began = Date.now();
    const end = (outcome, why) => {
      if (why !== undefined) say(why);
      results.push({ name: stage.name, outcome, took: Date.now() - began, why: why?.split("\n")[0] });
    };
    const broken = (stage.after ?? []).find((name) => results.some((one) => one.name === name && one.outcome !== "passed"));
    if (broken !== undefined) {
      end("skipped", `${broken} did not pass`);
      continue;
    }
    const impossible = stage.skip?.() ?? null;
    if (impossible !== null) {
      end("skipped", `SKIPPED: ${impossible}`);
      continue;
    }
    try {
      for (const name of stage.needs ?? []) await provide(name);
      const commands = typeof stage.commands === "function" ? stage.commands() : stage.commands;
      if (commands.length === 0) {
        end("skipped", "nothing to run");
        continue;
      }
      let failures = 0;
      for (const command of commands) {
        const {
          run: [program, ...args],
          env: own,
        } = Array.isArray(command) ? { run: command } : command;
        if ((await run(program, args, { env: { ...env, ...own } })) !== 0) failures++;
      }
      if (failures > 0) end("failed", `${failures} of ${commands.length} commands failed`);
      else end("passed");
    } catch (error) {
      end("failed", error.message);
    }
  }
  return results;
}

/** The summary; its last line counts the stages. */
export function summary(results) {
  const width = Math.max(...results.map(({ name }) => name.length));
  const count = (outcome) => results.filter((one) => one.outcome === outcome).length;
  const skipped = count("skipped");
  return [
    "",
    ...results.map(
      ({ name, outcome, took, why }) =>
        `${outcome.padEnd(7)}  ${name.padEnd(width)}  ${duration(took).padStart(12)}${why === undefined ? "" : `  ${why}`}`,
    ),
    "",
    `${count("passed")} passed, ${count("failed")} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`,
  ].join("\n");
}

async function main() {
  const args = process.argv.slice(2);
  if (args.includes("--list"))
    return void stages.forEach(({ name, what, full }) => say(`${name.padEnd(18)} ${what}${full ? " [npm run test:full]" : ""}`));
  const full = args.includes("--full");
  const table = chosen(
    args.filter((arg) => arg !== "--full"),
    stages,
    { full },
  );
  // Incremental compilation makes a fresh build slower, so it is used only if earlier builds were incremental.
  const fresh = !existsSync(join(targetDir, "debug", "incremental"));
  const results = await runStages(table, { env: fresh ? { CARGO_INCREMENTAL: "0" } : {} });
  say(summary(results));
  if (results.some(({ outcome }) => outcome === "failed")) process.exitCode = 1;
}

if (isMain(import.meta)) await main().catch(fail);
