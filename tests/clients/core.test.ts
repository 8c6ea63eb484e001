/**
 * `@prefactor/core`, as it is published, against `agent-registrar serve` as users start it.
 */
import { createConfig, createCore, type CoreRuntime, SpanType, withSpan } from "@prefactor/core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { type Details, environment, home, Server, token } from "./server.ts";

const SCHEMA = {
  external_identifier: "schema-1",
  span_schemas: { agent: { type: "object" }, llm: { type: "object" }, tool: { type: "object" } },
};

let server: Server;
/** The errors that the client reported: it logs them and continues. */
const complaints = vi.spyOn(console, "error").mockImplementation(() => {});

beforeAll(async () => {
  server = await Server.start();
});
afterAll(() => server.stop());
beforeEach(async () => {
  await server.reset();
  complaints.mockClear();
});
afterEach(async () => {
  expect(await server.unmet(), "every planned fault was met").toEqual([]);
});

interface Wishes {
  readonly version?: string;
  /** Whether the configuration has the schema, or it is registered later. */
  readonly schema?: Record<string, unknown>;
  readonly maxRetries?: number;
  readonly requestTimeout?: number;
}

function client(
  agent: Details,
  { version = "v1.0.0", schema = SCHEMA, maxRetries = 3, requestTimeout = 10_000 }: Wishes = {},
): CoreRuntime {
  const core = createCore(
    createConfig({
      httpConfig: {
        apiUrl: server.url,
        apiToken: token,
        agentId: agent.id,
        agentIdentifier: version,
        agentName: "Weather",
        agentDescription: "Knows the weather",
        agentSchema: schema,
        maxRetries,
        requestTimeout,
        initialRetryDelay: 5,
        maxRetryDelay: 20,
      },
    }),
  );
  onTestFinished(() => core.shutdown());
  return core;
}

/** One whole run: a span of the agent with a span of a model, which has two spans of tools, one of them failing. */
async function run({ agentManager, tracer, shutdown }: CoreRuntime, question: string): Promise<void> {
  agentManager.startInstance();
  await withSpan(tracer, { name: "weather", spanType: SpanType.AGENT, inputs: { question } }, () =>
    withSpan(tracer, { name: "think", spanType: SpanType.LLM, inputs: { prompt: question }, metadata: { model: "m" } }, async () => {
      await Promise.all([
        withSpan(tracer, { name: "sun", spanType: SpanType.TOOL, inputs: { of: question } }, () => ({ hours: 6.5 })),
        withSpan(tracer, { name: "rain", spanType: SpanType.TOOL, inputs: { of: question } }, () => {
          throw new RangeError("no gauge");
        }).catch(() => {}),
      ]);
      return "sunny";
    }),
  );
  agentManager.finishInstance();
  await shutdown();
}

const instances = (agent: Details) => server.list("/api/v1/agent_instance", { agent_id: agent.id });
const spans = (instance: Details) => server.list("/api/v1/agent_spans", { agent_instance_id: instance.id });
const fetched = (agent: Details) => server.details("GET", `/api/v1/agent/${agent.id}`);

/** The seven counts; those not given are zero. */
function counts(some: Record<string, number>): Record<string, number> {
  const { pending = 0, active = 0, complete = 0, failed = 0, cancelled = 0 } = some;
  const finished = complete + failed + cancelled;
  return { total: pending + active + finished, pending, active, complete, failed, cancelled, finished };
}

