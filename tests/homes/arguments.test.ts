// Arguments of every kind of value, and of other realms, for the service: options are named, and `fetch` answers.
import { runInNewContext } from "node:vm";
import { createRegistrar, type Registrar, type RegistrarOptions } from "agent-registrar/service";
import { installRegistrar } from "agent-registrar/service-worker";
import { describe, expect, test, vi } from "vitest";

const account = "013xrzp12g181qm0yt0q8s8a1vd3p7wk";

const mine = (): never => {
  throw new Error("mine");
};

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

const odd: readonly (readonly [string, unknown])[] = [
  ["a symbol", Symbol("x")],
  ["an object without a prototype", Object.create(null)],
  ["an object whose toString throws", { toString: mine }],
  ["an object whose tag throws", Object.defineProperty({}, Symbol.toStringTag, { get: mine })],
  ["a revoked proxy", revoked({})],
  ["a revoked proxy of an array", revoked([])],
  [
    "a proxy whose traps throw",
    new Proxy({}, { get: mine, has: mine, ownKeys: mine, getPrototypeOf: mine, getOwnPropertyDescriptor: mine }),
  ],
  ["a bigint", 2n ** 60n],
  ["NaN", Number.NaN],
  ["a boxed number", new Number(1)],
  ["a class instance", new (class Row {})()],
  ["a Map", new Map()],
  ["an invalid Date", new Date(Number.NaN)],
  ["a regular expression", /x/],
  ["a promise", Promise.resolve()],
  ["null", null],
  ["true", true],
];

/** The options that take an odd value, and the names with which the error may begin. */
const places: readonly (readonly [string, (value: unknown) => unknown])[] = [
  ["accounts", (value) => ({ accounts: value })],
  ["accounts[0]", (value) => ({ accounts: [value] })],
  ["accounts[0].id", (value) => ({ accounts: [{ id: value }] })],
  ["accounts[0].name", (value) => ({ accounts: [{ id: account, name: value }] })],
  ["accounts[0].environments", (value) => ({ accounts: [{ id: account, environments: value }] })],
  ["accounts[0].environments[0].id", (value) => ({ accounts: [{ id: account, environments: [{ id: value }] }] })],
  ["accounts[0].environments[0].name", (value) => ({ accounts: [{ id: account, environments: [{ name: value }] }] })],
  ["tokens", (value) => ({ tokens: value })],
  ["tokens[0]", (value) => ({ tokens: [value] })],
  ["tokens[0]", (value) => ({ tokens: [{ token: value }] })],
  ["tokens[0]", (value) => ({ tokens: [{ sha256: value }] })],
  ["cors", (value) => ({ cors: value })],
  ["cors[0]", (value) => ({ cors: [value] })],
  ["now", (value) => ({ now: value })],
  ["seed", (value) => ({ seed: value })],
  ["wasm", (value) => ({ wasm: value })],
];

function thrownBy(call: () => unknown): Error {
  try {
    call();
  } catch (cause) {
    return cause as Error;
  }
  return expect.unreachable("nothing was thrown");
}

describe.each(odd)("%s", (kind, value) => {
  test.each(places)("as %s is a TypeError that names it", (name, options) => {
    const isSafeTime = name === "now" && value === 2n ** 60n;
    const { name: kind, message } = thrownBy(() => createRegistrar(options(value) as RegistrarOptions));
    expect([kind, message.startsWith(`${name}`), message]).toEqual(["TypeError", true, message]);
    expect(message).toMatch(isSafeTime ? /^now/ : /(must|could not be read|is not known)/);
  });

  test("as a fault, or a part of one, is a TypeError that names it", () => {
    const { faults } = createRegistrar();
    const parts = ["match", "nth", "times", "delay", "status", "headers", "drop"];
    for (const part of parts) {
      // `null` is a valid number of times in JSON, and booleans are valid drops.
      if ((part === "times" && value === null) || (part === "drop" && value === true)) continue;
      // An object without keys matches everything, and has no headers.
      if ((part === "match" || part === "headers") && isEmpty(value)) continue;
      expect(thrownBy(() => faults.add({ status: 503, [part]: value } as object)).message).toMatch(new RegExp(`^fault\\.${part}`));
    }
    for (const part of ["method", "path"]) {
      if (part === "path" && kind === "a regular expression") continue;
      const { message } = thrownBy(() => faults.add({ status: 503, match: { [part]: value } } as object));
      expect(message).toMatch(new RegExp(`^fault\\.match\\.${part}: must`));
    }
    expect(thrownBy(() => faults.add(value as object)).message).toMatch(/^fault/);
    expect(faults.isEmpty).toBe(true);
  });

  test("as an argument of another method is a TypeError that names it", () => {
    const registrar = createRegistrar();
    expect(thrownBy(() => registrar.restore(value as Uint8Array)).message).toMatch(/^snapshot: /);
    expect(thrownBy(() => registrar.reset(value as string)).message).toMatch(/^seed: /);
    expect(thrownBy(() => registrar.handle(value as string, "/")).message).toMatch(/^method: /);
    expect(thrownBy(() => registrar.handle("GET", value as string)).message).toMatch(/^target: /);
    if (value !== null) expect(thrownBy(() => registrar.handle("POST", "/", {}, value as Uint8Array)).message).toMatch(/^body: /);
  });

  test("in a request is answered", async () => {
    const registrar = createRegistrar();
    const url = "http://h.test/api/v1/agent";
    const calls: unknown[][] = [
      [value],
      [url, value],
      ...["method", "headers", "signal"].map((key) => [url, { [key]: value }]),
      [url, { method: "POST", body: value }],
      ...["url", "method", "headers", "body", "signal", "bodyUsed"].map((key) => [
        { url, method: "POST", headers: {}, body: "{}", [key]: value },
      ]),
    ];
    for (const [input, init] of calls) {
      const response = await registrar.fetch(input as string, init as RequestInit);
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(response.status).toBeLessThan(500);
      expect(await response.json()).toMatchObject({ status: "error" });
    }
  });
});

