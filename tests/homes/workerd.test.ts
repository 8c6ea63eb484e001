import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { abortingWasm, Places, UNREACHED } from "./drivers/aborting.ts";
import { config, startWorker } from "./drivers/workerd.ts";

async function ping(url: string, token: string): Promise<[number, Record<string, unknown>]> {
  const response = await fetch(`${url}/api/v1/ping`, { headers: { authorization: `Bearer ${token}` } });
  return [response.status, (await response.json()) as Record<string, unknown>];
}

test("tokens come from a secret, as digests, and ids are generated inside a handler", async () => {
  const sha256 = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
  const { url, stop } = await startWorker({ AGENT_REGISTRAR_TOKENS: JSON.stringify([{ sha256 }]) });
  try {
    expect(await ping(url, "secret")).toMatchObject([200, { status: "success" }]);
    expect((await ping(url, "other"))[0]).toBe(401);
    const response = await fetch(`${url}/api/v1/agent`, {
      method: "POST",
      headers: { authorization: "Bearer secret", "content-type": "application/json" },
      body: JSON.stringify({ details: { name: "Bot", environment_id: "013xrzp12g3nqk8nzxvq7jm2arsfg5h1" } }),
    });
    const { details } = (await response.json()) as { details: { id: string; inserted_at: string } };
    expect(details.id).toMatch(/^[0-7][0-9a-hjkmnp-tv-z]{31}$/);
    expect(Math.abs(Date.parse(details.inserted_at) - Date.now())).toBeLessThan(60_000);
  } finally {
    await stop();
  }
});

test("the example works unchanged, with the variables that it names", async () => {
  expect(config.main).toBe("index.js");
  expect(Object.keys(config.vars ?? {})).toEqual(["AGENT_REGISTRAR_CORS"]);
  const lines = readFileSync(new URL("../../worker/.dev.vars.example", import.meta.url), "utf8").split("\n");
  const pairs = lines.map((line) => /^(\w+)=(.*)$/.exec(line)).filter((match) => match !== null);
  const bindings = Object.fromEntries(pairs.map(([, name, value]) => [name, value])) as Record<string, string>;
  const { url, stop } = await startWorker(bindings);
  try {
    expect((await ping(url, "local-token"))[0]).toBe(200);
    expect((await ping(url, "other"))[0]).toBe(401);
  } finally {
    await stop();
  }
});

test("an invalid origin in the configuration is an internal error", async () => {
  const { url, stop } = await startWorker({ AGENT_REGISTRAR_CORS: "https://a.example/" });
  try {
    const response = await fetch(`${url}/api/v1/ping`, { headers: { accept: "application/problem+json" } });
    expect([response.status, response.headers.get("content-type")]).toEqual([500, "application/problem+json"]);
    expect(await response.text()).not.toMatch(/cors|origin|a\.example/i);
  } finally {
    await stop();
  }
});

test("a chunked body and one of a known length arrive alike", async () => {
  const { url, stop } = await startWorker({ AGENT_REGISTRAR_TOKENS: '[{"token":"t"}]' });
  try {
    const text = JSON.stringify({ details: { name: "Bot", environment_id: "013xrzp12g3nqk8nzxvq7jm2arsfg5h1" } });
    for (const body of [text, new Blob([text]).stream()]) {
      const headers = { authorization: "Bearer t", "content-type": "application/json" };
      const response = await fetch(`${url}/api/v1/agent`, { method: "POST", headers, body, duplex: "half" } as RequestInit);
      expect(response.status).toBe(200);
    }
  } finally {
    await stop();
  }
});

test("without tokens every request is refused, and the message says that none is configured", async () => {
  const { url, stop } = await startWorker({});
  try {
    const [status, { message }] = await ping(url, "");
    expect(status).toBe(401);
    expect(message).toMatch(/no token configured.*tokens/i);
    expect((await ping(url, "undefined"))[0]).toBe(401);
  } finally {
    await stop();
  }
});

