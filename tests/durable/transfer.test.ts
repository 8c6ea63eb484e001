// `agent-registrar export`, `import` and `backup`.
import { execFile } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type RunningServer, serve } from "agent-registrar/node";
import type { Registrar } from "agent-registrar/service";
import { sqliteStore } from "agent-registrar/sqlite";
import { afterEach, expect, test } from "vitest";
import { Requests } from "../compare/generate.mjs";
import { agent, names, newFile, newFolder, registrarIn, send } from "./support.ts";

const CLI = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const QUIET = "--disable-warning=ExperimentalWarning";
const OPERATOR = "the-operators-token";
const env = { ...process.env, AGENT_REGISTRAR_OPERATOR_TOKEN: OPERATOR };

const servers: RunningServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

interface Said {
  readonly stdout: string;
  readonly stderr: string;
}

function run(...args: string[]): Promise<Said> {
  const options = { env, maxBuffer: 256 * 1024 * 1024, timeout: 120_000 };
  return promisify(execFile)(process.execPath, [QUIET, CLI, ...args], options);
}

async function refused(...args: string[]): Promise<string> {
  const error = (await run(...args).catch((cause: unknown) => cause)) as Said & { code: number };
  expect(error.code, error.stderr).toBe(2);
  return error.stderr;
}

async function started(options: object = {}): Promise<RunningServer> {
  const server = await serve({ port: 0, operatorToken: OPERATOR, tokens: [{ token: "t" }], ...options });
  servers.push(server);
  return server;
}

/** Sends generated requests, so that there is something of everything. */
function live(registrar: Registrar, count: number): void {
  const requests = new Requests(1);
  for (let index = 0; index < count; index++) {
    const { method, target, headers, body } = requests.next();
    const answer = registrar.handle(method, target, { ...headers, authorization: "Bearer t" }, body);
    try {
      requests.learn(target, JSON.parse(new TextDecoder().decode(answer.body)));
    } catch {
      // No body.
    }
  }
}

/** A file with records, and its export. */
async function exported(count = 400): Promise<{ readonly file: string; readonly lines: string }> {
  const file = newFile();
  const registrar = registrarIn(file);
  live(registrar, count);
  registrar.close();
  const { stdout, stderr } = await run("export", "--db", file);
  expect(stderr).toMatch(/^exported [\d,]+ records: 1 account, \d+ environments?, .*agents?/);
  return { file, lines: stdout };
}

test("a file moves to a new one, whose export is the same, and once more changes nothing", async () => {
  const { lines } = await exported();
  const [folder, target] = [newFolder(), newFile()];
  const out = join(folder, "agents.ndjson");
  writeFileSync(out, lines);
  const records = lines.split("\n").length - 3;
  expect((await run("import", "--db", target, out)).stderr).toContain(`(${records.toLocaleString("en")} added, 0 unchanged)`);
  expect((await run("export", "--db", target)).stdout).toBe(lines);
  expect((await run("import", "--db", target, out)).stderr).toContain(`(0 added, ${records} unchanged)`);
  // To a file of its own, which others cannot read.
  const second = join(folder, "second.ndjson");
  expect((await run("export", "--db", target, "--out", second)).stdout).toBe("");
  expect(readFileSync(second, "utf8")).toBe(lines);
  expect(statSync(second).mode & 0o077).toBe(0);
  expect(await refused("export", "--db", target, "--out", second)).toContain("exists");
  // The answers are those of the source.
  const served = registrarIn(target);
  expect(await names(served)).not.toEqual([]);
  expect((await send(served, "POST", "agent", agent(served, "New"))).status).toBe(200);
});

