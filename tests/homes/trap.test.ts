import { expect, test } from "vitest";

/** Captures the instances that the package makes, which it shows nobody. */
const instances: WebAssembly.Instance[] = [];
const RealInstance = WebAssembly.Instance;
WebAssembly.Instance = class {
  constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
    const instance = new RealInstance(module, imports);
    instances.push(instance);
    return instance;
  }
} as typeof WebAssembly.Instance;
const { createRegistrar } = await import("agent-registrar/service");

function ruin(): void {
  const memory = instances.at(-1)?.exports["memory"] as WebAssembly.Memory;
  new Uint8Array(memory.buffer).fill(0xff);
}

test("a trap is answered as a fault of ours, and the next request works", async () => {
  const registrar = createRegistrar({ tokens: [{ token: "t" }] });
  const headers = { authorization: "Bearer t", "content-type": "application/json" };
  const list = () => registrar.fetch("/api/v1/agent", { headers });
  const create = async (name: string) => {
    const body = JSON.stringify({ details: { name, environment_id: registrar.defaults.environment_id } });
    return (await registrar.fetch("/api/v1/agent", { method: "POST", headers, body })).status;
  };
  const names = async () =>
    ((await (await list()).json()) as { summaries: { name: string }[] }).summaries.map(({ name }) => name);

  expect(await create("kept")).toBe(200);
  registrar.snapshot();
  expect(await create("lost")).toBe(200);
  for (let round = 0; round < 3; round++) {
    const before = instances.length;
    ruin();
    const response = await list();
    expect(response.status).toBe(500);
    expect(response.headers.get("cache-control")).toBe("no-store");
    const { status, code, message } = await response.json();
    expect([status, code]).toEqual(["error", "unexpected"]);
    expect(message).toContain(response.headers.get("x-request-id"));
    expect(message).not.toMatch(/wasm|unreachable|memory/i);
    expect(instances.length).toBe(before + 1);
    // What was there at the last snapshot is there again.
    expect(await names()).toEqual(["kept"]);
  }
  expect(await create("new")).toBe(200);
  expect(await names()).toEqual(["kept", "new"]);
});

test("a registrar that lost its core to another's trap works on", async () => {
  const [one, other] = [createRegistrar(), createRegistrar()];
  const ping = async (registrar: typeof one) => {
    const headers = { authorization: `Bearer ${registrar.defaults.token}` };
    return (await registrar.fetch("/api/v1/ping", { headers })).status;
  };
  expect([await ping(one), await ping(other)]).toEqual([200, 200]);
  ruin();
  expect(await ping(one)).toBe(500);
  expect([await ping(one), await ping(other)]).toEqual([200, 200]);
});
