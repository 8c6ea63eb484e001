// Answers built from new agents and from stored rows.
import { type AgentRecord, buildAgentResponse, generatePfid, parsePfid, type Pfid, validateCreateAgent } from "agent-registrar";
import { describe, expect, test } from "vitest";

const environment_id = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1" as Pfid;
const id = "013xrzp12g3nqk8nx0y2vfkg4s3jp2qr" as Pfid;
const DAY = 86_400_000;
const now = Date.UTC(2026, 4, 7, 10);

const record: AgentRecord = {
  id,
  name: "Ada",
  description: null,
  environment_id,
  inserted_at: "2026-05-01T12:00:00.123456+02:00",
  updated_at: new Date(Date.UTC(2026, 4, 2)),
};
const counts = { pending: 0, active: 0, complete: 0, failed: 0, cancelled: 0 };

describe("a new agent", () => {
  const request = { details: { name: "Ada", environment_id }, idempotency_key: "k" };
  const expected = {
    type: "agent",
    id: expect.any(String) as string,
    name: "Ada",
    description: null,
    environment_id,
    status: "pending",
    current_version_id: null,
    current_schema_version_id: null,
    inserted_at: "2026-05-07T10:00:00.000000Z",
    updated_at: "2026-05-07T10:00:00.000000Z",
    available_actions: { update: true, retire: true, reinstate: false, delete: true },
    instance_counts: { total: 0, pending: 0, active: 0, complete: 0, failed: 0, cancelled: 0, finished: 0 },
  };

  test("from a request, and from its details", () => {
    for (const agent of [request, request.details])
      expect(buildAgentResponse(agent, { now })).toStrictEqual({ status: "success", details: expected });
  });

  test("from a validated body, in the key order of the contract", () => {
    const result = validateCreateAgent({ details: { name: " Ada ", environment_id, description: "d", team: 1 } });
    const answer = buildAgentResponse(result.ok ? result.value : expect.fail(), { now: new Date(now), id });
    expect(JSON.stringify(answer)).toBe(JSON.stringify({ status: "success", details: { ...expected, id, description: "d" } }));
  });

  test("has a fresh id of the environment's partition, unless there is one", () => {
    const first = buildAgentResponse(request).details;
    const second = buildAgentResponse(request).details;
    expect(parsePfid(first.id)?.partition).toBe(123_456_789);
    expect(second.id > first.id).toBe(true);
    expect(buildAgentResponse({ details: { ...request.details, id } }).details.id).toBe(id);
    const other = generatePfid({ partition: environment_id });
    expect(buildAgentResponse({ ...request.details, id }, { id: other }).details.id).toBe(other);
  });

  test("has the time `now`", () => {
    const before = Date.now();
    const { inserted_at, updated_at } = buildAgentResponse(request).details;
    expect(Date.parse(inserted_at)).toBeGreaterThanOrEqual(before);
    expect(updated_at).toBe(inserted_at);
  });
});