/** Whether it is an object without readable keys. */
function isEmpty(value: unknown): boolean {
  try {
    return (
      typeof value === "object" &&
      value !== null &&
      String(Object.prototype.toString.call(value)) === "[object Object]" &&
      Object.keys(value).length === 0
    );
  } catch {
    return typeof value === "object" && value !== null && !isThrowing(value);
  }
}

function isThrowing(value: object): boolean {
  try {
    return Object.keys(value).length > 0;
  } catch {
    return true;
  }
}

test("a getter that throws is named, with its exception as the cause", () => {
  for (const key of ["accounts", "tokens", "now", "seed", "cors", "wasm"]) {
    const options = Object.defineProperty({}, key, { get: mine, enumerable: true });
    expect(thrownBy(() => createRegistrar(options))).toMatchObject({ message: `${key}: could not be read`, cause: { message: "mine" } });
  }
});

test("later changes of the options have no effect", async () => {
  const options = { tokens: [{ token: "t" }], cors: ["https://a.test"] };
  const registrar = createRegistrar(options);
  options.tokens[0] = { token: "another" };
  options.cors.pop();
  registrar.reset("x");
  const response = await registrar.fetch("/api/v1/ping", { headers: { authorization: "Bearer t", origin: "https://a.test" } });
  expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([200, "https://a.test"]);
});

describe("values of another realm", () => {
  const theirs = (code: string): unknown => runInNewContext(`(${code})`, { TextEncoder });

  test("are accepted in every option", async () => {
    const options = theirs(`{ tokens: [{ token: "t" }], accounts: [{ id: "${account}" }], cors: ["https://a.test"], now: new Date(0) }`);
    const registrar = createRegistrar(options as RegistrarOptions);
    expect((await registrar.fetch("/api/v1/ping", { headers: { authorization: "Bearer t" } })).status).toBe(200);
    expect(createRegistrar({ now: theirs("() => new Date(0)") as () => Date }).snapshot().length).toBeGreaterThan(0);
    registrar.faults.add(theirs(`[{ match: { path: /ping$/ }, status: 503, headers: { "retry-after": "1" } }]`) as object);
    const { status, headers } = await registrar.fetch("/api/v1/ping");
    expect([status, headers.get("retry-after")]).toEqual([503, "1"]);
    registrar.faults.add({ status: 503, headers: new Headers({ "retry-after": "2" }) as never });
    expect((await registrar.fetch("/api/v1/ping")).headers.get("retry-after")).toBe("2");
  });

  test.each(["new Uint8Array(32)", "new Uint8Array(32).buffer", "new DataView(new ArrayBuffer(34), 1, 32)", "new Uint16Array(16)"])(
    "as bytes: %s is a seed",
    (code) => {
      const ours = createRegistrar({ seed: new Uint8Array(32) });
      expect(createRegistrar({ seed: theirs(code) as Uint8Array }).defaults).toEqual(ours.defaults);
    },
  );

  test("as bytes of a snapshot, and of a body", () => {
    const registrar = createRegistrar({ tokens: [{ token: "t" }] });
    const copy = theirs("(bytes) => Uint8Array.from(bytes)") as (bytes: Uint8Array) => Uint8Array<ArrayBuffer>;
    registrar.restore(copy(registrar.snapshot()));
    registrar.restore(copy(registrar.snapshot()).buffer);
    const body = copy(
      new TextEncoder().encode(JSON.stringify({ details: { name: "Ada", environment_id: registrar.defaults.environment_id } })),
    );
    const headers = { authorization: "Bearer t", "content-type": "application/json" };
    expect(registrar.handle("POST", "/api/v1/agent", headers, body).status).toBe(200);
  });
});

