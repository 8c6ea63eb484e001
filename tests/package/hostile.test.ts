// Hostile values: none may throw, be accepted in part, or affect the next call.
import { runInNewContext } from "node:vm";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type * as Package from "agent-registrar";
import { isFull } from "../shared/full.ts";

const environment_id = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
const valid = { details: { name: "Ada", environment_id } };

let memory: WebAssembly.Memory;
let validate: typeof Package.validateCreateAgent;
let update: typeof Package.validateUpdateAgent;
let build: typeof Package.buildAgentResponse;

beforeAll(async () => {
  // The package does not expose its instance, so it is captured on creation.
  const { Instance } = WebAssembly;
  WebAssembly.Instance = new Proxy(Instance, {
    construct(target, [module, imports]: [WebAssembly.Module, WebAssembly.Imports]) {
      const instance = new target(module, imports);
      memory = instance.exports["memory"] as WebAssembly.Memory;
      return instance;
    },
  });
  ({ validateCreateAgent: validate, validateUpdateAgent: update, buildAgentResponse: build } = await import("agent-registrar"));
  // The first call creates it.
  validate({});
  WebAssembly.Instance = Instance;
});

/** The verdict in short: `name: missing`. */
function verdict(input: unknown): string[] {
  const result = validate(input);
  return result.ok ? [] : result.issues.map(({ path, reason }) => `${path.join(".")}: ${reason}`);
}

const withDetails = (details: unknown): unknown => ({ details });
const withField = (key: string, value: unknown): unknown => ({ details: { ...valid.details, [key]: value } });

function throwing(key: string, ...more: object[]): object {
  const object = Object.assign({}, ...more) as object;
  Object.defineProperty(object, key, {
    enumerable: true,
    get() {
      throw new Error("mine");
    },
  });
  return object;
}

function revoked(target: object = {}): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

const trapped = (trap: keyof ProxyHandler<object>, target: object = {}): object =>
  new Proxy(target, {
    [trap]() {
      throw new Error("mine");
    },
  });

function cycle(): object {
  const details: Record<string, unknown> = { ...valid.details };
  details["self"] = details;
  return { details };
}

function deep(): unknown {
  let value: unknown = "end";
  for (let i = 0; i < 100_000; i++) value = { details: value };
  return value;
}

class Details {
  name = "Ada";
  environment_id = environment_id;
}

class Orphan extends (null as unknown as typeof Object) {
  static make(): object {
    return Object.assign(Object.create(Orphan.prototype) as object, valid.details);
  }
}

const lone = "a\ud800";

describe("values other than plain objects", () => {
  test.each<[string, unknown, string]>([
    ["undefined", undefined, "missing"],
    ["null", null, "missing"],
    ["a boolean", true, "wrong_type"],
    ["a number", NaN, "wrong_type"],
    ["a BigInt", 10n, "wrong_type"],
    ["a symbol", Symbol("details"), "wrong_type"],
    ["a string", JSON.stringify(valid), "wrong_type"],
    ["a boxed string", new String("Ada"), "wrong_type"],
    ["a function", Object.assign(() => valid, valid), "wrong_type"],
    ["an array", [valid], "wrong_type"],
    ["an array that pretends", Object.setPrototypeOf(Object.assign([], valid), Object.prototype), "wrong_type"],
    ["a Map", new Map(Object.entries(valid.details)), "wrong_type"],
    ["a class instance", new Details(), "wrong_type"],
    ["an instance of a class that extends null", Orphan.make(), "wrong_type"],
    ["an object that inherits all", Object.create(valid), "wrong_type"],
    ["a Date", new Date(0), "wrong_type"],
    ["a Promise", Promise.resolve(valid), "wrong_type"],
    ["a revoked proxy", revoked(), "unreadable"],
    ["a revoked proxy of an array", revoked([]), "unreadable"],
    ["a proxy whose getPrototypeOf throws", trapped("getPrototypeOf"), "unreadable"],
    ["a proxy whose ownKeys throws", trapped("ownKeys"), "unreadable"],
    ["a proxy whose getOwnPropertyDescriptor throws", trapped("getOwnPropertyDescriptor", { a: 1 }), "unreadable"],
    ["a proxy that lies about its keys", new Proxy(Object.preventExtensions({ a: 1 }), { ownKeys: () => ["b"] }), "unreadable"],
  ])("%s", (_, value, reason) => {
    expect(verdict(value)).toEqual([`details: ${reason}`]);
    expect(verdict(withDetails(value))).toEqual([`details: ${reason}`]);
    const asUpdate = update(value);
    expect(!asUpdate.ok && asUpdate.issues[0].reason).toBe(reason);
  });

  test("details whose getter throws", () => {
    expect(verdict(throwing("details"))).toEqual(["details: unreadable"]);
  });
});

