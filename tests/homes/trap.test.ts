import { describe, expect, test, vi } from "vitest";
import { abortingWasm, Instances, Places, UNREACHED } from "./drivers/aborting.ts";

const instances = new Instances();
const { createRegistrar } = await import("agent-registrar/service");
const { installRegistrar } = await import("agent-registrar/service-worker");

/** Overwrites all memory of an instance, so that its next call traps. */
function ruin(instance = instances.all.at(-1)): void {
  const memory = instance?.exports["memory"] as WebAssembly.Memory;
  new Uint8Array(memory.buffer).fill(0xff);
}

/** The causes of the failures in these tests go to the log, with the id of the request. */
const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);

const headers = { authorization: "Bearer t", "content-type": "application/json" };
type Registrar = ReturnType<typeof createRegistrar>;

function send(registrar: Registrar, method: string, target: string, content?: object) {
  const body = content === undefined ? null : new TextEncoder().encode(JSON.stringify(content));
  const answer = registrar.handle(method, `/api/v1/${target}`, headers, body);
  const header = (name: string): string | undefined => {
    const index = answer.headers.indexOf(name);
    return index < 0 ? undefined : answer.headers[index + 1];
  };
  return { status: answer.status, header, json: JSON.parse(new TextDecoder().decode(answer.body)) };
}

function create(registrar: Registrar, name = "kept", key?: string) {
  const details = { name, environment_id: registrar.defaults.environment_id };
  return send(registrar, "POST", "agent", { details, idempotency_key: key });
}

function names(registrar: Registrar): string[] {
  return send(registrar, "GET", "agent?page_size=100").json.summaries.map(({ name }: { name: string }) => name);
}

test("after a trap every request is answered with 503, until the state is back from a snapshot", async () => {
  const registrar = createRegistrar({ tokens: [{ token: "t" }] });
  expect(create(registrar, "kept").status).toBe(200);
  const snapshot = registrar.snapshot();
  expect(create(registrar, "lost").status).toBe(200);
  const before = instances.all.length;
  ruin();
  for (let round = 0; round < 3; round++) {
    const response = await registrar.fetch("/api/v1/agent", { headers });
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("5");
    expect(response.headers.get("cache-control")).toBe("no-store");
    const { status, code, message } = await response.json();
    expect([status, code]).toEqual(["error", "unexpected"]);
    expect(message).toContain(response.headers.get("x-request-id"));
    expect(message).not.toMatch(/wasm|unreachable|memory/i);
    await Promise.resolve();
    expect(logged).toHaveBeenLastCalledWith(
      expect.stringContaining(response.headers.get("x-request-id") as string),
      round === 0 ? expect.any(WebAssembly.RuntimeError) : expect.objectContaining({ name: "StateLostError" }),
    );
    expect(create(registrar).status).toBe(503);
    expect(() => registrar.snapshot()).toThrow(/lost its records/);
    expect(() => registrar.restore(new Uint8Array(5))).toThrow(TypeError);
  }
  // Attempts to restore something else, and no other.
  expect(instances.all.length).toBe(before + 3);
  registrar.restore(snapshot);
  expect(names(registrar)).toEqual(["kept"]);
  expect(create(registrar, "new").status).toBe(200);
  expect(names(registrar)).toEqual(["kept", "new"]);
});

test("a trap loses the records of one registrar, and none of another; a reset begins anew", () => {
  const start = instances.all.length;
  const [one, other] = [createRegistrar({ tokens: [{ token: "t" }] }), createRegistrar({ tokens: [{ token: "t" }] })];
  expect(instances.all.length).toBe(start + 2);
  expect([create(one).status, create(other).status]).toEqual([200, 200]);
  ruin(instances.all[start]);
  expect([create(one).status, names(other).length]).toEqual([503, 1]);
  expect(send(one, "GET", "agent").status).toBe(503);
  one.reset();
  expect([names(one).length, names(other).length]).toEqual([0, 1]);
  expect([create(one).status, create(other).status]).toEqual([200, 200]);
  expect([names(one).length, names(other).length]).toEqual([1, 2]);
});

test("ids and request ids never start again, whether a trap ends in a reset or in an older snapshot", () => {
  for (const isReset of [true, false]) {
    // A clock that stands still, and one seed: nothing but the registrar tells its ids apart.
    const registrar = createRegistrar({ tokens: [{ token: "t" }], seed: 7, now: 1_778_148_000_000 });
    const seen = new Set<string>();
    let last = "";
    const note = (answer: ReturnType<typeof create>): void => {
      const id = answer.json.details.id as string;
      expect(id > last).toBe(true);
      last = id;
      const requestId = answer.header("x-request-id") as string;
      expect(seen.has(requestId)).toBe(false);
      seen.add(requestId);
    };
    note(create(registrar));
    const snapshot = registrar.snapshot();
    for (let count = 0; count < 5; count++) note(create(registrar));
    ruin();
    const lost = create(registrar);
    expect(lost.status).toBe(503);
    seen.add(lost.header("x-request-id") as string);
    if (isReset) registrar.reset();
    else registrar.restore(snapshot);
    for (let count = 0; count < 5; count++) note(create(registrar));
    registrar.reset();
    for (let count = 0; count < 5; count++) note(create(registrar));
    // As a new registrar of that seed.
    registrar.reset(7);
    last = "";
    seen.clear();
    note(create(registrar));
  }
});

