// `agent-registrar token` and `agent-registrar account`.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createRegistrar } from "agent-registrar/service";
import { sqliteStore } from "agent-registrar/sqlite";
import { expect, test } from "vitest";
import { newFile } from "./support.ts";

const CLI = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const QUIET = "--disable-warning=ExperimentalWarning";
const ACCOUNT = "013xrzp12g3nqk8nyt0q8s8a1vd3p7wk";
const ENVIRONMENT = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";

async function run(...args: string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [QUIET, CLI, ...args], { timeout: 20_000 });
  expect(stderr).toBe("");
  return stdout;
}

/** The lines of JSON that a command prints. */
async function json(...args: string[]): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const said = await run(...args, "--json");
  return said.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Readonly<Record<string, unknown>>]));
}

async function refused(...args: string[]): Promise<string> {
  const error = (await promisify(execFile)(process.execPath, [QUIET, CLI, ...args], { timeout: 20_000 }).catch(
    (cause: unknown) => cause,
  )) as { code: number; stdout: string; stderr: string };
  expect([error.code, error.stdout]).toEqual([2, ""]);
  expect(error.stderr).toMatch(/^agent-registrar: .*\n$/);
  return error.stderr;
}

/** Statuses of a request with each of these tokens, by a server of the file. */
async function statuses(file: string, target: string, ...tokens: readonly unknown[]): Promise<readonly number[]> {
  const registrar = createRegistrar({ store: sqliteStore({ file }) });
  try {
    const ask = (token: unknown) => registrar.fetch(`http://registrar${target}`, { headers: { authorization: `Bearer ${String(token)}` } });
    const answers = await Promise.all(tokens.map(ask));
    return answers.map(({ status }) => status);
  } finally {
    registrar.close();
  }
}

/** A file with the default account, as a server leaves it. */
async function served(): Promise<string> {
  const file = newFile();
  await statuses(file, "/api/v1/ping");
  return file;
}

test("a token that was created opens its account, is listed, and can be revoked", async () => {
  const file = await served();
  const said = await run("token", "create", "--db", file, "--name", "CI");
  const [token = ""] = said.split("\n");
  expect(token).toMatch(/^registrar_3nqk8n_[0-9a-z]{26}_[0-9a-z]{13}$/);
  expect(said).toContain("It is not shown again.");
  const [narrow] = await json("token", "create", "--db", file, "--environment", ENVIRONMENT, "--expires-at", "2999-01-01T00:00:00Z");
  expect(narrow).toMatchObject({ token_scope: "environment", environment_id: ENVIRONMENT, expires_at: "2999-01-01T00:00:00.000000Z" });
  expect(await statuses(file, "/api/v1/api_token", token, narrow?.["token"])).toEqual([200, 403]);
  const listed = await run("token", "list", "--db", file);
  expect(listed).toMatch(new RegExp(`^\\S{32}  active     account ${ACCOUNT}  CI\\n\\S{32}  active     environment ${ENVIRONMENT}\\n$`));
  const [first] = await json("token", "list", "--db", file);
  expect(await run("token", "revoke", "--db", file, String(first?.["id"]))).toContain("revoked");
  expect(await statuses(file, "/api/v1/ping", token, narrow?.["token"])).toEqual([401, 200]);
  expect(await refused("token", "revoke", "--db", file, String(first?.["id"]))).toContain("revoke");
});

test("an account that was created has a first token, and tokens of its own", async () => {
  const file = await served();
  const [acme] = await json("account", "create", "--db", file, "--name", "Acme");
  const { id, token } = acme as { id: string; token: string };
  expect(await json("account", "list", "--db", file)).toMatchObject([{ id: ACCOUNT }, { id, name: "Acme" }]);
  expect(await run("account", "list", "--db", file)).toContain(`${id}  Acme\n`);
  expect(await statuses(file, `/api/v1/account/${id}`, token)).toEqual([200]);
  expect(await refused("token", "list", "--db", file)).toContain("--account");
  const [made] = await json("token", "create", "--db", file, "--account", id);
  expect(made).toMatchObject({ account_id: id });
  expect(await statuses(file, `/api/v1/account/${id}`, made?.["token"])).toEqual([200]);
  expect(await json("token", "list", "--db", file, "--account", id)).toHaveLength(2);
  expect(await refused("account", "create", "--db", file, "--name", "x", "--id", id)).toContain("ID");
  expect(await refused("token", "list", "--db", file, "--account", ENVIRONMENT)).toContain("no account");
});

test("the commands add nothing but what was asked for, whatever accounts the file has", async () => {
  const file = newFile();
  const accounts = [{ id: "013xrzp12g181qm0yt0q8s8a1vd3p7wk", environments: [{ name: "Only" }] }];
  createRegistrar({ accounts, store: sqliteStore({ file }) }).close();
  await run("token", "create", "--db", file);
  expect(await json("account", "list", "--db", file)).toMatchObject([{ id: accounts[0]?.id }]);
});

test("a file that is in use, or absent, is refused in one line", async () => {
  const file = await served();
  const registrar = createRegistrar({ store: sqliteStore({ file }) });
  expect(await refused("token", "create", "--db", file)).toMatch(/has it; .* Ask that server: POST \/api\/v1\/api_token/);
  expect(await refused("account", "list", "--db", file)).toContain("GET /api/v1/account");
  registrar.close();
  expect(await refused("token", "list", "--db", newFile())).toContain("does not exist");
  expect(await refused("token", "list")).toContain("--db");
  expect(await refused("token", "create", "--db", file, "--expires-at", "2001-01-01T00:00:00Z")).toContain("future");
  expect(await refused("token", "create", "--db", file, "--environment", "x")).toContain("Environment ID");
});
