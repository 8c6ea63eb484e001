import { describe, expect, test, vi } from "vitest";

/** Captures the instances that the package creates and does not expose. */
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

/** Overwrites all memory of an instance, so that its next call traps. */
function ruin(instance = instances.at(-1)): void {
  const memory = instance?.exports["memory"] as WebAssembly.Memory;
  new Uint8Array(memory.buffer).fill(0xff);
}

/** The causes of the failures in these tests go to the log, with the id of the request. */
const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);

test("a trap is answered as an internal error, and the next request works", async () => {
  const registrar = createRegistrar({ tokens: [{ token: "t" }] });
  const headers = { authorization: "Bearer t", "content-type": "application/json" };
  const list = () => registrar.fetch("/api/v1/agent", { headers });
  const create = async (name: string) => {
    const body = JSON.stringify({ details: { name, environment_id: registrar.defaults.environment_id } });
    return (await registrar.fetch("/api/v1/agent", { method: "POST", headers, body })).status;
  };
  const names = async () => ((await (await list()).json()) as { summaries: { name: string }[] }).summaries.map(({ name }) => name);

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
    expect(logged).toHaveBeenLastCalledWith(
      expect.stringContaining(response.headers.get("x-request-id") as string),
      expect.any(WebAssembly.RuntimeError),
    );
    expect(message).not.toMatch(/wasm|unreachable|memory/i);
    // The state of the last snapshot is restored.
    expect(await names()).toEqual(["kept"]);
    expect(instances.length).toBe(before + 1);
  }
  expect(await create("new")).toBe(200);
  expect(await names()).toEqual(["kept", "new"]);
});

test("a trap loses the records of one registrar, and none of another", async () => {
  const start = instances.length;
  const [one, other] = [createRegistrar({ tokens: [{ token: "t" }] }), createRegistrar({ tokens: [{ token: "t" }] })];
  expect(instances.length).toBe(start + 2);
  const headers = { authorization: "Bearer t", "content-type": "application/json" };
  const create = (registrar: typeof one): number => {
    const details = { name: "kept", environment_id: registrar.defaults.environment_id };
    return registrar.handle("POST", "/api/v1/agent", headers, new TextEncoder().encode(JSON.stringify({ details }))).status;
  };
  const count = (registrar: typeof one): number | undefined => {
    const { status, body } = registrar.handle("GET", "/api/v1/agent", headers);
    return status === 200 ? JSON.parse(new TextDecoder().decode(body)).pagination.item_count : undefined;
  };
  expect([create(one), create(other)]).toEqual([200, 200]);
  ruin(instances[start]);
  // Without a snapshot, the registrar that trapped starts empty.
  expect([count(one), count(other)]).toEqual([undefined, 1]);
  expect([count(one), count(other)]).toEqual([0, 1]);
  expect([create(one), create(other)]).toEqual([200, 200]);
  expect([count(one), count(other)]).toEqual([1, 2]);
  expect(instances.length).toBe(start + 3);
});

test("all registrars share one compiled module", () => {
  const compile = vi.spyOn(WebAssembly, "Module");
  createRegistrar();
  createRegistrar();
  expect(compile).not.toHaveBeenCalled();
  compile.mockRestore();
});