describe("a stored agent", () => {
  test("has the form of the contract", () => {
    const answer = buildAgentResponse(
      {
        ...record,
        description: "d",
        current_version_id: id,
        current_schema_version_id: null,
        instance_counts: { pending: 1, active: 2, complete: 3, failed: 4, cancelled: 4_294_967_295 },
        last_activity_at: now - DAY,
      },
      { now },
    );
    expect(answer.status).toBe("success");
    expect(JSON.stringify(answer.details)).toBe(
      JSON.stringify({
        type: "agent",
        id,
        name: "Ada",
        description: "d",
        environment_id,
        status: "active",
        current_version_id: id,
        current_schema_version_id: null,
        inserted_at: "2026-05-01T10:00:00.123456Z",
        updated_at: "2026-05-02T00:00:00.000000Z",
        available_actions: { update: true, retire: true, reinstate: false, delete: false },
        instance_counts: {
          total: 4_294_967_305,
          pending: 1,
          active: 2,
          complete: 3,
          failed: 4,
          cancelled: 4_294_967_295,
          finished: 4_294_967_302,
        },
      }),
    );
  });

  const one = { ...counts, complete: 1 };
  test.each<[string, Partial<AgentRecord>, string]>([
    ["no instance", {}, "pending"],
    ["no instance, whatever is said about activity", { last_activity_at: 0 }, "pending"],
    ["an instance now", { instance_counts: one, last_activity_at: now }, "active"],
    ["an instance, nothing known about it", { instance_counts: one }, "active"],
    ["a last activity a millisecond short of 30 days ago", { instance_counts: one, last_activity_at: now - 30 * DAY + 1 }, "active"],
    ["a microsecond short of it", { instance_counts: one, last_activity_at: "2026-04-07T10:00:00.000001Z" }, "active"],
    ["a last activity 30 days ago", { instance_counts: one, last_activity_at: now - 30 * DAY }, "dormant"],
    ["a last activity to come", { instance_counts: one, last_activity_at: now + 90 * DAY }, "active"],
    ["retired", { retired: true, instance_counts: one, last_activity_at: now }, "retired"],
    ["retired without instances", { retired: true }, "retired"],
  ])("%s: status and actions", (_, more, status) => {
    const answer = buildAgentResponse({ ...record, ...more }, { now }).details;
    const retired = status === "retired";
    expect(answer.status).toBe(status);
    expect(answer.available_actions).toEqual({
      update: !retired,
      retire: !retired,
      reinstate: retired,
      delete: more.instance_counts === undefined,
    });
  });

  test("counts may be bigints, as database drivers give them [ours]", () => {
    const bigints = { pending: 1n, active: 0n, complete: 4_294_967_295n, failed: 2, cancelled: 0n };
    const { instance_counts } = buildAgentResponse({ ...record, instance_counts: bigints }, { now }).details;
    expect(instance_counts).toStrictEqual({
      total: 4_294_967_298,
      pending: 1,
      active: 0,
      complete: 4_294_967_295,
      failed: 2,
      cancelled: 0,
      finished: 4_294_967_297,
    });
  });

  test("may be a class instance with getters, as database layers return", () => {
    class Row {
      get id(): string {
        return id;
      }
      get name(): string {
        return "Ada";
      }
      get description(): null {
        return null;
      }
      get environment_id(): string {
        return environment_id;
      }
      get inserted_at(): number {
        return 0;
      }
      get updated_at(): number {
        return -1;
      }
    }
    expect(buildAgentResponse(new Row(), { now }).details).toMatchObject({
      id,
      inserted_at: "1970-01-01T00:00:00.000000Z",
      updated_at: "1969-12-31T23:59:59.999000Z",
    });
  });
});

describe("times", () => {
  const shown = (inserted_at: AgentRecord["inserted_at"]): string => buildAgentResponse({ ...record, inserted_at }).details.inserted_at;

  // The core parses them (the rule and its tests are in src/model/timestamp.rs). These tests cover the way into the core.
  test.each([
    ["2026-05-07T10:00:00Z", "2026-05-07T10:00:00.000000Z"],
    ["2026-05-07t12:30:00.123456789+02:30", "2026-05-07T10:00:00.123456Z"],
    ["2026-01-01 00:00:00.1-00:01", "2026-01-01T00:01:00.100000Z"],
    ["2024-02-29T23:59:59-23:59", "2024-03-01T23:58:59.000000Z"],
    ["2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999Z"],
    ["2016-12-31T23:59:60.5z", "2016-12-31T23:59:59.999999Z"],
    ["0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000000Z"],
    ["0099-12-31T23:59:59.5Z", "0099-12-31T23:59:59.500000Z"],
    ["1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"],
    ["9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999Z"],
  ])("%s", (given, expected) => {
    expect(shown(given)).toBe(expected);
  });

  test.each([
    "",
    "2026-05-07",
    "2026-05-07T10:00:00",
    "2026-05-07T10:00Z",
    "2026-05-07T10:00:00.Z",
    "2026-05-07T10:00:00.1234567890Z",
    "2026-05-07T10:00:00+0200",
    "2026-05-07T10:00:00Z ",
    "2026-05-07T10:00:00é",
    "+2026-05-07T10:00:00Z",
    "2026-13-07T10:00:00Z",
    "2026-00-07T10:00:00Z",
    "2026-02-29T10:00:00Z",
    "2100-02-29T10:00:00Z",
    "2026-04-31T10:00:00Z",
    "2026-05-07T24:00:00Z",
    "2026-05-07T10:60:00Z",
    "2026-05-07T10:00:61Z",
    "2026-05-07T10:00:00+24:00",
    "2026-05-07T10:00:00+10:60",
    "0000-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "\n2026-05-07T10:00:00Z",
    "2026-05-07T10:00:00Z\n",
    "٢٠٢٦-05-07T10:00:00Z",
  ])("refuses %j", (given) => {
    expect(() => shown(given)).toThrow(/^inserted_at /);
  });

  test("every day of 400 years and the ends of the calendar", () => {
    for (let day = Date.UTC(1900, 0); day < Date.UTC(2300, 0); day += DAY * 3) {
      expect(shown(day)).toBe(new Date(day).toISOString().replace("Z", "000Z"));
      expect(shown(new Date(day).toISOString())).toBe(shown(new Date(day)));
    }
    expect(shown(-62_167_219_200_000)).toBe("0000-01-01T00:00:00.000000Z");
    expect(shown(253_402_300_799_999)).toBe("9999-12-31T23:59:59.999000Z");
    for (const out of [-62_167_219_200_001, 253_402_300_800_000, 8.64e15 + 1, 1e300, -1e300]) {
      expect(() => shown(out)).toThrow(/^inserted_at /);
    }
  });
});