describe("plain objects", () => {
  test.each<[string, unknown]>([
    ["without a prototype", Object.assign(Object.create(null), { details: Object.assign(Object.create(null), valid.details) })],
    ["of another realm", runInNewContext(`(${JSON.stringify(valid)})`)],
    ["from JSON", JSON.parse(JSON.stringify(valid))],
    ["cloned", structuredClone(valid)],
    ["frozen", Object.freeze({ details: Object.freeze({ ...valid.details }) })],
    ["behind a faithful proxy", new Proxy({ details: new Proxy({ ...valid.details }, {}) }, {})],
    [
      "with getters",
      {
        get details() {
          return {
            get name() {
              return "Ada";
            },
            environment_id,
          };
        },
      },
    ],
  ])("%s", (_, value) => {
    expect(validate(value)).toEqual({ ok: true, value: valid, ignored: [] });
  });

  test("only own enumerable string keys count", () => {
    const details = Object.defineProperties(
      { ...valid.details, [Symbol("id")]: 1, [Symbol.toPrimitive]: 2 },
      { id: { value: 5, enumerable: false }, hidden: { value: 1, enumerable: false } },
    );
    expect(validate({ details })).toEqual({ ok: true, value: valid, ignored: [] });
    expect(verdict({ details: Object.defineProperty({ environment_id }, "name", { value: "Ada" }) })).toEqual(["details.name: missing"]);
  });

  test("unknown keys are listed in their order", () => {
    const input = JSON.parse(
      `{"first":1,"details":{"__proto__":{"name":"x"},"name":"Ada","team_id":null,"environment_id":"${environment_id}","constructor":1},"last":{}}`,
    ) as unknown;
    expect(validate(input)).toEqual({
      ok: true,
      value: valid,
      ignored: ["first", "details.__proto__", "details.team_id", "details.constructor", "last"],
    });
  });
});

describe("fields", () => {
  test.each<[string, unknown]>([
    ["a number", 5],
    ["a BigInt", 5n],
    ["a symbol", Symbol("x")],
    ["a boxed string", new String("Ada")],
    ["an array", ["Ada"]],
    ["a function", () => "Ada"],
    ["an object with toString", { toString: () => "Ada" }],
    ["a revoked proxy", revoked()],
  ])("%s is of the wrong type", (_, value) => {
    for (const key of ["name", "environment_id", "description", "id"]) {
      expect(verdict(withField(key, value))).toEqual([`details.${key}: wrong_type`]);
    }
    expect(verdict({ ...valid, idempotency_key: value })).toEqual(["idempotency_key: wrong_type"]);
  });

  test("a getter that throws", () => {
    for (const key of ["name", "environment_id", "description", "id"]) {
      expect(verdict(withDetails(throwing(key, valid.details)))).toEqual([`details.${key}: unreadable`]);
    }
    expect(verdict(throwing("idempotency_key", valid))).toEqual(["idempotency_key: unreadable"]);
    // An unknown key is not read.
    expect(validate(throwing("extra", valid))).toMatchObject({ ok: true, ignored: ["extra"] });
  });

  test("a getter that throws, in an update", () => {
    const result = update(withDetails(throwing("current_version_id")));
    expect(!result.ok && result.issues.map(({ path, reason }) => [path.join("."), reason])).toEqual([
      ["details.current_version_id", "unreadable"],
    ]);
  });

  test("a proxy whose get throws", () => {
    expect(verdict(withDetails(trapped("get", { ...valid.details })))).toEqual([
      "details.name: unreadable",
      "details.environment_id: unreadable",
    ]);
  });

  test("lone surrogates", () => {
    for (const key of ["name", "environment_id", "description", "id"]) {
      for (const text of [lone, "\udc00b", "\ude00\ud83d", lone.repeat(50_000)]) {
        expect(verdict(withField(key, text))).toEqual([`details.${key}: not_well_formed`]);
      }
    }
    expect(verdict({ ...valid, idempotency_key: lone })).toEqual(["idempotency_key: not_well_formed"]);
    expect(verdict(withField("name", "a\ud83d\ude00"))).toEqual([]);
  });

  test("each property is read once", () => {
    const reads: PropertyKey[] = [];
    const count = <T extends object>(target: T): T =>
      new Proxy(target, {
        get(object, key) {
          reads.push(key);
          return Reflect.get(object, key) as unknown;
        },
      });
    expect(validate(count({ details: count({ ...valid.details, description: "d", id: null }), idempotency_key: "k" })).ok).toBe(true);
    expect(reads).toEqual(["details", "name", "environment_id", "description", "id", "idempotency_key"]);
  });

  test("a getter that changes its value is read once", () => {
    let n = 0;
    const details = {
      environment_id,
      get name() {
        return ["Ada", 5, "\0"][n++ % 3];
      },
    };
    expect(validate({ details })).toEqual({ ok: true, value: valid, ignored: [] });
  });

  test("a getter that calls the validator does not change the verdict", () => {
    const details = {
      get name() {
        expect(verdict(withField("description", "\0".repeat(9000)))).toEqual(["details.description: control_character"]);
        expect(verdict({})).toEqual(["details: missing"]);
        return " Ada ";
      },
      environment_id,
      get description() {
        validate(withField("name", "ü".repeat(20_000)));
        return "ü";
      },
    };
    expect(validate({ details })).toEqual({
      ok: true,
      value: { details: { ...valid.details, description: "ü" } },
      ignored: [],
    });
  });

  test("a getter that overflows the stack is unreadable", () => {
    let depth = 0;
    const input: object = {
      details: {
        get name() {
          depth++;
          validate(input);
          return "Ada";
        },
        environment_id,
      },
    };
    expect(verdict(input)).toEqual([]);
    expect(depth).toBeGreaterThan(100);
    expect(validate(valid).ok).toBe(true);
  });
});