/** Objects that are not of the platform's own classes, which the platform's `Request` refuses or converts to a text. */
describe("requests, headers, bodies and signals of other classes", () => {
  const options = { tokens: [{ token: "t" }] };
  const authorized = { authorization: "Bearer t", "content-type": "application/json" };
  const bodyFor = (registrar: Registrar): string =>
    JSON.stringify({ details: { name: "Ada", environment_id: registrar.defaults.environment_id } });

  class ForeignSignal {
    aborted = false;
    reason: unknown;
    readonly listeners = new Set<() => void>();
    addEventListener(_: "abort", listener: () => void): void {
      this.listeners.add(listener);
    }
    removeEventListener(_: "abort", listener: () => void): void {
      this.listeners.delete(listener);
    }
    abort(reason: unknown): void {
      this.aborted = true;
      this.reason = reason;
      for (const listener of this.listeners) listener();
    }
  }

  class ForeignStream {
    readonly inner: ReadableStream<Uint8Array>;
    constructor(text: string) {
      this.inner = new Response(text).body as ReadableStream<Uint8Array>;
    }
    getReader(): unknown {
      return this.inner.getReader();
    }
  }

  class ForeignBlob {
    readonly text: string;
    constructor(text: string) {
      this.text = text;
    }
    async arrayBuffer(): Promise<ArrayBuffer> {
      return new Response(this.text).arrayBuffer();
    }
  }

  test.each<[string, (text: string) => unknown]>([
    ["a stream", (text) => new ForeignStream(text)],
    ["a Blob without streams", (text) => new ForeignBlob(text)],
    ["a Blob", (text) => new Blob([text])],
    ["a stream of the platform", (text) => new Response(text).body],
  ])("%s is a body", async (_, make) => {
    const registrar = createRegistrar(options);
    const text = bodyFor(registrar);
    const init = () => ({ method: "POST", headers: authorized, body: make(text), duplex: "half" }) as RequestInit;
    const inputs: [unknown, RequestInit?][] = [
      ["/api/v1/agent", init()],
      [{ url: "http://h.test/api/v1/agent", ...init() }],
      [{ url: "/api/v1/agent", ...init(), method: "post" }],
      [new Request("http://h.test/api/v1/agent"), init()],
    ];
    for (const [input, more] of inputs) {
      const response = await registrar.fetch(input as Request, more);
      expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('"Ada"')]);
    }
    const long = await registrar.fetch("/api/v1/agent", { ...init(), body: make(" ".repeat(2 ** 20 + 1)) as BodyInit });
    expect(long.status).toBe(413);
    expect((await registrar.fetch("/api/v1/agent", { ...init(), method: "GET" })).status).toBe(400);
  });

  test("an address is a URL of any class, or a text", async () => {
    const registrar = createRegistrar(options);
    const { href } = new URL("http://h.test/api/v1/ping");
    for (const input of [{ href }, new String(href)]) {
      expect((await registrar.fetch(input as unknown as URL, { headers: authorized })).status).toBe(200);
    }
  });

  test("a request can be the options of another one, with its getters", async () => {
    const registrar = createRegistrar(options);
    const request = new Request("http://h.test/", { method: "POST", headers: authorized, body: bodyFor(registrar) });
    expect((await registrar.fetch("/api/v1/agent", request as RequestInit)).status).toBe(200);
  });

  test("a signal ends a delay, and the wait for a body; one that was aborted before changes nothing else", async () => {
    const registrar = createRegistrar(options);
    const reason = new Error("enough");
    for (const make of [() => new ForeignSignal(), () => new AbortController()]) {
      const source = make();
      const signal = (source instanceof AbortController ? source.signal : source) as AbortSignal;
      registrar.faults.add({ delay: 600_000 });
      const waiting = registrar.fetch("/api/v1/ping", { headers: authorized, signal });
      while (!registrar.faults.isEmpty) await new Promise(setImmediate);
      source.abort(reason);
      await expect(waiting).rejects.toBe(reason);
      expect((await registrar.fetch("/api/v1/ping", { headers: authorized, signal })).status).toBe(200);

      const other = make();
      const open = (other instanceof AbortController ? other.signal : other) as AbortSignal;
      const half = { method: "POST", headers: authorized, body: new ReadableStream(), signal: open, duplex: "half" } as RequestInit;
      const hanging = registrar.fetch("/api/v1/agent", half);
      await new Promise(setImmediate);
      other.abort(reason);
      const response = await hanging;
      expect([response.status, (await response.json()).message]).toEqual([400, "The request was aborted before its body had arrived."]);
    }
  });

  test("no listener stays on a signal", async () => {
    const registrar = createRegistrar(options);
    const signal = new ForeignSignal();
    registrar.faults.add({ delay: 1 });
    const init = { method: "POST", headers: authorized, body: new ForeignStream(bodyFor(registrar)), signal } as unknown as RequestInit;
    expect((await registrar.fetch("/api/v1/agent", init)).status).toBe(200);
    expect(signal.listeners.size).toBe(0);
  });
});

