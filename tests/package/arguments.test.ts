// Arguments of every kind of value: functions that throw name the field and the rule, the others never throw.
import { runInNewContext } from "node:vm";
import {
  type AgentRecord,
  buildAgentResponse,
  createAgentFormSchema,
  createAgentSchema,
  formToCreateAgent,
  formToUpdateAgent,
  generatePfid,
  isPfid,
  issuesFromErrors,
  type NewAgent,
  parsePfid,
  type Pfid,
  validateCreateAgent,
  validateUpdateAgent,
} from "agent-registrar";
import { initializeWasm } from "agent-registrar/slim";
import { describe, expect, test } from "vitest";

const environment_id = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1" as Pfid;
const id = "013xrzp12g3nqk8nx0y2vfkg4s3jp2qr" as Pfid;
const counts = { pending: 1, active: 2, complete: 3, failed: 4, cancelled: 5 };
const record = {
  id,
  name: "Ada",
  description: null,
  environment_id,
  inserted_at: 0,
  updated_at: 0,
  retired: false,
  last_activity_at: 0,
  current_version_id: id,
  current_schema_version_id: id,
  instance_counts: counts,
};

const mine = (): never => {
  throw new Error("mine");
};

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

/** Values that are valid nowhere. */
const odd: readonly (readonly [string, unknown])[] = [
  ["a symbol", Symbol("x")],
  ["an object without a prototype", Object.create(null)],
  ["an object whose toString throws", { toString: mine }],
  ["an object whose valueOf throws", { valueOf: mine }],
  ["an object whose toPrimitive throws", { [Symbol.toPrimitive]: mine }],
  ["an object whose tag throws", Object.defineProperty({}, Symbol.toStringTag, { get: mine })],
  ["a revoked proxy", revoked({})],
  ["a revoked proxy of an array", revoked([])],
  ["a revoked proxy of a function", revoked(mine)],
  [
    "a proxy whose traps throw",
    new Proxy({}, { get: mine, has: mine, ownKeys: mine, getPrototypeOf: mine, getOwnPropertyDescriptor: mine }),
  ],
  ["an unsafe bigint", 2n ** 60n],
  ["a negative unsafe bigint", -(2n ** 60n)],
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["a function", () => 1],
  ["a boxed number", new Number(1)],
  ["a boxed bigint", Object(1n)],
  ["a boxed text", new String("x")],
  ["a class instance", new (class Row {})()],
  ["an array", [1]],
  ["a Map", new Map()],
  ["an invalid Date", new Date(Number.NaN)],
  ["what looks like a Date", { getTime: () => 5 }],
  ["a regular expression", /x/],
  ["a promise", Promise.resolve()],
  ["a lone surrogate", "\ud800"],
];

/** Asserts a `TypeError` with a message of ours that begins with the name of the field. */
function expectNamed(call: () => unknown, ...fields: readonly string[]): void {
  try {
    call();
  } catch (cause) {
    expect(cause).toBeInstanceOf(TypeError);
    const { message } = cause as TypeError;
    expect(
      fields.some((field) => message.startsWith(`${field} `) || message.startsWith(`${field}: `)),
      message,
    ).toBe(true);
    expect(message).toMatch(/ (must|could not be read|is required|is not known)/i);
    return;
  }
  expect.unreachable(`${fields.join(", ")} passed`);
}

const build = buildAgentResponse as (agent: unknown, options?: unknown) => unknown;
const generate = generatePfid as (options: unknown) => unknown;