describe("a polluted prototype", () => {
  // A descriptor that itself inherits nothing.
  const pollute = (key: string, descriptor: PropertyDescriptor): unknown =>
    Object.defineProperty(Object.prototype, key, Object.assign(Object.create(null) as object, descriptor));
  const polluted = ["name", "details", "environment_id", "id", "idempotency_key", "0", "environmentId"];
  afterEach(() => {
    for (const key of polluted) delete (Object.prototype as Record<string, unknown>)[key];
  });

  // Assertions run once the prototype is clean again, because the test runner is confused by it, too.
  test("adds no field to a body", () => {
    for (const key of polluted) {
      pollute(key, { value: environment_id, configurable: true, enumerable: true, writable: true });
    }
    const found = [verdict({}), verdict({ details: {} })];
    const result = validate(valid);
    for (const key of polluted) delete (Object.prototype as Record<string, unknown>)[key];
    expect(found).toEqual([["details: missing"], ["details.name: missing", "details.environment_id: missing"]]);
    expect(result).toStrictEqual({ ok: true, value: valid, ignored: [] });
  });

  test("removes nothing from a valid result", () => {
    for (const key of polluted) {
      pollute(key, { set() {}, get: () => undefined, configurable: true });
    }
    const input = JSON.parse(
      `{"details":{"name":"Ada","environment_id":"${environment_id}","id":"${environment_id}"},"idempotency_key":"k"}`,
    ) as unknown;
    const result = validate(input);
    for (const key of polluted) delete (Object.prototype as Record<string, unknown>)[key];
    expect(result).toStrictEqual({ ok: true, value: input, ignored: [] });
  });

  test("removes nothing from an invalid result, nor from the cache of issues", () => {
    // A set of issues that no other test has, so that it is built here.
    const input = { first: 1, details: { name: 5, description: 5, second: 2, environment_id: "\ud800" }, third: 3, idempotency_key: 5 };
    for (const key of ["0", "1", "2", "3"]) pollute(key, { set() {}, get: () => undefined, configurable: true });
    const result = validate(input);
    for (const key of ["0", "1", "2", "3"]) delete (Object.prototype as Record<string, unknown>)[key];
    expect(result).toEqual(validate(input));
    expect(result.ignored).toEqual(["first", "details.second", "third"]);
    expect(verdict(input)).toEqual([
      "details.name: wrong_type",
      "details.environment_id: not_well_formed",
      "details.description: wrong_type",
      "idempotency_key: wrong_type",
    ]);
    if (!result.ok) expect(result.issues).toHaveLength(4);
  });

  test("counts as no option and no record", () => {
    for (const key of ["environmentId", "details", "inserted_at"]) pollute(key, { value: environment_id, configurable: true });
    const result = validate({ details: { name: "Ada" } }, {});
    const built = build({ details: { name: "Ada", environment_id } } as unknown as Package.NewAgent);
    for (const key of ["environmentId", "details", "inserted_at"]) delete (Object.prototype as Record<string, unknown>)[key];
    expect(result.ok).toBe(false);
    expect(built.details).toMatchObject({ name: "Ada", status: "pending" });
  });
});

