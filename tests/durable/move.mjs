// Imports and exports many agents by the command, and prints how much memory each took at most:
//
//   node tests/durable/move.mjs [AGENTS]      1,000,000 by default; needs Node 22.13, and the built package
import { spawn } from "node:child_process";
import { createWriteStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { at } from "../../scripts/lib.mjs";

const agents = Number(process.argv[2] ?? 1_000_000);
const folder = mkdtempSync(join(tmpdir(), "registrar-move-"));
const ACCOUNT = "013xrzp12g3nqk8nyt0q8s8a1vd3p7wk";
const ENVIRONMENT = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
const TIMES = { inserted_at: "2026-05-07T10:00:00.000000Z", updated_at: "2026-05-07T10:00:00.000000Z" };

/** Prints the memory of the process that loads it: the largest resident set, in KB. */
const PEAK = "process.on('exit', () => process.stderr.write('peak ' + process.resourceUsage().maxRSS + '\\n'))";

async function run(...args) {
  const started = performance.now();
  const options = ["--disable-warning=ExperimentalWarning", "--import", `data:text/javascript,${encodeURIComponent(PEAK)}`];
  const child = spawn(process.execPath, [...options, at("dist", "cli.js"), ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (said += text));
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(said);
  const megabytes = Math.round(Number(/peak (\d+)/.exec(said)?.[1]) / 1000);
  console.log(`${args[0]}: ${Math.round((performance.now() - started) / 1000)} s, at most ${megabytes} MB of memory`);
  console.log(`  ${said.split("\n").findLast((line) => /records?:/.test(line))}`);
}

/** An export with so many agents: the last digits of their ids count. */
async function write(file) {
  const out = createWriteStream(file);
  const put = async (value) => out.write(`${JSON.stringify(value)}\n`) || (await once(out, "drain"));
  await put({ format: "agent-registrar-export", version: 1 });
  await put({ kind: "account", id: ACCOUNT, name: "Default", ...TIMES, last_id: null, highest_chosen_id: ENVIRONMENT, random_position: 0 });
  await put({ kind: "environment", id: ENVIRONMENT, name: "Default", ...TIMES });
  const common = { environment_id: ENVIRONMENT, description: "d".repeat(80), retired: false, last_activity_at: null };
  for (let index = 0; index < agents; index++) {
    const id = `01m8b63km23nqk8n${String(index).padStart(16, "0")}`;
    const versions = { current_version_id: null, current_schema_version_id: null };
    await put({ kind: "agent", id, name: `Agent ${index}`, ...common, ...versions, ...TIMES });
  }
  await put({ end: true, records: { account: 1, environment: 1, agent: agents }, total: agents + 2 });
  out.end();
  await once(out, "close");
}

try {
  const [given, file, again] = ["given.ndjson", "agents.db", "again.ndjson"].map((name) => join(folder, name));
  await write(given);
  console.log(`${agents.toLocaleString("en")} agents, ${Math.round(statSync(given).size / 1e6)} MB`);
  await run("import", "--db", file, given);
  await run("export", "--db", file, "--out", again);
  if (statSync(given).size !== statSync(again).size) throw new Error("the export has another size than what was imported");
} finally {
  rmSync(folder, { recursive: true, force: true });
}