describe.each(odd)("%s", (_, value) => {
  test.each(Object.keys(record))("as %s of a record", (field) => {
    const names = field === "instance_counts" ? [field, "instance_counts.pending"] : [field];
    expectNamed(() => build({ ...record, [field]: value }), ...names);
  });

  test.each(Object.keys(counts))("as count %s", (key) => {
    expectNamed(() => build({ ...record, instance_counts: { ...counts, [key]: value } }), `instance_counts.${key}`);
  });

  test("as field of a new agent", () => {
    const details = { name: "Ada", environment_id, description: "d", id };
    for (const field of Object.keys(details)) {
      expectNamed(() => build({ ...details, [field]: value }), field);
      expectNamed(() => build({ details: { ...details, [field]: value } }), `details.${field}`);
    }
  });

  test("as agent, details or options of buildAgentResponse", () => {
    expectNamed(() => build(value), "agent", "name");
    expectNamed(() => build({ details: value }), "details", "details.name");
    expectNamed(() => build({ details: value }, { id }), "details", "details.name");
    expectNamed(() => build(record, { now: value }), "now");
    for (const agent of [record, { name: "Ada", environment_id }, { details: { name: "Ada", environment_id } }]) {
      expectNamed(() => build(agent, { id: value }), "id", "details.id");
    }
    // A number is the index of `rows.map(buildAgentResponse)`.
    if (typeof value !== "number" && !isEmpty(value))
      expectNamed(() => build(record, value), "options", "options.toString", "options.valueOf", "options.getTime");
  });

  test("as options of generatePfid", () => {
    expectNamed(() => generate(value), "options", "partition", "options.toString", "options.valueOf", "options.getTime");
    expectNamed(() => generate({ partition: 1, now: value }), "now");
    // A number out of range is a `RangeError`; so is a bigint.
    const isNumber = typeof value === "number" || typeof value === "bigint";
    const { name, message } = thrownBy(() => generate({ partition: value }));
    expect([name, message]).toEqual([isNumber ? "RangeError" : "TypeError", expect.stringMatching(/^partition must /)]);
  });

  test("makes no other function throw", () => {
    const never: ((value: unknown) => unknown)[] = [
      isPfid,
      (value) => parsePfid(value as string),
      validateCreateAgent,
      validateUpdateAgent,
      (value) => validateCreateAgent({ details: { name: "Ada" } }, value as object),
      (value) => validateCreateAgent({ details: { name: "Ada" } }, { environmentId: value as Pfid }),
      (value) => issuesFromErrors(value as never),
      (value) => issuesFromErrors({ errors: value } as never),
      (value) => issuesFromErrors({ errors: { name: value } } as never),
      (value) => formToCreateAgent(value as object),
      (value) => formToCreateAgent({ name: value, details: value }),
      (value) => formToUpdateAgent({}, value as object),
      (value) => formToUpdateAgent({}, { emptied: value as "keep" }),
      createAgentSchema["~standard"].validate,
      createAgentFormSchema["~standard"].validate,
    ];
    for (const call of never) call(value);
  });

  test("is refused as WebAssembly", () => {
    for (const part of ["validator", "agent"]) expectNamed(() => initializeWasm({ [part]: value }), part);
    if (!isEmpty(value))
      expectNamed(() => initializeWasm(value as object), "options", "options.toString", "options.valueOf", "options.getTime");
  });
});

function thrownBy(call: () => unknown): Error {
  try {
    call();
  } catch (cause) {
    return cause as Error;
  }
  return expect.unreachable("nothing was thrown");
}

/** Whether it is an object without keys: options with nothing set. */
function isEmpty(value: unknown): boolean {
  try {
    const prototype: unknown = Object.getPrototypeOf(value);
    return typeof value === "object" && (prototype === null || prototype === Object.prototype) && Object.keys(value as object).length === 0;
  } catch {
    return false;
  }
}

test("a getter that throws is named, with its exception as the cause", () => {
  const throwing = (object: object, key: string) => Object.defineProperty({ ...object }, key, { get: mine, enumerable: true });
  for (const field of Object.keys(record)) {
    expect(thrownBy(() => build(throwing(record, field)))).toMatchObject({
      name: "TypeError",
      message: `${field} could not be read`,
      cause: { message: "mine" },
    });
  }
  for (const key of Object.keys(counts)) {
    expectNamed(() => build({ ...record, instance_counts: throwing(counts, key) }), `instance_counts.${key}`);
  }
  for (const key of ["name", "environment_id", "description", "id"]) {
    const details = throwing({ name: "Ada", environment_id }, key);
    expectNamed(() => build(details), key);
    expectNamed(() => build({ details }), `details.${key}`);
    if (key !== "id") expectNamed(() => build({ details }, { id }), `details.${key}`);
  }
  expectNamed(() => build(throwing({}, "details")), "details");
  for (const key of ["now", "id"]) expectNamed(() => build(record, throwing({}, key)), key);
  for (const key of ["partition", "now"]) expectNamed(() => generate(throwing({ partition: 1 }, key)), key);
});

test("an unknown option is refused, and an index in place of options is ignored", () => {
  expectNamed(() => build(record, { Now: 5 }), "options.Now");
  expectNamed(() => generate({ partition: 1, at: 5 }), "options.at");
  expect([record, record].map(build)).toHaveLength(2);
  expect(build(record, null)).toEqual(build(record));
});