describe("answers", () => {
  test("cannot be changed for the next caller", () => {
    const first = validate({});
    if (first.ok) throw new Error("valid?");
    const attack = (change: () => void): void => expect(change).toThrow(TypeError);
    attack(() => ((first.issues[0] as { message: string }).message = "mine"));
    attack(() => (first.issues as unknown as unknown[]).push("mine"));
    attack(() => (first.issues[0].path as unknown as string[]).push("mine"));
    attack(() => ((first.error as { message: string }).message = "mine"));
    attack(() => ((first.error.errors as Record<string, unknown>)["mine"] = []));
    attack(() => (first.error.errors["details"] as unknown as string[]).push("mine"));
    attack(() => (first.ignored as string[]).push("mine"));
    expect(JSON.stringify(validate({}))).toBe(JSON.stringify(first));
  });

  test("are plain data that repeat nothing of the input", () => {
    const secret = "swordfish\0";
    const result = validate({
      details: { name: secret, environment_id: secret, description: secret, id: secret },
      idempotency_key: secret,
    });
    expect(JSON.stringify(result)).not.toContain("swordfish");
    expect(structuredClone(result)).toEqual(result);
  });
});

describe("size", () => {
  test("depth and cycles are not followed", () => {
    expect(validate(cycle())).toEqual({ ok: true, value: valid, ignored: ["details.self"] });
    expect(verdict(deep())).toEqual(["details.name: missing", "details.environment_id: missing"]);
    expect(verdict(withField("name", deep()))).toEqual(["details.name: wrong_type"]);
  });

  test(`strings of ${isFull ? 50 : 5} MB`, { timeout: 120_000 }, () => {
    const huge = isFull ? 50_000_000 : 5_000_000;
    for (const text of ["a".repeat(huge), "ü".repeat(huge), "🦀".repeat(huge / 2)]) {
      expect(verdict(withField("name", text))).toEqual(["details.name: too_long"]);
      expect(verdict(withField("environment_id", text))).toEqual(["details.environment_id: not_a_pfid"]);
      expect(verdict(withField("description", text))).toEqual(["details.description: too_long"]);
      expect(verdict(withField("id", text))).toEqual(["details.id: not_a_pfid"]);
    }
    expect(verdict({ ...valid, idempotency_key: "k".repeat(huge) })).toEqual(["idempotency_key: too_long"]);
    for (const white of [" ", "\u3000"]) {
      expect(verdict(withField("name", white.repeat(huge)))).toEqual(["details.name: blank"]);
      expect(validate(withField("name", white.repeat(huge / 2) + "Ada" + white.repeat(huge / 2)))).toMatchObject({ value: valid });
    }
    expect(verdict(withField("name", "a".repeat(huge) + "\ud800"))).toEqual(["details.name: not_well_formed"]);
  });

  test("a hundred thousand keys", () => {
    const details = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`key${i}`, i]));
    const result = validate({ details: { ...details, ...valid.details } });
    expect(result.ok).toBe(true);
    expect(result.ignored).toHaveLength(100_000);
  });
});

test("many calls of each kind leave the instance as it was", { timeout: 120_000 }, () => {
  const long = "  " + "ü".repeat(300);
  const most = isFull ? 1_000_000 : 100_000;
  const attacks: [number, unknown][] = [
    [most, withDetails(throwing("name", { environment_id }))],
    [most, throwing("details")],
    [most, revoked()],
    [most, withDetails(trapped("ownKeys"))],
    [most, withField("name", lone)],
    [most, withField("name", 5n)],
    [most, new Map()],
    [most, { details: { name: "", environment_id: "x", description: "\0", id: "y" }, idempotency_key: "" }],
    [most, valid],
    [0.3 * most, withField("name", " Ädä ")],
    [0.3 * most, withField("name", long)],
    [0.03 * most, withField("description", "🦀".repeat(10_001))],
    [0.003 * most, withField("name", " ".repeat(100_000))],
  ];
  // The error that getters throw costs most of the time; its stack is not needed.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const before = memory.buffer.byteLength;
  for (const [times, input] of attacks) {
    const first = verdict(input);
    for (let i = 0; i < times; i++) validate(input);
    expect(verdict(input)).toEqual(first);
  }
  Error.stackTraceLimit = stackTraceLimit;
  expect(memory.buffer.byteLength).toBe(before);
  expect(validate(valid)).toEqual({ ok: true, value: valid, ignored: [] });
});

test("every possible set of issues", () => {
  // More sets than the cache holds.
  const values = [undefined, 5, lone, "", "\0", "x".repeat(30_000), environment_id];
  let bodies = 0;
  for (const name of values) {
    for (const description of values) {
      for (const id of values) {
        for (const idempotency_key of values) {
          const result = validate({ details: { name, environment_id, description, id }, idempotency_key });
          expect(result.ok || result.issues.length > 0).toBe(true);
          bodies++;
        }
      }
    }
  }
  expect(bodies).toBe(7 ** 4);
});
