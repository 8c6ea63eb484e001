// A file that cannot be used gives an error of one clear line and stays unchanged, and works once the cause is removed.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createRegistrar } from "agent-registrar/service";
import { sqliteStore } from "agent-registrar/sqlite";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, test, vi } from "vitest";
import { agent, names, newFile, newFolder, registrarIn, send } from "./support.ts";

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

/** The message of the error that opening a file throws. */
function refusal(file: string): { name: string; reason: string; message: string } {
  try {
    registrarIn(file);
  } catch (cause) {
    const { name, reason, message } = cause as { name: string; reason: string; message: string };
    expect(message).not.toContain("\n");
    expect(message.startsWith(`${file}: `)).toBe(true);
    return { name, reason, message };
  }
  throw new Error("it was opened");
}

/** Runs statements as another program. */
function execute(file: string, statements: string): void {
  const database = new DatabaseSync(file);
  database.exec(statements);
  database.close();
}

describe("only one server can open a file", () => {
  test("in this process: the second one is refused with the name of the holder, until close", async () => {
    const file = newFile();
    const first = registrarIn(file);
    expect((await send(first, "POST", "agent", agent(first, "Kept"))).status).toBe(200);
    const { name, reason, message } = refusal(file);
    expect([name, reason]).toEqual(["StoreError", "in_use"]);
    expect(message).toContain(`process ${process.pid} on `);
    // The refusal has not released the lock.
    expect(refusal(file).reason).toBe("in_use");
    expect((await send(first, "POST", "agent", agent(first, "Too"))).status).toBe(200);
    first.close();
    expect(await names(registrarIn(file))).toEqual(["Kept", "Too"]);
  });

  test("by any path", () => {
    const folder = newFolder();
    const file = join(folder, "agents.db");
    registrarIn(file).close();
    symlinkSync(file, join(folder, "link.db"));
    registrarIn(join(folder, "link.db"));
    expect(refusal(file).reason).toBe("in_use");
  });

  test("in another process: until that ends, however it ends", async () => {
    const file = newFile();
    const program = `
      import { createRegistrar } from "agent-registrar/service";
      import { sqliteStore } from "agent-registrar/sqlite";
      createRegistrar({ store: sqliteStore({ file: ${JSON.stringify(file)} }) });
      console.log("open");
      setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program], { stdio: ["ignore", "pipe", "ignore"] });
    children.push(child);
    await once(child.stdout as NonNullable<typeof child.stdout>, "data");
    expect(refusal(file).message).toContain(`process ${child.pid} on `);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await names(registrarIn(file))).toEqual([]);
  });

  test("two files of one process are independent", async () => {
    const [one, other] = [registrarIn(newFile()), registrarIn(newFile())];
    await send(one, "POST", "agent", agent(one, "One"));
    expect([await names(one), await names(other)]).toEqual([["One"], []]);
    one.close();
    expect((await send(other, "POST", "agent", agent(other, "Other"))).status).toBe(200);
  });
});

describe("a file that cannot be used", () => {
  test("its folder does not exist", () => {
    const folder = newFolder();
    expect(refusal(join(folder, "no", "agents.db")).message).toContain(`the folder ${join(folder, "no")} does not exist`);
    mkdirSync(join(folder, "no"));
    registrarIn(join(folder, "no", "agents.db"));
  });

  test("it is a folder", () => expect(refusal(newFolder()).message).toContain("is not a file"));

  test("this user may not write it, or its folder; it works with the right permissions", () => {
    const folder = newFolder();
    const file = join(folder, "agents.db");
    registrarIn(file).close();
    chmodSync(file, 0o444);
    const program = `
      import { chmodSync } from "node:fs";
      import { createRegistrar } from "agent-registrar/service";
      import { sqliteStore } from "agent-registrar/sqlite";
      const file = ${JSON.stringify(file)};
      // Root may write everything.
      if (process.getuid() === 0) process.setuid(65534);
      const open = () => {
        try {
          createRegistrar({ store: sqliteStore({ file }) }).close();
          return "open";
        } catch ({ reason, message }) {
          return reason + " " + message.includes("cannot be written");
        }
      };
      const said = [open()];
      chmodSync(file, 0o644);
      chmodSync(${JSON.stringify(folder)}, 0o555);
      said.push(open());
      chmodSync(${JSON.stringify(folder)}, 0o755);
      said.push(open());
      console.log(said.join(", "));`;
    if (process.getuid?.() === 0) for (const path of [folder, file, `${file}-lock`]) chownSync(path, 65534, 65534);
    const said = execFileSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" });
    expect(said.trim()).toBe("read_only true, read_only true, open");
  });

  test("it is something else, and stays as it is", () => {
    const file = newFile();
    const text = "This is no database.\n".repeat(500);
    writeFileSync(file, text);
    expect(refusal(file).reason).toBe("not_a_database");
    expect(readFileSync(file, "utf8")).toBe(text);
  });

  test("it is another program's database, and stays as it is", () => {
    const file = newFile();
    execute(file, "CREATE TABLE mine (x); INSERT INTO mine VALUES (1)");
    expect(refusal(file).reason).toBe("foreign");
    const after = new DatabaseSync(file);
    expect(
      after
        .prepare("SELECT name FROM sqlite_master")
        .all()
        .map((row) => row["name"]),
    ).toEqual(["mine"]);
    after.close();
  });

  test("its texts are not UTF-8", () => {
    const file = newFile();
    execute(file, "PRAGMA encoding = 'UTF-16le'; CREATE TABLE mine (x); DROP TABLE mine");
    const before = readFileSync(file);
    const { reason, message } = refusal(file);
    expect([reason, message]).toEqual(["foreign", expect.stringContaining("its texts are UTF-16le, and not UTF-8")]);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test("a newer version of this package wrote it", async () => {
    const file = newFile();
    const first = registrarIn(file);
    await send(first, "POST", "agent", agent(first, "Kept"));
    first.close();
    execute(file, "INSERT INTO migration (version) VALUES (1000)");
    const { reason, message } = refusal(file);
    expect(reason).toBe("newer");
    expect(message).toContain("1000");
    execute(file, "DELETE FROM migration WHERE version = 1000");
    expect(await names(registrarIn(file))).toEqual(["Kept"]);
  });

  test("it is damaged; it is never treated as an empty one", async () => {
    const file = newFile();
    const first = registrarIn(file);
    for (let index = 0; index < 200; index++) await send(first, "POST", "agent", agent(first, `Agent ${index}`));
    first.close();
    copyFileSync(file, `${file}.good`);
    truncateSync(file, 3 * 4096);
    let statuses: number[];
    try {
      const registrar = registrarIn(file);
      statuses = [(await send(registrar, "GET", "agent")).status, (await send(registrar, "POST", "agent", agent(registrar, "New"))).status];
      registrar.close();
    } catch (cause) {
      expect((cause as { reason: string }).reason).toMatch(/^(damaged|not_a_database)$/);
      statuses = [500, 500];
    }
    for (const status of statuses) expect(status).toBeGreaterThanOrEqual(500);
    copyFileSync(`${file}.good`, file);
    expect((await names(registrarIn(file))).length).toBe(200);
  });

  test("another program holds a lock: 503 while it lasts, and then it works", { timeout: 60_000 }, async () => {
    const file = newFile();
    const registrar = registrarIn(file);
    const other = new DatabaseSync(file);
    other.exec("BEGIN IMMEDIATE");
    const sent = [0, 1, 2].map((index) => send(registrar, "POST", "agent", agent(registrar, `Lost ${index}`)));
    for (const { status, headers } of await Promise.all(sent)) expect([status, headers["retry-after"]]).toEqual([503, "5"]);
    expect(await names(registrar)).toEqual([]);
    other.exec("ROLLBACK");
    expect((await send(registrar, "POST", "agent", agent(registrar, "After"))).status).toBe(200);
    other.close();
  });
});

describe("the store's options and members", () => {
  test("mistakes are reported at once", () => {
    for (const options of [
      {},
      { file: "" },
      { file: 5 },
      { file: "a\0b" },
      { file: new URL("http://a.test/") },
      { file: null },
      null,
      { file: "x", path: "y" },
      { file: "x", wasm: 5 },
    ]) {
      expect(() => sqliteStore(options as never), JSON.stringify(options)).toThrow(TypeError);
    }
    expect(() => createRegistrar({ store: sqliteStore({ file: newFile() }), wasm: new Uint8Array(8) })).toThrow(/^wasm: /);
    const file = newFile();
    expect(() => registrarIn(file, { tokens: [{ sha256: "x" }] })).toThrow(TypeError);
    // A refused registrar does not hold the file.
    registrarIn(file);
  });

  test("a file: URL names a file", () => {
    const file = newFile();
    const store = sqliteStore({ file: pathToFileURL(file) });
    expect(store.name).toBe(file);
    createRegistrar({ store }).close();
    expect(readFileSync(file).length).toBeGreaterThan(0);
  });

  test("without node:sqlite the message names the required version of Node", () => {
    vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined as never);
    const store = sqliteStore({ file: newFile() });
    expect(() => createRegistrar({ store })).toThrow(/node:sqlite, which Node has from 22\.13 on; this is v\d/);
    vi.restoreAllMocks();
  });

  test("the other entries load neither node:sqlite nor the core with a database", () => {
    const dist = new URL("../../dist/", import.meta.url);
    for (const entry of ["index.js", "service.js", "node.js", "cli.js", "cloudflare.js", "service-worker.js"]) {
      const seen = new Set<string>();
      const visit = (name: string): void => {
        if (seen.has(name)) return;
        seen.add(name);
        const text = readFileSync(new URL(name, dist), "utf8");
        expect(text, `${entry}: ${name}`).not.toMatch(/from "node:sqlite"|"\.\/wasm\/service-sql\.js"/);
        for (const [, found] of text.matchAll(/^(?:import|export)\b[^;]*?"\.\/([^"]+\.js)";$/gm)) visit(found as string);
      };
      visit(entry);
      expect(seen.size, entry).toBeGreaterThan(1);
    }
  });

  test("snapshots are refused, and the message names the alternative", () => {
    const registrar = registrarIn(newFile());
    expect(() => registrar.snapshot()).toThrow(/export and import/);
    expect(() => registrar.restore(new Uint8Array(1))).toThrow(/export and import/);
  });

  test("after close, requests are answered with 503", async () => {
    const registrar = registrarIn(newFile());
    const due = send(registrar, "POST", "agent", agent(registrar, "Due"));
    registrar.close();
    registrar.close();
    expect((await due).status).toBe(503);
    expect((await send(registrar, "GET", "agent")).status).toBe(503);
  });

  test("reset removes every record; with a seed the ids repeat", async () => {
    const registrar = registrarIn(newFile(), { now: 1_800_000_000_000, seed: "a" });
    const create = async (): Promise<string> => (await send(registrar, "POST", "agent", agent(registrar, "Any"))).json.details.id;
    const first = await create();
    registrar.reset();
    expect(await names(registrar)).toEqual([]);
    registrar.reset("a");
    expect(await names(registrar)).toEqual([]);
    expect(await create()).toBe(first);
  });

  test("the tokens of the first start stay valid, and are shown once", async () => {
    const file = newFile();
    const open = (): ReturnType<typeof registrarIn> => registrarIn(file, { tokens: undefined });
    const first = open();
    const { token, environment_token } = first.defaults;
    expect([token, environment_token]).toEqual([expect.stringMatching(/^registrar_/), expect.stringMatching(/^registrar_/)]);
    first.close();
    const second = open();
    expect(second.defaults).toMatchObject({ token: null, environment_token: null });
    for (const [text, status] of [
      [token, 200],
      [environment_token, 200],
      ["another", 401],
    ] as const) {
      const response = await second.fetch("/api/v1/agent", { headers: { authorization: `Bearer ${text}` } });
      expect(response.status).toBe(status);
    }
    second.close();
    expect(readFileSync(file).includes(Buffer.from(token as string))).toBe(false);
    // With the option `tokens`, only those are valid.
    const third = registrarIn(file, { tokens: [{ token: "t" }] });
    const response = await third.fetch("/api/v1/agent", { headers: { authorization: `Bearer ${token}` } });
    expect(response.status).toBe(401);
    third.close();
    // With the same seed, the token is the candidate again.
    const seeded = newFile();
    const tokens = [0, 1].map(() => {
      const registrar = registrarIn(seeded, { tokens: undefined, seed: "s" });
      const { token } = registrar.defaults;
      registrar.close();
      return token;
    });
    expect(tokens[1]).toBe(tokens[0]);
  });
});