describe("a run from register to finish", () => {
  test("leaves an instance, its spans and both versions", async () => {
    const agent = await server.newAgent("Weather");
    await run(client(agent), "Berlin?");
    expect(complaints).not.toHaveBeenCalled();

    const [instance, ...others] = await instances(agent);
    expect(others).toEqual([]);
    expect(instance).toMatchObject({
      type: "agent_instance",
      agent_id: agent.id,
      environment_id: environment,
      status: "complete",
      started_at: expect.any(String),
      finished_at: expect.any(String),
      span_counts: counts({ complete: 3, failed: 1 }),
    });

    const [version, ...versions] = await server.list("/api/v1/agent_version", { agent_id: agent.id });
    expect(versions).toEqual([]);
    expect(version).toMatchObject({ external_identifier: "v1.0.0", name: "Weather", description: "Knows the weather" });
    const [schema, ...schemas] = await server.list("/api/v1/agent_schema_version", { agent_id: agent.id });
    expect(schemas).toEqual([]);
    expect(schema).toMatchObject(SCHEMA);
    expect(instance).toMatchObject({ agent_version_id: version?.id });
    expect(await fetched(agent)).toMatchObject({
      status: "active",
      current_version_id: version?.id,
      current_schema_version_id: schema?.id,
      instance_counts: counts({ complete: 1 }),
      available_actions: { update: true, retire: true, reinstate: false, delete: false },
    });
  });

  test("keeps the nesting of the spans, their inputs and their outputs", async () => {
    const agent = await server.newAgent("Weather");
    await run(client(agent), "Berlin?");
    const [instance] = await instances(agent);
    const all = await spans(instance as Details);
    const named = (name: string) => {
      const found = all.filter(({ payload }) => (payload as { name: string }).name === name);
      expect(found, name).toHaveLength(1);
      return found[0] as Details;
    };
    expect(all).toHaveLength(4);

    const root = named("weather");
    expect(root).toMatchObject({
      type: "agent_span",
      agent_instance_id: instance?.id,
      parent_span_id: null,
      schema_name: "agent",
      status: "complete",
      payload: { inputs: { question: "Berlin?" } },
      result_payload: { result: "sunny" },
    });
    const think = named("think");
    expect(think).toMatchObject({
      parent_span_id: root.id,
      schema_name: "llm",
      status: "complete",
      payload: { inputs: { prompt: "Berlin?" }, metadata: { model: "m" }, outputs: { result: "sunny" } },
      result_payload: { result: "sunny" },
    });
    expect(named("sun")).toMatchObject({ parent_span_id: think.id, status: "complete", result_payload: { hours: 6.5 } });
    expect(named("rain")).toMatchObject({
      parent_span_id: think.id,
      status: "failed",
      payload: { error: { error_type: "RangeError", message: "no gauge" } },
      result_payload: { error_type: "RangeError", message: "no gauge" },
    });
    for (const { started_at, finished_at } of all)
      expect(Date.parse(started_at as string)).toBeLessThanOrEqual(Date.parse(finished_at as string));
  });

  test("may create its spans before its start, and register its schema late", async () => {
    const agent = await server.newAgent("Weather");
    const { agentManager, tracer, shutdown } = client(agent);
    await withSpan(tracer, { name: "early", spanType: SpanType.CHAIN, inputs: {} }, () => 1);
    agentManager.startInstance();
    agentManager.finishInstance();
    await shutdown();
    expect(complaints).not.toHaveBeenCalled();
    expect(await instances(agent)).toMatchObject([{ status: "complete", span_counts: counts({ complete: 1 }) }]);
  });

  test("reports an invalid token, and ends", async () => {
    const agent = await server.newAgent("Weather");
    const core = createCore(
      createConfig({ httpConfig: { apiUrl: server.url, apiToken: "nobody", agentId: agent.id, agentSchema: SCHEMA } }),
    );
    core.agentManager.startInstance();
    await core.shutdown();
    const [[, error] = []] = complaints.mock.calls;
    expect(error).toMatchObject({ status: 401, retryable: false, responseBody: { status: "error", code: "bad_authtoken" } });
    expect(await instances(agent)).toEqual([]);
  });
});