test("an unreadable secret is an internal error, and its text is not revealed", async () => {
  const { url, stop } = await startWorker({ AGENT_REGISTRAR_TOKENS: '[{"token":"secret"}' });
  try {
    const [status, body] = await ping(url, "secret");
    expect([status, body["code"]]).toEqual([500, "unexpected"]);
    expect(JSON.stringify(body)).not.toMatch(/secret|JSON|TOKENS/);
  } finally {
    await stop();
  }
});

test("a trap loses the records of one registrar of an isolate, and none of another", async () => {
  const { url, stop } = await startWorker({}, fileURLToPath(new URL("./drivers/two-registrars.ts", import.meta.url)));
  try {
    const headers = { authorization: "Bearer t", "content-type": "application/json" };
    const body = JSON.stringify({ details: { name: "kept", environment_id: "013xrzp12g3nqk8nzxvq7jm2arsfg5h1" } });
    const create = async (name: string) => (await fetch(`${url}/${name}/api/v1/agent`, { method: "POST", headers, body })).status;
    const count = async (name: string) => {
      const response = await fetch(`${url}/${name}/api/v1/agent`, { headers });
      const { pagination } = (await response.json()) as { pagination?: { item_count: number } };
      return response.status === 200 ? pagination?.item_count : response.status;
    };
    expect([await create("one"), await create("other")]).toEqual([200, 200]);
    expect((await fetch(`${url}/one/trap`, { method: "POST" })).status).toBe(204);
    expect([await count("one"), await count("other")]).toEqual([503, 1]);
    // Until the isolate is replaced, or the worker resets it.
    expect([await create("one"), await create("other")]).toEqual([503, 200]);
    expect([await count("one"), await count("other")]).toEqual([503, 2]);
    expect((await fetch(`${url}/one/reset`, { method: "POST" })).status).toBe(204);
    expect([await create("one"), await count("one")]).toEqual([200, 1]);
  } finally {
    await stop();
  }
});

test("an abort at any place is 503 until a reset, in an isolate", { timeout: 600_000 }, async () => {
  const script = fileURLToPath(new URL("./drivers/two-registrars.ts", import.meta.url));
  const { url, stop } = await startWorker({}, script, {}, { "service.wasm": abortingWasm("service") });
  const places = new Places();
  try {
    const headers = { authorization: "Bearer t", "content-type": "application/json" };
    const body = JSON.stringify({ details: { name: "kept", environment_id: "013xrzp12g3nqk8nzxvq7jm2arsfg5h1" } });
    const create = (name: string) => fetch(`${url}/${name}/api/v1/agent`, { method: "POST", headers, body });
    const fuse = async (at: number): Promise<number> => (await fetch(`${url}/one/fuse?at=${at}`, { method: "POST" })).json() as never;
    for (const name of ["one", "other"]) expect((await create(name)).status).toBe(200);
    await fuse(UNREACHED);
    expect((await create("one")).status).toBe(200);
    const most = UNREACHED - (await fuse(0));
    let reached = 0;
    const rounds = places.count(25);
    for (let round = 0; round < rounds; round++) {
      await fuse(places.below(most));
      const response = await create("one");
      const left = await fuse(0);
      const { message } = (await response.json()) as { message?: string };
      if (left > 0) continue;
      reached += 1;
      expect([response.status, response.headers.get("retry-after")], `SEED=${places.seed}, round ${round}`).toEqual([503, "5"]);
      expect(message).toContain(response.headers.get("x-request-id"));
      expect([(await create("one")).status, (await create("other")).status]).toEqual([503, 200]);
      expect((await fetch(`${url}/one/reset`, { method: "POST" })).status).toBe(204);
      expect((await create("one")).status).toBe(200);
    }
    expect(reached).toBeGreaterThan(rounds / 2);
  } finally {
    await stop();
  }
});
