// `npm test`: runs all stages of stages.mjs, even after a failure, and prints a summary.
//
//   npm test                     all stages but those for full runs
//   npm run test:full            all stages
//   npm test -- clippy package   some stages, with the stages before them
//   npm test -- --list           lists the stages
import { existsSync } from "node:fs";
import { join } from "node:path";
import { duration, fail, isMain, run, say, takeProcessorTime, targetDir } from "./lib.mjs";
import { ensure } from "./setup.mjs";
import { chosen, stages } from "./stages.mjs";

/**
 * Runs stages; resolves to one `{name, outcome, took, spent, why?, printed?}` each, in the table's order, `outcome` being passed,
 * failed or skipped, `took` and `spent` the elapsed and the processor time in milliseconds, `printed` what a failed stage's commands
 * printed. Those with `beside` run one after another while the others do, and print everything when they end. On a `terminal`, the
 * commands of the others print by themselves, with its width and colours, and there is no `printed`.
 */
export async function runStages(table, { provide = ensure, env = {}, terminal = process.stdout.isTTY === true } = {}) {
  const results = new Map();
  let besides = Promise.resolve();
  for (const stage of table) {
    const beside = stage.beside === true;
    say(beside ? `\n${stage.name} runs beside the next stages.` : heading(stage));
    const printed = [];
    const began = Date.now();
    const before = await Promise.all((stage.after ?? []).flatMap((name) => results.get(name) ?? []));
    // Never beside another stage: two could set up the same.
    const prepared = await prepare(stage, before, provide);
    const preparation = Date.now() - began;
    let spent = takeProcessorTime();
    const carry = async () => {
      const stopwatch = Date.now();
      const print = (text) => {
        printed.push(text);
        if (!beside) process.stdout.write(text);
      };
      const [outcome, why] =
        prepared.end ??
        (await carryOut(prepared.commands, { env, print: beside || !terminal ? print : undefined, spent: (ms) => (spent += ms) }));
      if (beside) say(`${heading(stage)}\n${printed.join("")}`);
      if (why !== undefined) say(why);
      const result = { name: stage.name, outcome, took: preparation + Date.now() - stopwatch, spent, why: why?.split("\n")[0] };
      return outcome === "failed" && printed.length > 0 ? { ...result, printed: printed.join("") } : result;
    };
    if (beside) besides = besides.then(carry);
    results.set(stage.name, beside ? besides : await carry());
  }
  return Promise.all(results.values());
}

const heading = ({ name, what }) => `\n── ${name}: ${what}`;

/** Sets up what a stage needs: its `commands`, or how it ends without them. */
async function prepare(stage, before, provide) {
  const broken = before.find(({ outcome }) => outcome !== "passed");
  if (broken !== undefined) return { end: ["skipped", `${broken.name} did not pass`] };
  const impossible = stage.skip?.() ?? null;
  if (impossible !== null) return { end: ["skipped", `SKIPPED: ${impossible}`] };
  try {
    for (const name of stage.needs ?? []) await provide(name);
    const commands = typeof stage.commands === "function" ? stage.commands() : stage.commands;
    return commands.length === 0 ? { end: ["skipped", "nothing to run"] } : { commands };
  } catch (error) {
    return { end: ["failed", error.message] };
  }
}

async function carryOut(commands, { env, print, spent }) {
  let failures = 0;
  for (const command of commands) {
    const {
      run: [program, ...args],
      env: own,
    } = Array.isArray(command) ? { run: command } : command;
    try {
      if ((await run(program, args, { env: { ...env, ...own }, print, spent })) !== 0) failures++;
    } catch (error) {
      return ["failed", error.message];
    }
  }
  return failures > 0 ? ["failed", `${failures} of ${commands.length} commands failed`] : ["passed"];
}

/** How many of the last lines of a failed stage are printed again. */
const LAST_LINES = 60;

/** The last lines of each failed stage, to stand before the summary: what they tell was printed long before other stages ended. */
export function lastLines(results) {
  return results
    .filter(({ printed }) => printed !== undefined)
    .map(({ name, printed }) => `\n── ${name} failed; its last lines:\n${printed.trimEnd().split("\n").slice(-LAST_LINES).join("\n")}\n`)
    .join("");
}

/** The summary: elapsed and processor time (0 where the system does not tell it) of each stage. Its last line counts the stages. */
export function summary(results) {
  const width = Math.max(...results.map(({ name }) => name.length));
  const total = results.reduce((sum, { spent }) => sum + spent, 0);
  const line = (outcome, name, took, spent, why) =>
    [outcome.padEnd(7), name.padEnd(width), took.padStart(12), spent.padStart(12), ...why].join("  ");
  const count = (outcome) => results.filter((one) => one.outcome === outcome).length;
  const skipped = count("skipped");
  return [
    "",
    line("", "", "elapsed", "processors", []),
    ...results.map(({ name, outcome, took, spent, why }) =>
      line(outcome, name, duration(took), duration(spent), why === undefined ? [] : [why]),
    ),
    line("", "", "", duration(total), []),
    "",
    `${count("passed")} passed, ${count("failed")} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`,
  ].join("\n");
}

/**
 * What takes long to install, each after those before it in its row. Installed at the same time: alone, each leaves a processor free.
 * The browser comes after the linker, because apt-get installs both, and runs once at a time.
 */
const LONG = [["packages"], ["rust", "linker", "wasmBindgen"], ["linker", "browser"], ["venv"]];

/**
 * Gives the function that installs a requirement once, however often it is asked for. Those of `rows` that the stages need are begun
 * at once; a failure is told to the stage that asks.
 */
export function installer(table, { install = ensure, rows = LONG } = {}) {
  const needed = new Set(table.flatMap(({ needs = [] }) => needs));
  const installations = new Map();
  const provide = (name) => {
    if (!installations.has(name)) installations.set(name, install(name));
    return installations.get(name);
  };
  for (const row of rows.filter((names) => needed.has(names.at(-1)))) {
    row.reduce((before, name) => before.then(() => provide(name)), Promise.resolve()).catch(() => undefined);
  }
  return provide;
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
  const results = await runStages(table, { provide: installer(table), env: fresh ? { CARGO_INCREMENTAL: "0" } : {} });
  say(lastLines(results) + summary(results));
  if (results.some(({ outcome }) => outcome === "failed")) process.exitCode = 1;
}

if (isMain(import.meta)) await main().catch(fail);