describe("an abort at any place", () => {
  const module = new WebAssembly.Module(abortingWasm("service"));
  const places = new Places();

  /** How many places a request passes. */
  function placesOf(request: () => unknown): number {
    instances.fuse.value = UNREACHED;
    request();
    const passed = UNREACHED - instances.fuse.value;
    instances.fuse.value = 0;
    return passed;
  }

  /** Whether a request ended before its place: requests do not all pass as many. From now on, none traps. */
  function isUnreached(): boolean {
    const left = instances.fuse.value;
    instances.fuse.value = 0;
    return left > 0;
  }

  test("costs the state of one registrar, which a snapshot brings back whole", { timeout: 600_000 }, () => {
    const other = createRegistrar({ tokens: [{ token: "t" }] });
    expect(create(other, "whole").status).toBe(200);
    const registrar = createRegistrar({ tokens: [{ token: "t" }], wasm: module });
    for (let count = 0; count < 20; count++) expect(create(registrar, `agent ${count}`, `key-${count}`).status).toBe(200);
    const requests = [
      () => create(registrar, "aborted", "aborted"),
      () => send(registrar, "GET", "agent?sorting=-name"),
      () => send(registrar, "POST", "bulk", { items: [{ _type: "agents/list", idempotency_key: "bulk-list" }] }),
      () => registrar.snapshot(),
    ];
    for (const request of requests) {
      const snapshot = registrar.snapshot();
      const whole = names(registrar);
      registrar.restore(snapshot);
      const most = placesOf(request);
      registrar.restore(snapshot);
      let reached = 0;
      const rounds = places.count(60);
      for (let round = 0; round < rounds; round++) {
        instances.fuse.value = round < 20 ? 1 + round : places.below(most);
        let answer: Partial<ReturnType<typeof send>> = { status: 200 };
        try {
          answer = request() as typeof answer;
        } catch {
          answer = { status: 503 };
        }
        if (isUnreached()) {
          expect(answer.status ?? 200).toBe(200);
          registrar.restore(snapshot);
          continue;
        }
        reached += 1;
        expect(answer.status).toBe(503);
        if (answer.header !== undefined) expect(answer.json.message).toContain(answer.header("x-request-id"));
        expect(send(registrar, "GET", "agent").status).toBe(503);
        registrar.restore(snapshot);
        expect(names(registrar)).toEqual(whole);
        // An abort while the snapshot is restored changes nothing.
        instances.nextFuse = places.below(3_000);
        let isRestored = true;
        try {
          registrar.restore(snapshot);
        } catch (error) {
          isRestored = false;
          expect(error).toBeInstanceOf(RangeError);
          // It was dropped: the one before is still there.
          instances.all.pop();
        }
        if (isRestored) instances.fuse.value = 0;
        expect([isRestored, names(registrar)]).toEqual([isRestored, whole]);
      }
      expect(reached).toBeGreaterThan(rounds / 2);
      // The keys are there, too.
      const again = create(registrar, "agent 3", "key-3");
      expect([again.status, again.header("idempotency-replayed")]).toEqual([200, "true"]);
    }
    expect(names(other)).toEqual(["whole"]);
  });

  test("in a Service Worker is answered with 503 until a reset", { timeout: 600_000 }, async () => {
    const listeners = new Map<string, (event: never) => void>();
    const scope = {
      location: { origin: "http://page.test" },
      clients: { claim: async () => undefined },
      skipWaiting: async () => undefined,
      addEventListener: (type: string, listener: (event: never) => void) => void listeners.set(type, listener),
    };
    const registrar = await installRegistrar(scope, { tokens: [{ token: "t" }], wasm: module });
    const body = JSON.stringify({ details: { name: "Bot", environment_id: registrar.defaults.environment_id } });
    const ask = (method: string): Promise<Response> => {
      const request = new Request("http://page.test/api/v1/agent", { method, headers, body: method === "GET" ? null : body });
      return new Promise((resolve) => listeners.get("fetch")?.({ request, respondWith: resolve } as never));
    };
    instances.fuse.value = UNREACHED;
    expect((await ask("POST")).status).toBe(200);
    const most = UNREACHED - instances.fuse.value;
    for (let round = 0; round < places.count(40); round++) {
      instances.fuse.value = places.below(most);
      for (const method of ["POST", "GET"]) {
        const response = await ask(method);
        if (method === "POST" && isUnreached()) {
          expect(response.status).toBe(200);
          break;
        }
        expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
        expect((await response.json()).message).toContain(response.headers.get("x-request-id"));
      }
      registrar.reset();
      expect((await ask("POST")).status).toBe(200);
      expect(JSON.parse(await (await ask("GET")).text()).pagination.item_count).toBe(1);
    }
  });
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
    const before = instances.all.length;
    const check = (madeMeanwhile = 0) => {
      const { body } = registrar.handle("GET", "/api/v1/agent", headers, null);
      expect(JSON.parse(new TextDecoder().decode(body)).pagination.item_count).toBe(1);
      expect(instances.all.length).toBe(before + madeMeanwhile);
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
    check(1);
  });
});

test("a stack overflow within a call costs other registrars nothing", () => {
  const [one, other] = [createRegistrar({ tokens: [{ token: "t" }] }), createRegistrar({ tokens: [{ token: "t" }] })];
  expect([create(one).status, create(other).status]).toEqual([200, 200]);
  const snapshot = one.snapshot();
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
  expect([200, 503]).toContain(send(one, "GET", "agent").status);
  one.restore(snapshot);
  expect([names(one).length, names(other).length]).toEqual([1, 1]);
  expect([create(one).status, create(other).status]).toEqual([200, 200]);
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
  expect((await create())[0]).toBe(503);
  registrar.reset();
  expect(await create()).toEqual([200, environment_id]);
  expect(registrar.defaults.environment_id).toBe(environment_id);
});