test("installRegistrar names an invalid option or scope", () => {
  const scope = { location: { origin: "http://h.test" }, clients: {}, skipWaiting() {}, addEventListener() {} };
  const install = installRegistrar as (scope: unknown, options?: unknown) => Promise<unknown>;
  for (const none of [undefined, null, {}, 5]) expect(() => install(none)).toThrow(/^scope: must be/);
  expect(() => install(scope, { claim: "yes" })).toThrow(/^claim: must be a boolean/);
  for (const none of [null, 5, []]) expect(() => install(scope, none)).toThrow(/^options: must be an object/);
  expect(() => install(scope, { tokns: [] })).toThrow(/^tokns: is not known; there are claim, accounts, /);
  return Promise.all([expect(install(scope, { wasm: 5 })).rejects.toThrow(/^wasm: must be/)]);
});

describe("the worker's variables", () => {
  const request = () => new Request("http://h.test/api/v1/ping", { headers: { authorization: "Bearer t" } });

  /** The answer of a separate worker, and its log. */
  async function worker(variables: object): Promise<{ status: number; logged: string }> {
    const path = `../../dist/cloudflare.js?${Math.random()}`;
    const { default: fresh } = (await import(path)) as typeof import("agent-registrar/cloudflare");
    const log = [vi.spyOn(console, "warn"), vi.spyOn(console, "error")].map((spy) => spy.mockImplementation(() => undefined));
    try {
      const { status } = await fresh.fetch(request(), variables);
      await new Promise(setImmediate);
      return { status, logged: log.flatMap(({ mock }) => mock.calls.flat()).join(" ") };
    } finally {
      for (const spy of log) spy.mockRestore();
    }
  }

  test("may be JSON texts or lists", async () => {
    const tokens = [{ token: "t" }];
    for (const AGENT_REGISTRAR_TOKENS of [JSON.stringify(tokens), tokens]) {
      expect(await worker({ AGENT_REGISTRAR_TOKENS, AGENT_REGISTRAR_ACCOUNTS: [{ id: account }], OTHER: 1 })).toEqual({
        status: 200,
        logged: "",
      });
    }
  });

  test("are logged if they are unknown or invalid, and not shown to the caller", async () => {
    const misspelt = await worker({ AGENT_REGISTRAR_TOKEN: "[]" });
    expect(misspelt.status).toBe(401);
    expect(misspelt.logged).toContain("the variable AGENT_REGISTRAR_TOKEN is not known");
    for (const [name, value] of [
      ["AGENT_REGISTRAR_TOKENS", "{}"],
      ["AGENT_REGISTRAR_TOKENS", 5],
      ["AGENT_REGISTRAR_ACCOUNTS", "secret"],
      ["AGENT_REGISTRAR_CORS", ["https://a.test"]],
    ] as const) {
      const { status, logged } = await worker({ [name]: value });
      expect([status, logged]).toEqual([500, expect.stringContaining(`${name} must be`)]);
      expect(logged).not.toContain("secret");
    }
  });
});

test.each(["x", "2, 2", "1.5", "-1", "NaN"])(
  "a worker that gets a request with the length %s still bounds the room of bodies",
  async (length) => {
    const path = `../../dist/cloudflare.js?${Math.random()}`;
    const { default: fresh } = (await import(path)) as typeof import("agent-registrar/cloudflare");
    const ask = (body: BodyInit, length: string) => {
      const headers = { authorization: "Bearer t", "content-type": "application/json", "content-length": length };
      const init = { method: "POST", headers, body, duplex: "half" };
      return fresh.fetch(new Request("http://registrar.test/api/v1/agent", init), { AGENT_REGISTRAR_TOKENS: [{ token: "t" }] });
    };
    expect((await ask("{}", length)).status).toBe(422);
    // 32 bodies of 1 MiB that stall take all of it.
    const bodies: ReadableByteStreamController[] = [];
    // A stream of bytes, as the runtime makes them.
    const stalled = (): ReadableStream =>
      new ReadableStream({
        type: "bytes",
        start: (stream) => {
          stream.enqueue(new Uint8Array(1));
          bodies.push(stream);
        },
      });
    const answers = Array.from({ length: 32 }, () => ask(stalled(), String(1024 * 1024)));
    expect((await ask("{}", "2")).status).toBe(503);
    for (const body of bodies) {
      body.close();
      body.byobRequest?.respond(0);
    }
    await Promise.all(answers);
    expect((await ask("{}", "2")).status).toBe(422);
  },
);