describe("a mistake of the caller", () => {
  const big = { ...counts, failed: 4_294_967_296 };
  test.each<[string, object]>([
    ["id", { ...record, id: undefined }],
    ["id", { ...record, id: null }],
    ["id", { ...record, id: "nope" }],
    ["id", { ...record, id: "013xrzp12g00000000y2vfkg4s3jp2qr" }],
    ["name", { ...record, name: " " }],
    ["name", { ...record, name: undefined }],
    ["description", { ...record, description: 5 }],
    ["environment_id", { ...record, environment_id: "nope" }],
    ["inserted_at", { ...record, inserted_at: undefined }],
    ["inserted_at", { ...record, inserted_at: "yesterday" }],
    ["updated_at", { ...record, updated_at: new Date(NaN) }],
    ["updated_at", { ...record, updated_at: 2n ** 53n }],
    ["updated_at", { ...record, updated_at: { getTime: () => 5 } }],
    ["last_activity_at", { ...record, last_activity_at: NaN }],
    ["retired", { ...record, retired: "yes" }],
    ["current_version_id", { ...record, current_version_id: "v1" }],
    ["current_schema_version_id", { ...record, current_schema_version_id: 1 }],
    ["instance_counts.pending", { ...record, instance_counts: { ...counts, pending: -1 } }],
    ["instance_counts.active", { ...record, instance_counts: { ...counts, active: 0.5 } }],
    ["instance_counts.complete", { ...record, instance_counts: { ...counts, complete: undefined } }],
    ["instance_counts.failed", { ...record, instance_counts: big }],
    ["instance_counts.cancelled", { ...record, instance_counts: { ...counts, cancelled: "1" } }],
    ["instance_counts", { ...record, instance_counts: null }],
    ["instance_counts.pending", { ...record, instance_counts: { ...counts, pending: -1n } }],
    ["instance_counts.pending", { ...record, instance_counts: { ...counts, pending: 4_294_967_296n } }],
    ["instance_counts.pending", { ...record, instance_counts: { ...counts, pending: Symbol("1") } }],
    ["instance_counts.pending", { ...record, instance_counts: { ...counts, pending: { valueOf: () => 1 } } }],
    ["inserted_at", { id, name: "Ada", description: null, environment_id, retired: true }],
    ["details.name", { details: { environment_id } }],
    ["details", { details: 5 }],
    ["environment_id", { name: "Ada" }],
  ])("is a TypeError that names %s", (field, agent) => {
    const build = (): unknown => buildAgentResponse(agent as AgentRecord, { now });
    expect(build).toThrow(TypeError);
    expect(build).toThrow(new RegExp(`^${field}[ :]`));
  });

  test("is a TypeError if there is no agent, no time, no id", () => {
    for (const agent of [undefined, null, 5, "agent", Symbol("x")]) {
      expect(() => buildAgentResponse(agent as unknown as AgentRecord)).toThrow(TypeError);
    }
    expect(() => buildAgentResponse(record, { now: NaN })).toThrow(/^now /);
    expect(() => buildAgentResponse(record, { now: 1e300 })).toThrow(/^now /);
    expect(() => buildAgentResponse(record, { id: "nope" as Pfid })).toThrow(/id/);
  });
});

test("keys on a polluted Object.prototype get into no answer", () => {
  const id = "013xrzp12g3nqk8nx0y2vfkg4s3jp2qr";
  const polluted: Record<string, unknown> = {
    retired: true,
    instance_counts: { pending: 9, active: 0, complete: 0, failed: 0, cancelled: 0 },
    id,
    now: 5,
    current_version_id: id,
    description: "x",
  };
  try {
    for (const [key, value] of Object.entries(polluted)) Object.defineProperty(Object.prototype, key, { value, configurable: true });
    const { details } = buildAgentResponse({ name: "Ada", environment_id: "013xrzp12g3nqk8nzxvq7jm2arsfg5h1" as Pfid });
    const expected = { status: "pending", instance_counts: { total: 0 }, current_version_id: null, description: null };
    expect(details).toMatchObject(expected);
    expect(Object.getOwnPropertyDescriptor(details, "id")?.value).not.toBe(id);
    expect(details.inserted_at > "2026").toBe(true);
  } finally {
    for (const key of Object.keys(polluted)) delete (Object.prototype as unknown as Record<string, unknown>)[key];
  }
});
