// The names under which a browser may reach what needs no token of the API, and the token of the test hooks.
import { type RunningServer, serve, type ServeOptions } from "agent-registrar/node";
import { afterEach, describe, expect, test } from "vitest";
import { send } from "./drivers/send.ts";

let server: RunningServer | undefined;

async function start(options: ServeOptions = {}): Promise<RunningServer> {
  server = await serve({ port: 0, tokens: [{ token: "t" }], ...options });
  return server;
}

afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function status(path: string, host: string, headers: Record<string, string> = {}): Promise<number> {
  return (await send(server?.url ?? "", path, { method: "GET", headers: { host, ...headers } })).status;
}

/** Names that cannot be made to resolve to another machine. */
const OWN = ["127.0.0.1", "127.0.0.1:8787", "localhost", "LOCALHOST:1", "localhost.", "app.localhost", "[::1]", "[::1]:8787"];
/** Addresses of this machine, or of one that passes requests on. */
const ADDRESSES = ["192.168.0.7", "10.0.0.1:80", "[fe80::1]:8787"];
const FOREIGN = [
  ...["evil.example", "evil.example:8787", "127.0.0.1.evil.example", "localhost.evil.example", "localhost@evil.example", "0x7f.1"],
  ...[
    "127.0.0.1:8787.evil.example",
    "registrar.test.evil.example",
    "xregistrar.test",
    "localhost\u0000.evil.example".replace("\u0000", "_"),
  ],
  ...["2130706433", "127.1", "[::1", "[evil]", " ", "localhost,evil.example", "[::1].evil.example"],
];

describe("the test hooks", () => {
  test.each([...OWN, ...ADDRESSES])("answer to Host %s", async (host) => {
    await start({ testHooks: true });
    expect(await status("/_registrar/clock", host)).toBe(200);
  });

  test.each(FOREIGN)("refuse Host %j", async (host) => {
    await start({ testHooks: true, allowedHosts: ["registrar.test"] });
    for (const hook of ["clock", "snapshot", "faults", "nothing"]) expect(await status(`/_registrar/${hook}`, host)).toBe(403);
  });

  test("answer to names of allowedHosts, in any case and with any port", async () => {
    await start({ testHooks: true, allowedHosts: ["registrar.test", "Other_1.example"] });
    for (const host of ["registrar.test", "REGISTRAR.test:1", "registrar.test.", "other_1.example:80"]) {
      expect(await status("/_registrar/clock", host)).toBe(200);
    }
  });

  test("change nothing for a foreign name", async () => {
    await start({ testHooks: true });
    const faults = { method: "POST", headers: { host: "evil.example" }, body: new TextEncoder().encode('{"status":500}') };
    expect((await send(server?.url ?? "", "/_registrar/faults", faults)).status).toBe(403);
    expect((await send(server?.url ?? "", "/api/v1/ping", { method: "GET", headers: { authorization: "Bearer t" } })).status).toBe(200);
  });

  test("need no token on a loopback host, unless one is given", async () => {
    expect((await start({ testHooks: true })).testHooksToken).toBeUndefined();
    await server?.close();
    expect((await start({ testHooks: true, host: "localhost" })).testHooksToken).toBeUndefined();
    expect(await status("/_registrar/clock", "localhost")).toBe(200);
    await server?.close();
    expect((await start({ testHooks: true, testHooksToken: "hooks" })).testHooksToken).toBe("hooks");
    expect(await status("/_registrar/clock", "localhost")).toBe(401);
    expect(await status("/_registrar/clock", "localhost", { authorization: "Bearer hooks" })).toBe(200);
  });

  test.each(["0.0.0.0", "::"])("need a token of their own on %s", async (host) => {
    const { testHooksToken = "", defaults } = await start({ testHooks: true, host, tokens: undefined, operatorToken: "operator" });
    expect(testHooksToken).toMatch(/^registrar_hooks_[0-9a-f]{32}$/);
    const wrong = [
      "",
      "t",
      "Bearer",
      "Bearer ",
      `Bearer ${testHooksToken}x`,
      `Bearer ${testHooksToken.slice(0, -1)}`,
      `Basic ${testHooksToken}`,
    ];
    // The API's own tokens are others.
    const others = [defaults.token, defaults.environment_token, "operator"].map((token) => `Bearer ${token}`);
    for (const authorization of [...wrong, ...others]) {
      for (const hook of ["clock", "snapshot", "faults", "nothing"]) {
        expect(await status(`/_registrar/${hook}`, "127.0.0.1", { authorization })).toBe(401);
      }
    }
    const answer = await send(server?.url ?? "", "/_registrar/clock", { method: "GET", headers: {} });
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    for (const scheme of ["Bearer", "bearer"]) {
      expect(await status("/_registrar/clock", "127.0.0.1", { authorization: `${scheme} ${testHooksToken}` })).toBe(200);
    }
    // The token of the hooks opens nothing else.
    expect(await status("/api/v1/ping", "127.0.0.1", { authorization: `Bearer ${testHooksToken}` })).toBe(401);
  });

  test("a token of each start is another one", async () => {
    const first = (await start({ testHooks: true, host: "0.0.0.0", seed: "s" })).testHooksToken;
    await server?.close();
    expect((await start({ testHooks: true, host: "0.0.0.0", seed: "s" })).testHooksToken).not.toBe(first);
  });
});

describe("the page's ids and tokens", () => {
  test.each(OWN)("are told under Host %s", async (host) => {
    await start({ page: true });
    expect(await status("/_registrar/defaults", host)).toBe(200);
  });

  // A proxy that passes requests on may be reached by its address.
  test.each([...FOREIGN, ...ADDRESSES])("are not told under Host %j", async (host) => {
    await start({ page: true });
    expect(await status("/_registrar/defaults", host, { authorization: "Bearer t" })).toBe(404);
  });

  test("are told under names of allowedHosts", async () => {
    await start({ page: true, allowedHosts: ["registrar.test"] });
    expect(await status("/_registrar/defaults", "registrar.test:8787")).toBe(200);
  });
});

describe("the metrics on a port of their own", () => {
  test("answer to own names alone on a loopback host", async () => {
    const { metricsPort } = await start({ metricsPort: 0, allowedHosts: ["registrar.test"] });
    const of = async (host: string): Promise<number> =>
      (await send(`http://127.0.0.1:${metricsPort}`, "/metrics", { method: "GET", headers: { host } })).status;
    for (const host of [...OWN, ...ADDRESSES, "registrar.test"]) expect(await of(host)).toBe(200);
    for (const host of FOREIGN) expect(await of(host)).toBe(403);
  });
});

test.each([
  [{ testHooksToken: "t" }, "testHooksToken: needs testHooks"],
  [{ testHooks: true, testHooksToken: "a b" }, "testHooksToken: must be printable"],
  [{ testHooks: true, testHooksToken: "" }, "testHooksToken: must be printable"],
  [{ testHooks: true, testHooksToken: 1 }, "testHooksToken: must be printable"],
  [{ allowedHosts: "registrar.test" }, "allowedHosts: must be an array"],
  [{ allowedHosts: ["registrar.test:80"] }, "allowedHosts[0]: must be a host name"],
  [{ allowedHosts: ["*"] }, "allowedHosts[0]: must be a host name"],
  [{ allowedHosts: ["a", ""] }, "allowedHosts[1]: must be a host name"],
])("%j is refused", async (options, message) => {
  await expect(serve({ port: 0, ...options } as ServeOptions)).rejects.toThrow(message);
});
