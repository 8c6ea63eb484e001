import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, describe, expect, test } from "vitest";

const CLI = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const VERSION = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version as string;

interface Running {
  readonly child: ChildProcess;
  readonly said: string;
  readonly url: string;
  readonly exit: Promise<[code: number | null, signal: string | null]>;
}

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

/** Starts the command and waits until it has said where it answers. */
async function start(...args: string[]): Promise<Running> {
  const child = spawn(process.execPath, [CLI, "--port", "0", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  const exit = once(child, "exit") as Running["exit"];
  let said = "";
  child.stderr?.on("data", (chunk) => (said += chunk));
  await new Promise<void>((resolve, reject) => {
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      said += chunk;
      if (said.includes("Ctrl+C")) resolve();
    });
    exit.then(([code]) => reject(new Error(`ended with ${code}: ${said}`)), reject);
  });
  return { child, said, exit, url: / answers at (http:\S+)\n/.exec(said)?.[1] ?? "" };
}

/** Runs the command to its end. */
async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, [CLI, ...args])) };
  } catch (cause) {
    return cause as { code: number; stdout: string; stderr: string };
  }
}

describe("agent-registrar", () => {
  test("prints the address, the ids and the tokens, and both tokens work", async () => {
    const { said, url } = await start();
    expect(said).toContain(`agent-registrar ${VERSION} answers at http://127.0.0.1:`);
    expect(said).toContain("013xrzp12g3nqk8nyt0q8s8a1vd3p7wk");
    expect(said).toContain("013xrzp12g3nqk8nzxvq7jm2arsfg5h1");
    const tokens = [/account token +(\S+)/, /environment token +(\S+)/].map((pattern) => pattern.exec(said)?.[1]);
    expect(new Set(tokens).size).toBe(2);
    for (const token of tokens) {
      const response = await fetch(`${url}/api/v1/agent`, { headers: { authorization: `Bearer ${token}` } });
      expect(response.status).toBe(200);
    }
  });

  test("the printed curl line works unchanged in a shell", async () => {
    // A token that a shell would take apart.
    const { said } = await start("serve", "--token", "it's$HOME\"`id`\\");
    const line = /^ {2}(curl .*)$/m.exec(said)?.[1] ?? "";
    const { stdout } = await promisify(execFile)("sh", ["-c", line.replace(/^curl /, "curl --silent --show-error ")]);
    expect(JSON.parse(stdout)).toMatchObject({ status: "success", details: { name: "My first agent" } });
  });

  test("opens its page connected on loopback, elsewhere by a one-time link, unless an option forbids it", async () => {
    for (const [args, opens] of [
      [[], "connected"],
      [["--page", "--token", "t"], "connected"],
      [["--host", "localhost"], "connected"],
      [["--no-page"], "no"],
      [["--token", "t"], "once"],
      [["--environment-token", "t"], "once"],
      [["--host", "0.0.0.0"], "once"],
      [["--host", "0.0.0.0", "--no-page"], "no"],
    ] as const) {
      const { said, url, child } = await start(...args);
      const [, address, words] = /^ {2}page +(\S+) \((.*)\)$/m.exec(said) ?? [];
      expect([args, words]).toEqual([args, { connected: "opens connected", once: "opens connected, once", no: "asks for a token" }[opens]]);
      expect(address).toMatch(opens === "once" ? new RegExp(`^${url}/#token=[0-9a-f]{40}$`) : new RegExp(`^${url}/$`));
      expect((await fetch(url)).headers.get("content-type")).toContain("text/html");
      const { ok } = await fetch(`${url}/_registrar/defaults`);
      expect([args, ok]).toEqual([args, opens === "connected"]);
      child.kill();
    }
  }, 60_000);

  test("accepts tokens and origins, and offers the hooks and the page's endpoint on request", async () => {
    const { url } = await start(
      "--token",
      "a",
      "--environment-token",
      "b",
      "--cors",
      "https://a.test",
      "--cors",
      "https://b.test",
      "--test-hooks",
      "--page",
    );
    for (const origin of ["https://a.test", "https://b.test"]) {
      const response = await fetch(`${url}/api/v1/ping`, { headers: { authorization: "Bearer b", origin } });
      expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([200, origin]);
    }
    expect(await (await fetch(`${url}/_registrar/defaults`)).json()).toMatchObject({ token: "a", environment_token: "b" });
    expect((await fetch(`${url}/_registrar/reset`, { method: "POST" })).status).toBe(204);
  });

  test("with a seed, two processes generate the same ids, times and tokens", async () => {
    const answers: string[] = [];
    for (const seed of ["a test", "a test", "another"]) {
      const { said, url } = await start("--seed", seed, "--test-hooks");
      await fetch(`${url}/_registrar/clock`, { method: "POST", body: '{"now":"2026-05-07T10:00:00Z"}' });
      const token = /account token +(\S+)/.exec(said)?.[1];
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      // The number of earlier requests does not matter.
      for (const _ of answers) await fetch(`${url}/api/v1/ping`, { headers });
      const body = JSON.stringify({ details: { name: "Bot", environment_id: "013xrzp12g3nqk8nzxvq7jm2arsfg5h1" } });
      const response = await fetch(`${url}/api/v1/agent`, { method: "POST", headers, body });
      answers.push(`${token} ${response.status} ${await response.text()}`);
    }
    expect(answers[0]).toContain(" 200 ");
    expect(answers[1]).toBe(answers[0]);
    expect(answers[2]).not.toBe(answers[0]);
  });

  test.each(["SIGTERM", "SIGINT"] as const)("%s ends it in good order", async (signal) => {
    const { child, url, exit } = await start("--test-hooks", "--token", "t");
    const faults = { match: { path: "/api/v1/ping" }, delay: 400 };
    await fetch(`${url}/_registrar/faults`, { method: "POST", body: JSON.stringify(faults) });
    const slow = fetch(`${url}/api/v1/ping`, { headers: { authorization: "Bearer t" } });
    while (((await (await fetch(`${url}/_registrar/faults`)).json()) as unknown[]).length > 0);
    child.kill(signal);
    expect((await slow).status).toBe(200);
    expect(await exit).toEqual([0, null]);
  });

  test("after SIGTERM, idle connections delay nothing, and requests in flight get the grace period", async () => {
    const { child, url, exit } = await start("--test-hooks", "--grace-period", "50");
    await fetch(`${url}/_registrar/faults`, { method: "POST", body: JSON.stringify({ match: { path: "/api/v1/ping" }, delay: 600_000 }) });
    const lost = expect(fetch(`${url}/api/v1/ping`)).rejects.toThrow();
    const silent = connect(Number(new URL(url).port), "127.0.0.1").on("error", () => undefined);
    while (((await (await fetch(`${url}/_registrar/faults`)).json()) as unknown[]).length > 0);
    child.kill("SIGTERM");
    expect(await exit).toEqual([0, null]);
    await lost;
    silent.destroy();
  });

  test("a second signal ends the process at once", async () => {
    const { child, url, exit } = await start("--test-hooks", "--grace-period", "600000");
    await fetch(`${url}/_registrar/faults`, { method: "POST", body: JSON.stringify({ match: { path: "/api/v1/ping" }, delay: 600_000 }) });
    const lost = expect(fetch(`${url}/api/v1/ping`)).rejects.toThrow();
    while (((await (await fetch(`${url}/_registrar/faults`)).json()) as unknown[]).length > 0);
    child.kill("SIGTERM");
    // The first one is handled when the port no longer answers.
    while (
      await fetch(url).then(
        () => true,
        () => false,
      )
    );
    child.kill("SIGTERM");
    expect(await exit).toEqual([null, "SIGTERM"]);
    await lost;
  });

  test("a port in use is reported in one line with exit code 2", async () => {
    const { url } = await start();
    const { port } = new URL(url);
    const { code, stdout, stderr } = await run("--port", port);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toBe(`agent-registrar: port ${port} on 127.0.0.1 is taken: choose another one, or 0 for any that is free\n`);
  });

  test("--help and --version", async () => {
    const help = await run("--help");
    expect([help.code, help.stderr]).toEqual([0, ""]);
    for (const option of ["serve", "validate", "pfid generate", "pfid parse", "--help", "--version"]) expect(help.stdout).toContain(option);
    for (const [command, ...options] of [
      ["serve", "--port", "--host", "--token", "--environment-token", "--cors", "--seed", "--page", "--test-hooks", "--grace-period"],
      ["validate", "--update", "--environment-id", "--json", "Exit status"],
      ["pfid", "--count", "--partition", "--at", "--json", "Exit status"],
    ]) {
      const told = await run(command as string, "--help");
      expect([told.code, told.stderr]).toEqual([0, ""]);
      expect(told.stdout).toMatch(new RegExp(`^agent-registrar ${command}: `));
      for (const option of options) expect(told.stdout).toContain(option);
      expect(await run("help", command as string)).toEqual(told);
      expect(await run("help", command as string, "generate")).toEqual(told);
      expect(await run(command as string, "-v")).toMatchObject({ code: 0, stdout: `${VERSION}\n` });
    }
    for (const args of [["--version"], ["pfid", "generate", "--version"]]) {
      expect(await run(...args)).toMatchObject({ code: 0, stdout: `${VERSION}\n` });
    }
  });

  test.each([
    [["start"], "unknown command 'start'"],
    [["serve", "more"], "unexpected argument 'more'"],
    [["validate", "--up"], "Unknown option '--up'"],
    [["validate", "-", "-"], "give it once"],
    [["validate", "--environment-id", "x", "-"], "--environment-id must be a PFID"],
    [["validate", "--environment-id", "013xrzp12g3nqk8nzxvq7jm2arsfg5h1", "--update", "-"], "has no meaning with --update"],
    [["pfid"], "generate or parse"],
    [["pfid", "make"], "unknown command 'pfid make'"],
    [["pfid", "generate", "more"], "unexpected argument 'more'"],
    [["pfid", "generate", "--count", "0"], "--count must be"],
    [["pfid", "generate", "--count", "1e3"], "--count must be"],
    [["pfid", "generate", "--partition", "1073741824"], "--partition must be"],
    [["pfid", "generate", "--partition", "x"], "--partition must be"],
    [["pfid", "generate", "--at", "tomorrow"], "--at must be"],
    [["pfid", "generate", "--at", "2026-05-07"], "--at must be"],
    [["pfid", "generate", "--at", "1969-12-31T23:59:59Z"], "--at must be"],
    [["pfid", "generate", "--at", "281474976710656"], "--at must be"],
    [["pfid", "parse"], "needs ids"],
    [["pfid", "parse", "-", "x"], "give it alone"],
    [["--prot", "1"], "Unknown option '--prot'"],
    [["--port"], "'--port <value>' argument missing"],
    [["--port", "-1"], "--port needs a value; one that begins with '-' is written --port=-…"],
    [["pfid", "generate", "--at", "-5"], "--at needs a value; one that begins with '-' is written --at=-…"],
    [["--port", "80x"], "--port must be"],
    [["--port", "65536"], "--port must be"],
    [["--port", ""], "--port must not be empty"],
    [["--port", "1", "--port", "2"], "--port is given twice"],
    [["--seed", ""], "--seed must not be empty"],
    [["--page", "--no-page"], "exclude each other"],
    [["--page=yes"], "'--page' does not take an argument"],
    [["--page", "--host", "0.0.0.0"], "--page works on a loopback address only"],
    [["--page", "--host", "192.0.2.1"], "--page works on a loopback address only"],
    [["--grace-period", "-1"], "--grace-period needs a value; one that begins with '-'"],
    [["--grace-period", "1.5"], "--grace-period must be"],
    [["--cors", "https://a.test,https://b.test"], "--cors must be an origin"],
    [["--port", "1", "validate"], "a command comes first"],
    [["help", "start"], "unknown command 'start'"],
    [["--host", ""], "--host must not be empty"],
    [["--token", ""], "--token must not be empty"],
    [["--token", "a b"], "--token must be printable ASCII"],
    [["--token", "a", "--environment-token", "a"], "must differ"],
    [["--cors", "https://a.test/"], "--cors must be an origin"],
    [["--db", ""], "--db must not be empty"],
  ])("%j is refused in one line", async (args, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^agent-registrar: .*\n$/);
    expect(stderr).toContain(message);
  });
});