describe("safe bigints, as database drivers give them", () => {
  test("count as numbers", () => {
    const given = { pending: 1n, active: 2n, complete: 3n, failed: 4n, cancelled: 4_294_967_295n };
    const times = { inserted_at: 1_778_148_000_000n, updated_at: -1n, last_activity_at: 0n };
    const { details } = buildAgentResponse({ ...record, ...times, instance_counts: given }, { now: 0 });
    expect(details.instance_counts).toEqual({ total: 4_294_967_305, ...counts, cancelled: 4_294_967_295, finished: 4_294_967_302 });
    expect([details.inserted_at, details.updated_at]).toEqual(["2026-05-07T10:00:00.000000Z", "1969-12-31T23:59:59.999000Z"]);
    expect(() => JSON.stringify(details)).not.toThrow();
  });

  test("minus zero is zero", () => {
    const { details } = buildAgentResponse({ ...record, instance_counts: { ...counts, pending: -0 } });
    expect(Object.is(details.instance_counts.pending, 0)).toBe(true);
  });
});

test("keys on a polluted Object.prototype, of any realm, count as no field and no option", () => {
  const theirs = runInNewContext("Object.prototype") as object;
  const added: Record<string, unknown> = {
    ...Object.fromEntries(Object.entries(record).map(([key]) => [key, "evil"])),
    ...Object.fromEntries(Object.keys(counts).map((key) => [key, 9])),
    details: "evil",
    now: 5,
    partition: 5,
    environmentId: environment_id,
    at: 5,
  };
  const own = { name: "Ada", environment_id };
  const row = { id, ...own, description: null, inserted_at: 0, updated_at: 0 };
  const foreign = (object: object): unknown => runInNewContext(`Object.setPrototypeOf(${JSON.stringify(object)}, theirs)`, { theirs });
  const prototypes = [Object.prototype, theirs];
  const results: unknown[] = [];
  try {
    for (const prototype of prototypes) {
      for (const [key, value] of Object.entries(added))
        Object.defineProperty(prototype, key, { value, configurable: true, writable: true });
    }
    for (const make of [(object: object) => object, foreign]) {
      results.push(buildAgentResponse(make(own) as NewAgent, make({}) as object));
      results.push(buildAgentResponse(make(row) as AgentRecord, make({ now: 0 }) as object));
      results.push(thrownBy(() => build(make({ ...row, instance_counts: make({}) }))).message);
      results.push(thrownBy(() => generate(make({}))).message);
    }
  } finally {
    for (const prototype of prototypes) for (const key of Object.keys(added)) Reflect.deleteProperty(prototype, key);
  }
  expect(JSON.stringify(results)).not.toContain("evil");
  for (const answer of [results[0], results[4]]) {
    expect(answer).toMatchObject({ details: { status: "pending", current_version_id: null, instance_counts: { total: 0 } } });
  }
  expect(results[1]).toEqual(results[5]);
  expect([results[2], results[6]]).toEqual(Array(2).fill("instance_counts.pending must be an integer from 0 to 4294967295"));
  expect([results[3], results[7]]).toEqual(Array(2).fill("partition must be a number or a PFID"));
});

test("values of another realm are accepted", () => {
  const theirs = (code: string): unknown => runInNewContext(`(${code})`, { WebAssembly: undefined });
  const text = JSON.stringify(record);
  const date = "new Date(1778148000000)";
  expect(build(theirs(text), theirs("{ now: new Date(0) }"))).toEqual(build(record, { now: 0 }));
  const dated = build(theirs(`Object.assign(${text}, { inserted_at: ${date}, updated_at: ${date} })`), { now: 0 });
  expect(dated).toMatchObject({ details: { inserted_at: "2026-05-07T10:00:00.000000Z", updated_at: "2026-05-07T10:00:00.000000Z" } });
  expect(parsePfid(generate(theirs(`{ partition: 7, now: ${date} }`)) as string)).toMatchObject({
    timestamp: 1_778_148_000_000,
    partition: 7,
  });
  const body = theirs(`{ details: { name: "Ada" } }`);
  expect(validateCreateAgent(body, theirs(`{ environmentId: "${environment_id}" }`) as object).ok).toBe(true);
  expect(validateUpdateAgent(theirs("{ details: {} }")).ok).toBe(true);
  expect(formToUpdateAgent(theirs(`{ description: "" }`) as object, theirs(`{ emptied: "clear" }`) as object)).toEqual({
    details: { description: null },
  });
  const refused = validateCreateAgent({});
  if (refused.ok) return expect.unreachable();
  expect(issuesFromErrors(theirs(JSON.stringify(refused.error)) as never)).toEqual(refused.issues);
});
