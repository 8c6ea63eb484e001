// The probes, the log and the metrics of a store that fails.
import { StatementSync } from "node:sqlite";
import { serve } from "agent-registrar/node";
import { sqliteStore } from "agent-registrar/sqlite";
import { afterEach, expect, test, vi } from "vitest";
import { newFile, registrarIn } from "./support.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** Makes every statement fail with SQLite's result code. */
function breakStore(errcode: number): void {
  vi.spyOn(StatementSync.prototype, "all").mockImplementation(() => {
    throw Object.assign(new Error("planted\nfailure"), { code: "ERR_SQLITE_ERROR", errcode, errstr: "injected" });
  });
}

const BUSY = 5;
const IOERR = 10;
const DAMAGED = 11;
const FULL = 13;

test.each([BUSY, IOERR, DAMAGED, FULL])("a store that fails with %d is not ready, and the process is healthy", async (errcode) => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const registrar = registrarIn(newFile());
  const probe = async (path: string, method = "GET"): Promise<[number, string | null]> => {
    const { status, headers } = await registrar.fetch(`http://registrar.test${path}`, { method });
    return [status, headers.get("retry-after")];
  };
  for (const method of ["GET", "HEAD"]) {
    breakStore(errcode);
    expect(await probe("/readyz", method)).toEqual([503, "5"]);
    expect(await probe("/healthz", method)).toEqual([200, null]);
    vi.mocked(StatementSync.prototype.all).mockRestore();
    expect(await probe("/readyz", method)).toEqual([200, null]);
  }
  registrar.close();
  expect(await probe("/readyz")).toEqual([503, "5"]);
  expect(await probe("/healthz")).toEqual([200, null]);
});

test("the log has the cause, and the metrics say that the store is not ready", async () => {
  const said: string[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((chunk) => said.push(String(chunk)) > 0);
  const server = await serve({ port: 0, metricsPort: 0, log: "json", tokens: [{ token: "t" }], store: sqliteStore({ file: newFile() }) });
  try {
    const get = (path: string, port = server.port) => fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: "Bearer t" } });
    breakStore(IOERR);
    const failed = await get("/api/v1/agent");
    expect(failed.status).toBe(503);
    expect(await (await get("/metrics", server.metricsPort)).text()).toContain("\nagent_registrar_ready 0\n");
    vi.mocked(StatementSync.prototype.all).mockRestore();
    expect(await (await get("/metrics", server.metricsPort)).text()).toContain("\nagent_registrar_ready 1\n");
    await server.close();
    const records = said
      .join("")
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Record<string, string>);
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      level: "error",
      status: 503,
      operation: "agents/list",
      request_id: failed.headers.get("x-request-id"),
    });
    // The chain: the service's own words, the store's, the database's.
    expect(records[0]?.["cause"]).toMatch(/^the store cannot answer now: .*: .*planted failure/);
  } finally {
    await server.close();
  }
});