test("records move between a server in memory, a file and a server of a file", async () => {
  const memory = await started();
  live(memory.registrar, 300);
  await send(memory.registrar, "POST", "agent", agent(memory.registrar, "Mover"));
  const folder = newFolder();
  const out = join(folder, "agents.ndjson");
  await run("export", "--from", memory.url, "--out", out);
  const file = newFile();
  await run("import", "--db", file, out);
  const other = await started({ store: sqliteStore({ file: newFile() }) });
  expect((await run("import", "--to", `${other.url}/`, out)).stderr).toMatch(/^imported .* \([\d,]+ added/);
  const back = await run("export", "--from", other.url, "--account", "013xrzp12g3nqk8nyt0q8s8a1vd3p7wk");
  // The account and its environment are those of the configuration, with the times of their start.
  const own = (text: string): string[] => text.split("\n").filter((line) => !/"kind":"(account|environment)"/.test(line));
  expect(own(back.stdout)).toEqual(own(readFileSync(out, "utf8")));
  expect(await names(other.registrar)).toContain("Mover");
  // While a server has the file, the command names the call.
  const busy = await started({ store: sqliteStore({ file }) });
  expect(await refused("export", "--db", file)).toContain("Ask that server: export --from URL");
  expect(await refused("import", "--db", file, out)).toContain("Ask that server: import --to URL");
  expect(busy.url).toMatch(/^http/);
});

test("an account that a server lacks is made there, and its first token is told", async () => {
  const account = "013xrzp12g0000000000000000000000";
  const source = await started({ accounts: [{ id: account, name: "Elsewhere" }] });
  await send(source.registrar, "POST", "agent", agent(source.registrar, "Mover"));
  const out = join(newFolder(), "agents.ndjson");
  await run("export", "--from", source.url, "--out", out);
  const target = await started();
  const { stderr } = await run("import", "--to", target.url, out);
  const token = /its first token, which is not shown again, is (\S+)\n/.exec(stderr)?.[1];
  const headers = { authorization: `Bearer ${token}` };
  const list = await fetch(`${target.url}/api/v1/agent`, { headers });
  expect(((await list.json()) as { summaries: unknown[] }).summaries).toMatchObject([{ name: "Mover" }]);
});

test("a span that is longer than a body moves", async () => {
  const file = newFile();
  const registrar = registrarIn(file);
  const { json } = await send(registrar, "POST", "agent", agent(registrar, "Long"));
  const run_ = await send(registrar, "POST", "agent_instance/register", { agent_id: json.details.id });
  const payload = { text: `"\\ é${"x".repeat(1_048_000)}` };
  const details = { agent_instance_id: run_.json.details.id, schema_name: "é", status: "active", payload };
  const span = await send(registrar, "POST", "agent_spans", { details });
  expect(span.status).toBe(200);
  const finish = await send(registrar, "POST", `agent_spans/${span.json.details.id}/finish`, { result_payload: payload });
  expect(finish.status).toBe(200);
  registrar.close();
  const { stdout } = await run("export", "--db", file);
  const out = join(newFolder(), "agents.ndjson");
  writeFileSync(out, stdout);
  const target = newFile();
  for (const count of ["5 added, 0 unchanged", "0 added, 5 unchanged"]) {
    expect((await run("import", "--db", target, out)).stderr).toContain(`(${count})`);
  }
  expect((await run("export", "--db", target)).stdout).toBe(stdout);
  const server = await started();
  expect((await run("import", "--to", server.url, out)).stderr).toMatch(/ added/);
  const there = await send(server.registrar, "GET", `agent_spans/${span.json.details.id}`);
  expect([there.status, there.json]).toEqual([404, expect.anything()]);
  const list = await send(server.registrar, "GET", `agent_spans?agent_instance_id=${run_.json.details.id}`);
  expect(list.json.summaries).toMatchObject([{ payload, result_payload: payload }]);
});

test("a file that is cut, changed, of another format or of a newer one is refused", async () => {
  const { lines } = await exported(60);
  const file = join(newFolder(), "agents.ndjson");
  const whole = lines.split("\n");
  const target = newFile();
  for (const [content, message] of [
    [lines.slice(0, -40), "is not whole"],
    [whole.slice(0, -2).join("\n"), "is not whole"],
    ["", "is empty"],
    ["{}\n", "is not whole"],
    [`{}\n${whole.at(-2)}\n`, "is not an export"],
    [lines.replace('"version":1', '"version":2'), "which a newer agent-registrar wrote; this one reads up to 1"],
  ] as const) {
    writeFileSync(file, content);
    expect(await refused("import", "--db", target, file)).toContain(message);
    expect(existsSync(target)).toBe(false);
  }
  // Noticed at the end: what was read is imported, and the whole file may follow.
  writeFileSync(file, [...whole.slice(0, 3), ...whole.slice(4)].join("\n"));
  expect(await refused("import", "--db", target, file)).toMatch(/the totals in its last line are not those|There is no/);
  const cut = execFile(process.execPath, [QUIET, CLI, "import", "--db", target], { env });
  cut.stdin?.end(whole.slice(0, 5).join("\n"));
  const end = await new Promise<number | null>((resolve) => cut.once("exit", resolve));
  expect(end).toBe(2);
  writeFileSync(file, lines);
  await run("import", "--db", target, file);
  expect((await run("export", "--db", target)).stdout).toBe(lines);
});

test("a record that breaks a rule or contradicts another is refused with its line; --keep keeps the target's", async () => {
  const { lines } = await exported(60);
  const file = join(newFolder(), "agents.ndjson");
  const target = newFile();
  const place = lines.split("\n").findIndex((line) => line.startsWith('{"kind":"agent",'));
  const with_ = (change: (line: string) => string): void => {
    const changed = lines.split("\n");
    changed[place] = change(changed[place] as string);
    writeFileSync(file, changed.join("\n"));
  };
  with_((line) => line.replace(/"name":"(?:[^"\\]|\\.)*"/, '"name":" "'));
  expect(await refused("import", "--db", target, file)).toContain(`${file}:${place + 1}: name: Name must not be blank.`);
  with_((line) => line.slice(0, -1));
  expect(await refused("import", "--db", target, file)).toContain(`${file}:${place + 1}: The body is not valid JSON`);
  writeFileSync(file, lines);
  await run("import", "--db", target, file);
  with_((line) => line.replace(/"name":"(?:[^"\\]|\\.)*"/, '"name":"Another"'));
  expect(await refused("import", "--db", target, file)).toContain(
    `${file}:${place + 1}: id: The record with this ID exists here with other contents.`,
  );
  expect((await run("import", "--db", target, "--keep", file)).stderr).toContain("1 other one kept");
  expect((await run("export", "--db", target)).stdout).toBe(lines);
});

test("what cannot be asked is said in a line", async () => {
  const file = newFile();
  expect(await refused("export")).toContain("give either --db FILE or --from URL");
  expect(await refused("export", "--db", file)).toContain("does not exist");
  expect(await refused("import", "--db", file, "--to", "http://127.0.0.1:1", "x")).toContain("ENOENT");
  expect(await refused("export", "--from", "nowhere")).toContain("must be the address of a server");
  const { url } = await started();
  expect(await refused("export", "--from", url, "--token", "wrong")).toContain("status 401: The token is not valid.");
  expect(await refused("export", "--from", url, "--token", "t")).toMatch(/status 403: /);
  expect(await refused("export", "--from", url, "--account", "013xrzp12g0000000000000000000000")).toContain("status 404");
});

test("a backup of a live file is whole, and serves", async () => {
  const file = newFile();
  const registrar = registrarIn(file);
  live(registrar, 200);
  const copy = join(newFolder(), "copy.db");
  let isOver = false;
  let made = 0;
  const writing = (async () => {
    while (!isOver) {
      expect((await send(registrar, "POST", "agent", agent(registrar, `Agent ${made}`))).status).toBe(200);
      made += 1;
    }
  })();
  const before = await names(registrar);
  const { stderr } = await run("backup", "--db", file, "--to", copy);
  isOver = true;
  await writing;
  expect(made).toBeGreaterThan(1);
  expect(stderr).toMatch(/has 1 account, [\d,]+ bytes, and is whole/);
  expect(statSync(copy).mode & 0o077).toBe(0);
  const database = new DatabaseSync(copy);
  expect(Object.values(database.prepare("PRAGMA integrity_check").get() ?? {})).toEqual(["ok"]);
  database.close();
  const restored = await names(registrarIn(copy));
  expect(restored.slice(0, before.length)).toEqual(before);
  expect((await names(registrar)).slice(0, restored.length)).toEqual(restored);
});

test("a backup that cannot be made leaves nothing", async () => {
  const folder = newFolder();
  const [file, copy] = [join(folder, "agents.db"), join(folder, "copy.db")];
  expect(await refused("backup", "--db", file, "--to", copy)).toContain("does not exist");
  expect(await refused("backup", "--db", file)).toContain("--db and --to are needed");
  writeFileSync(file, "no database\n".repeat(400));
  expect(await refused("backup", "--db", file, "--to", copy)).toContain("not an SQLite database");
  new DatabaseSync(join(folder, "other.db")).close();
  expect(await refused("backup", "--db", join(folder, "other.db"), "--to", copy)).toContain("there are no accounts in it");
  const good = newFile();
  const registrar = registrarIn(good);
  live(registrar, 50);
  registrar.close();
  expect(await refused("backup", "--db", good, "--to", join(folder, "no", "copy.db"))).toContain("agent-registrar: ");
  expect(existsSync(copy)).toBe(false);
  copyFileSync(good, copy);
  expect(await refused("backup", "--db", good, "--to", copy)).toContain("exists");
  // Damaged but for the first and the last quarter: some of its pages are free, and damage there would not count.
  const bytes = readFileSync(good);
  bytes.fill(0x55, Math.floor(bytes.length / 4), Math.floor((bytes.length * 3) / 4));
  writeFileSync(good, bytes);
  expect(await refused("backup", "--db", good, "--to", join(folder, "third.db"))).toContain("damaged");
  expect(existsSync(join(folder, "third.db"))).toBe(false);
  expect(existsSync(join(folder, "third.db-unfinished"))).toBe(false);
});

test("a configured environment that was deleted stays deleted when its file is opened again", async () => {
  const file = newFile();
  const open = (): Registrar => registrarIn(file, { tokens: undefined });
  const first = open();
  const { environment_id: id, token, environment_token: gone } = first.defaults;
  const ask = (registrar: Registrar, method: string, path: string, bearer: string | null) =>
    registrar.fetch(`http://registrar.test/api/v1/${path}`, { method, headers: { authorization: `Bearer ${bearer}` } });
  expect((await ask(first, "DELETE", `environment/${id}`, token)).status).toBe(200);
  first.close();
  for (let times = 0; times < 2; times++) {
    const again = open();
    expect((await ask(again, "GET", `environment/${id}`, token)).status).toBe(404);
    expect((await ask(again, "GET", "ping", gone)).status).toBe(401);
    expect(again.defaults.environment_id).toBe("");
    again.close();
  }
});