describe("many runs at the same time", () => {
  test("of one agent share versions, but not spans", async () => {
    const agent = await server.newAgent("Weather");
    const places = Array.from({ length: 8 }, (_, index) => `Place ${index}?`);
    await Promise.all(places.map((place) => run(client(agent), place)));
    expect(complaints).not.toHaveBeenCalled();

    const made = await instances(agent);
    expect(made).toHaveLength(8);
    const asked = await Promise.all(
      made.map(async (instance) => {
        expect(instance).toMatchObject({ status: "complete", span_counts: counts({ complete: 3, failed: 1 }) });
        const all = await spans(instance);
        const ids = all.map(({ id }) => id);
        for (const { parent_span_id: parent } of all) if (parent !== null) expect(ids).toContain(parent);
        const inputs = all.flatMap(({ payload }) => Object.values((payload as { inputs: Record<string, string> }).inputs));
        expect(new Set(inputs).size, "spans of one run only").toBe(1);
        return inputs[0];
      }),
    );
    expect(asked.sort()).toEqual(places);
    expect(await server.list("/api/v1/agent_version", { agent_id: agent.id })).toHaveLength(1);
    expect(await server.list("/api/v1/agent_schema_version", { agent_id: agent.id })).toHaveLength(1);
    expect(await fetched(agent)).toMatchObject({ status: "active", instance_counts: counts({ complete: 8 }) });
  });

  test("of several agents and versions are counted separately", async () => {
    const agents = await Promise.all(["One", "Two", "Three"].map((name) => server.newAgent(name)));
    await Promise.all(
      agents.flatMap((agent, index) =>
        Array.from({ length: index + 1 }, (_, version) => run(client(agent, { version: `v${version}` }), "Berlin?")),
      ),
    );
    expect(complaints).not.toHaveBeenCalled();
    for (const [index, agent] of agents.entries()) {
      expect(await fetched(agent)).toMatchObject({ instance_counts: counts({ complete: index + 1 }) });
      const versions = await server.list("/api/v1/agent_version", { agent_id: agent.id });
      expect(versions.map((version) => version["external_identifier"]).sort()).toEqual(["v0", "v1", "v2"].slice(0, index + 1));
      expect(await server.list("/api/v1/agent_schema_version", { agent_id: agent.id })).toHaveLength(1);
    }
  });

  test("are counted as running while they run", async () => {
    const agent = await server.newAgent("Weather");
    const running = Array.from({ length: 3 }, () => client(agent));
    for (const { agentManager } of running) agentManager.startInstance();
    await vi.waitFor(async () => expect(await fetched(agent)).toMatchObject({ instance_counts: counts({ active: 3 }) }), {
      timeout: 5_000,
    });
    for (const { agentManager, shutdown } of running) {
      agentManager.finishInstance();
      await shutdown();
    }
    expect(await fetched(agent)).toMatchObject({ instance_counts: counts({ complete: 3 }) });
  });
});

// The steps of a run, in the order in which the client sends them.
const STEPS = [
  { step: "register", path: "/api/v1/agent_instance/register" },
  { step: "start", path: "/api/v1/agent_instance/*/start" },
  { step: "create a span", path: "/api/v1/agent_spans" },
  { step: "finish a span", path: "/api/v1/agent_spans/*/finish" },
  { step: "finish", path: "/api/v1/agent_instance/*/finish" },
];

/** The records that a run without errors leaves. */
async function expectOneRun(agent: Details): Promise<void> {
  const made = await instances(agent);
  expect(made).toMatchObject([{ status: "complete", span_counts: counts({ complete: 3, failed: 1 }) }]);
  expect(await spans(made[0] as Details)).toHaveLength(4);
  expect(await fetched(agent)).toMatchObject({ instance_counts: counts({ complete: 1 }) });
  expect(await server.list("/api/v1/agent_version", { agent_id: agent.id })).toHaveLength(1);
  expect(await server.list("/api/v1/agent_schema_version", { agent_id: agent.id })).toHaveLength(1);
}