describe("errors other than traps lose no records", () => {
  const keeper = async () => {
    const registrar = createRegistrar({ tokens: [{ token: "t" }] });
    const headers = { authorization: "Bearer t", "content-type": "application/json" };
    const body = new TextEncoder().encode(JSON.stringify({ details: { name: "kept", environment_id: registrar.defaults.environment_id } }));
    expect(registrar.handle("POST", "/api/v1/agent", headers, body).status).toBe(200);
    const before = instances.length;
    const check = (madeMeanwhile = 0) => {
      const { body } = registrar.handle("GET", "/api/v1/agent", headers, null);
      expect(JSON.parse(new TextDecoder().decode(body)).pagination.item_count).toBe(1);
      expect(instances.length).toBe(before + madeMeanwhile);
    };
    return { registrar, headers, check };
  };

  test("a caller's mistakes", async () => {
    const { registrar, check } = await keeper();
    expect(registrar.handle("GET", "/api/v1/ping").status).toBe(401);
    const throwing = {
      get authorization(): string {
        throw new TypeError("mine");
      },
    };
    for (const call of [
      () => registrar.handle("GET", "/api/v1/ping", throwing),
      () =>
        registrar.handle(
          {
            toString() {
              throw new RangeError("mine");
            },
          } as never,
          "/api/v1/ping",
        ),
      () => registrar.handle("POST", "/api/v1/ping", {}, new ArrayBuffer(9) as never),
      () => registrar.handle("POST", "/api/v1/ping", {}, 5 as never),
      () => registrar.handle("GET", null as never),
    ]) {
      try {
        call();
      } catch {
        // The exception of the caller's own code.
      }
      check();
    }
  });

  test("a configuration that the core refuses", async () => {
    const { check } = await keeper();
    expect(() => createRegistrar({ accounts: [{ id: "x" }] })).toThrow(TypeError);
    check(1);
  });

  test("input beyond all limits", async () => {
    const { registrar, headers, check } = await keeper();
    const huge = "a".repeat(360e6);
    const target = await registrar.fetch(`http://h.test/x?${huge}`, { headers });
    expect([target.status, (await target.json()).code]).toEqual([400, "bad_request"]);
    for (const name of ["authorization", "content-type", "accept", "origin"]) {
      expect(registrar.handle("GET", "/api/v1/agent", { ...headers, [name]: huge }).status).toBe(400);
    }
    expect(registrar.handle("GET", `/api/v1/agent?x=${"a".repeat(1_000_000)}`, headers).status).not.toBe(500);
    check();
    expect(() => registrar.restore(new Uint8Array(2 ** 30 + 1))).toThrow(/^snapshot: must be/);
    check();
  });

  test("long bytes that are no snapshot", async () => {
    const { registrar, check } = await keeper();
    expect(() => registrar.restore(new Uint8Array(100e6))).toThrow(/^snapshot: must be/);
    check();
  });
});

test("after a stack overflow within a call, the next one works, and other registrars lose nothing", async () => {
  const [one, other] = [createRegistrar({ tokens: [{ token: "t" }] }), createRegistrar({ tokens: [{ token: "t" }] })];
  const headers = { authorization: "Bearer t", "content-type": "application/json" };
  const create = (registrar: typeof one): number => {
    const details = { name: "kept", environment_id: registrar.defaults.environment_id };
    return registrar.handle("POST", "/api/v1/agent", headers, new TextEncoder().encode(JSON.stringify({ details }))).status;
  };
  const count = (registrar: typeof one): number => {
    const { body } = registrar.handle("GET", "/api/v1/agent", headers);
    return JSON.parse(new TextDecoder().decode(body)).pagination.item_count as number;
  };
  expect([create(one), create(other)]).toEqual([200, 200]);
  one.snapshot();
  let calls = 0;
  const dive = (): void => {
    try {
      dive();
    } finally {
      if (calls < 200) {
        calls += 1;
        one.handle("GET", "/api/v1/agent", headers);
      }
    }
  };
  expect(dive).toThrow(RangeError);
  expect(calls).toBe(200);
  expect([count(one), count(other)]).toEqual([1, 1]);
  expect([create(one), create(other)]).toEqual([200, 200]);
});

test("an environment with a generated id keeps it after a reset and after a trap", async () => {
  let now = 1_000_000;
  const registrar = createRegistrar({ accounts: [{ id: "013xrzp12g181qm0yt0q8s8a1vd3p7wk" }], now: () => now });
  const { environment_token, environment_id } = registrar.defaults;
  const create = async () => {
    const headers = { authorization: `Bearer ${environment_token}`, "content-type": "application/json" };
    const response = await registrar.fetch("/api/v1/agent", { method: "POST", headers, body: '{"details":{"name":"Bot"}}' });
    const { details } = (await response.json()) as { details: { environment_id: string } };
    return [response.status, details?.environment_id];
  };
  expect(await create()).toEqual([200, environment_id]);
  now += 5000;
  registrar.reset();
  expect(await create()).toEqual([200, environment_id]);
  now += 5000;
  ruin();
  expect((await create())[0]).toBe(500);
  expect(await create()).toEqual([200, environment_id]);
  expect(registrar.defaults.environment_id).toBe(environment_id);
});
