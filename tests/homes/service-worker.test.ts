import { afterAll, beforeAll, expect, test } from "vitest";
import { type ControlledPage, startPage } from "./drivers/service-worker.ts";

let controlled: ControlledPage;

beforeAll(async () => {
  controlled = await startPage({ tokens: [{ token: "local" }] });
});

afterAll(async () => {
  await controlled?.stop();
});

/** An answer in the form that crosses to the page. */
interface Init {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Sends a request with the page's own `fetch`. */
function ask(path: string, init: Init = {}): Promise<[number, string]> {
  return controlled.page.evaluate(
    async ([path, init]) => {
      const response = await fetch(path, init);
      return [response.status, await response.text()] as [number, string];
    },
    [path, init] as const,
  );
}

test("the page's requests to the API never leave the browser", async () => {
  const headers = { authorization: "Bearer local", "content-type": "application/json" };
  const body = JSON.stringify({ details: { name: "Bot", environment_id: "013xrzp12g3nqk8nzxvq7jm2arsfg5h1" } });
  expect((await ask("/api/v1/agent", { method: "POST", headers, body }))[0]).toBe(200);
  const [status, list] = await ask("/api/v1/agent", { headers });
  expect([status, JSON.parse(list).pagination.item_count]).toEqual([200, 1]);
});

test("everything else goes to the network", async () => {
  for (const path of ["/nothing", "/api/v2/agent", "/_registrar/reset"]) {
    expect(await ask(path)).toEqual([404, "the network's own answer"]);
  }
});

test("the page gets its ids and tokens", async () => {
  const [status, text] = await ask("/_registrar/defaults");
  expect(status).toBe(200);
  expect(JSON.parse(text)).toEqual({
    account_id: "013xrzp12g3nqk8nyt0q8s8a1vd3p7wk",
    environment_id: "013xrzp12g3nqk8nzxvq7jm2arsfg5h1",
    token: "local",
    environment_token: null,
  });
});