describe.skipIf(home?.hasHooks === false)("what goes wrong before it has an effect is sent again and happens once", () => {
  const troubles = [
    { trouble: "429", fault: { status: 429, headers: { "retry-after": "0" } } },
    { trouble: "503", fault: { status: 503 } },
    { trouble: "a dropped connection", fault: { drop: "before" } },
  ] as const;

  test.for(STEPS.flatMap((step) => troubles.map((trouble) => ({ ...step, ...trouble }))))("$step: $trouble", async ({ path, fault }) => {
    const agent = await server.newAgent("Weather");
    await server.plan({ match: { method: "POST", path }, ...fault });
    await run(client(agent), "Berlin?");
    expect(complaints).not.toHaveBeenCalled();
    await expectOneRun(agent);
  });

  test("three different errors in a row", async () => {
    const agent = await server.newAgent("Weather");
    for (const { path } of STEPS) {
      for (const [index, { fault }] of troubles.entries()) await server.plan({ match: { method: "POST", path }, nth: index + 1, ...fault });
    }
    await run(client(agent), "Berlin?");
    expect(complaints).not.toHaveBeenCalled();
    await expectOneRun(agent);
  });

  test("an answer after the timeout counts as a dropped connection", async () => {
    const agent = await server.newAgent("Weather");
    // Its other requests must be in time on a busy machine, too.
    await server.plan({ match: { path: "/api/v1/agent_instance/register" }, delay: 6_000, drop: "before" });
    await run(client(agent, { requestTimeout: 3_000 }), "Berlin?");
    expect(complaints).not.toHaveBeenCalled();
    await expectOneRun(agent);
  });

  test("more errors than attempts: the client gives up and reports it", async () => {
    const agent = await server.newAgent("Weather");
    await server.plan({ match: { path: "/api/v1/agent_instance/register" }, status: 503, times: 3 });
    const { agentManager, shutdown } = client(agent, { maxRetries: 2 });
    agentManager.startInstance();
    await shutdown();
    const [[, error] = []] = complaints.mock.calls;
    expect(error).toMatchObject({ status: 503, retryable: true });
    expect(await instances(agent)).toEqual([]);
    expect(await fetched(agent)).toMatchObject({ status: "pending", instance_counts: counts({}) });
  });
});

// This client sends no idempotency keys. If an answer is lost after its effect, the service cannot distinguish the second
// request from a new one. Only the state of an object prevents a second effect.
describe.skipIf(home?.hasHooks === false)("an answer that is lost after its effect", () => {
  const lost = (path: string) => server.plan({ match: { method: "POST", path }, drop: "after" });

  test("of finishing a span: one effect, and the client treats the 409 as success", async () => {
    const agent = await server.newAgent("Weather");
    await lost("/api/v1/agent_spans/*/finish");
    await run(client(agent), "Berlin?");
    expect(complaints).not.toHaveBeenCalled();
    await expectOneRun(agent);
  });

  test.for(["start", "finish"])("of an instance's %s: once, and the client reports the 409", async (step) => {
    const agent = await server.newAgent("Weather");
    await lost(`/api/v1/agent_instance/*/${step}`);
    await run(client(agent), "Berlin?");
    expect(complaints).toHaveBeenCalledTimes(1);
    expect(complaints.mock.calls[0]?.[1]).toMatchObject({ status: 409, responseBody: { code: "invalid_action" } });
    await expectOneRun(agent);
  });

  test("of register: a second instance, the first of which stays pending", async () => {
    const agent = await server.newAgent("Weather");
    await lost("/api/v1/agent_instance/register");
    await run(client(agent), "Berlin?");
    expect(complaints).not.toHaveBeenCalled();
    expect(await instances(agent)).toMatchObject([{ status: "pending" }, { status: "complete" }]);
    expect(await server.list("/api/v1/agent_version", { agent_id: agent.id })).toHaveLength(1);
  });

  test("of creating a span: a second span", async () => {
    const agent = await server.newAgent("Weather");
    await lost("/api/v1/agent_spans");
    await run(client(agent), "Berlin?");
    expect(complaints).not.toHaveBeenCalled();
    const [instance] = await instances(agent);
    expect(await spans(instance as Details)).toHaveLength(5);
  });

  test("with an idempotency key, which this client does not send: one effect", async () => {
    const agent = await server.newAgent("Weather");
    const register = () =>
      server.details("POST", "/api/v1/agent_instance/register", { agent_id: agent.id, idempotency_key: "the-same-run" });
    await lost("/api/v1/agent_instance/register");
    await expect(register()).rejects.toThrow();
    const again = await register();
    expect(await instances(agent)).toMatchObject([{ id: again.id, status: "pending" }]);
  });
});
