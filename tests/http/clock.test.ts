import { createRegistrar } from "agent-registrar/service";
import { describe, expect, test } from "vitest";
import { options, world } from "./driver.ts";

const hour = 60 * 60 * 1000;
const day = 24 * hour;
const start = Date.parse("2026-05-07T10:00:00Z");

/** A registrar with a clock that the test sets. */
function at() {
  let now = start;
  const registrar = createRegistrar({ ...options, now: () => now });
  const send = async (method: string, path: string, body?: unknown) => {
    const response = await registrar.fetch(`http://registrar.test/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${world.accountToken}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = await response.json();
    expect(response.status, JSON.stringify(answer)).toBe(200);
    return { response, details: answer.details };
  };
  return {
    send,
    wait(milliseconds: number) {
      now += milliseconds;
    },
    create: async (key?: string) => {
      const details = { name: "Support bot", environment_id: world.environment };
      return send("POST", "/agent", { details, ...(key === undefined ? {} : { idempotency_key: key }) });
    },
  };
}

describe("the passage of time", () => {
  test("an active agent becomes dormant when none of its instances changed for 30 days [ours]", async () => {
    const { send, wait, create } = at();
    const { id } = (await create()).details;
    const status = async () => (await send("GET", `/agent/${id}`)).details.status;
    const instance = (await send("POST", "/agent_instance/register", { agent_id: id })).details.id;
    wait(30 * day - 1);
    expect(await status()).toBe("active");
    wait(1);
    expect(await status()).toBe("dormant");
    await send("POST", `/agent_instance/${instance}/start`);
    expect(await status()).toBe("active");
    wait(29 * day);
    const span = { agent_instance_id: instance, schema_name: "agent:llm", status: "active", payload: {} };
    await send("POST", "/agent_spans", { details: span });
    wait(29 * day);
    expect(await status()).toBe("active");
    await send("POST", `/agent/${id}/retire`);
    wait(30 * day);
    expect((await send("POST", `/agent/${id}/reinstate`)).details.status).toBe("dormant");
    const dormant = (await send("GET", `/agent/${id}`)).details;
    expect(dormant.available_actions).toEqual({ update: true, retire: true, reinstate: false, delete: false });
  });

  test("a pending agent never becomes dormant [ours]", async () => {
    const { send, wait, create } = at();
    const { id } = (await create()).details;
    wait(1000 * day);
    expect((await send("GET", `/agent/${id}`)).details.status).toBe("pending");
  });

  test("a key is valid for 24 hours [ours]", async () => {
    const { wait, create } = at();
    const first = await create("key");
    wait(24 * hour - 1);
    const replayed = await create("key");
    expect(replayed.response.headers.get("idempotency-replayed")).toBe("true");
    expect(replayed.details).toEqual(first.details);
    wait(2);
    const again = await create("key");
    expect(again.response.headers.get("idempotency-replayed")).toBeNull();
    expect(again.details.id).not.toBe(first.details.id);
  });

  test("an agent has its creation time and the time of its last change [doc]", async () => {
    const { send, wait, create } = at();
    const made = (await create()).details;
    expect(made.inserted_at).toBe("2026-05-07T10:00:00.000000Z");
    expect(made.updated_at).toBe(made.inserted_at);
    wait(1);
    const changed = (await send("PUT", `/agent/${made.id}`, { details: { name: "Help desk" } })).details;
    expect(changed.inserted_at).toBe(made.inserted_at);
    expect(changed.updated_at).toBe("2026-05-07T10:00:00.001000Z");
    wait(1);
    expect((await send("POST", `/agent/${made.id}/retire`)).details.updated_at).toBe("2026-05-07T10:00:00.002000Z");
  });

  test("ids increase while the clock is stopped and when it steps back [ours]", async () => {
    const { wait, create } = at();
    const ids: string[] = [];
    for (const step of [0, 0, 5, -60_000, 0, -day, 2 * day]) {
      wait(step);
      ids.push((await create()).details.id);
    }
    expect(ids).toEqual([...new Set(ids)].sort());
  });
});
