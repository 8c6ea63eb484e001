// Traps of the service in the page, in the Service Worker of a real browser: each costs one request a 503, and nothing else.
import { readdirSync, readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { abortingWasm, Places, UNREACHED } from "../../homes/drivers/aborting.ts";
import { expect, type Replace, type StaticHost, test } from "./fixtures.ts";

const www = new URL("../../../dist/www/", import.meta.url);
const wasm = `assets/${readdirSync(new URL("assets/", www)).find((name) => /^service-.*\.wasm$/.test(name))}`;

/**
 * Comes before the code of the worker: `in-page/fuse/PLACES` says how many places of the core are left from now on, and answers how many
 * were left. With `in-page/fuse/next/PLACES`, those of the core that is made next.
 */
const HOOK = `{
  const RealInstance = WebAssembly.Instance;
  let core;
  let next = 0;
  WebAssembly.Instance = class {
    constructor(module, imports) {
      core = new RealInstance(module, imports);
      core.exports.fuse.value = next;
      next = 0;
      return core;
    }
  };
  addEventListener("fetch", (event) => {
    const found = /\\/in-page\\/fuse\\/(next\\/)?(\\d+)$/.exec(new URL(event.request.url).pathname);
    if (found === null) return;
    event.stopImmediatePropagation();
    const left = core?.exports.fuse.value ?? 0;
    if (found[1] !== undefined) next = Number(found[2]);
    else if (core !== undefined) core.exports.fuse.value = Number(found[2]);
    event.respondWith(new Response(String(left)));
  });
}
`;

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly isReplayed: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: an answer of the API as JSON
  readonly json: any;
}

/** Sends requests at once, as any script of the page can. */
function send(page: Page, ...requests: readonly (readonly [method: string, target: string, body?: object])[]): Promise<readonly Answer[]> {
  return page.evaluate(async (all) => {
    const headers = { authorization: "Bearer in-this-page", "content-type": "application/json" };
    const one = async ([method, target, body]: (typeof all)[number]) => {
      const answer = await fetch(`in-page/api/v1/${target}`, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
      const isReplayed = answer.headers.get("idempotency-replayed") === "true";
      return { status: answer.status, retryAfter: answer.headers.get("retry-after"), isReplayed, json: await answer.json() };
    };
    return Promise.all(all.map(one));
  }, requests);
}

const fuse = (page: Page, places: string | number): Promise<number> =>
  page.evaluate(async (it) => Number(await (await fetch(`in-page/fuse/${it}`)).text()), places);

const create = (name: string, key: string) =>
  ["POST", "agent", { details: { name, environment_id: "013xrzp12g3nqk8nzxvq7jm2arsfg5h1" }, idempotency_key: key }] as const;
const LIST = ["GET", "agent?sorting=-id&pagination[page_size]=100&include_counts=true"] as const;

const names = async (page: Page): Promise<readonly string[]> => {
  const [answer] = await send(page, LIST);
  return answer?.json.summaries.map(({ name }: { name: string }) => name);
};

// One after another in one process: the core is made once, which takes seconds.
test.describe.configure({ mode: "default" });
let aborting: Uint8Array;
test.beforeAll(() => {
  test.setTimeout(300_000);
  aborting = abortingWasm("service");
});

/** Opens a page without scripts of its own that the worker of the host controls. */
async function openControlled(page: Page, host: (folder: string, replace: Replace) => Promise<StaticHost>): Promise<void> {
  const { url } = await host("/traps/", (name) => {
    if (name === wasm) return aborting;
    if (name === "blank.html") return '<!doctype html><title>blank</title><link rel="icon" href="data:,">';
    return name === "sw.js" ? HOOK + readFileSync(new URL(name, www), "utf8") : undefined;
  });
  await page.goto(`${url}blank.html`);
  await page.evaluate(async () => {
    const controlled = new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve));
    await navigator.serviceWorker.register("sw.js");
    await controlled;
  });
}

const expectRefused = (answer: Answer | undefined): void =>
  expect(answer).toMatchObject({ status: 503, retryAfter: "5", json: { status: "error", code: "unexpected" } });

test("a trap in the worker costs one request a 503; the records come back from the journal", async ({ page, host, expected }) => {
  expected.push("503", "RuntimeError");
  await openControlled(page, host);
  const places = new Places();
  const made = ["second", "first"];
  // Makes the core, too.
  expect((await send(page, create("first", "key first")))[0]?.status).toBe(200);
  await fuse(page, UNREACHED);
  expect((await send(page, create("second", "key second")))[0]?.status).toBe(200);
  const passed = UNREACHED - (await fuse(page, 0));
  expect(passed).toBeGreaterThan(100);
  for (let count = 0; count < places.count(12); count++) {
    const name = `agent ${count}`;
    const before = await names(page);
    await fuse(page, places.below(Math.floor(passed * 0.9)));
    const [during] = await send(page, create(name, `key ${count}`));
    expectRefused(during);
    await fuse(page, 0);
    // The next request already is answered, by a core that was made from the journal.
    expect(await names(page)).toEqual(before);
    const [again] = await send(page, create(name, `key ${count}`));
    expect(again).toMatchObject({ status: 200, isReplayed: false, json: { details: { name } } });
    made.unshift(name);
    const [replayed] = await send(page, create(name, `key ${count}`));
    expect(replayed).toEqual({ ...again, isReplayed: true });
    expect((await names(page)).slice(0, made.length)).toEqual(made);
  }
});

test("requests beside the one that traps are answered, and what they wrote is kept", async ({ page, host, context, expected }) => {
  expected.push("503", "RuntimeError");
  await openControlled(page, host);
  const [first] = await send(page, create("first", "key first"));
  expect(first?.status).toBe(200);
  await fuse(page, UNREACHED);
  await send(page, create("second", "key second"));
  const passed = UNREACHED - (await fuse(page, 0));
  // In the middle of the third of six.
  await fuse(page, Math.floor(passed * 2.5));
  const answers = await send(page, ...Array.from({ length: 6 }, (_, index) => create(`beside ${index}`, `key beside ${index}`)));
  await fuse(page, 0);
  const refused = answers.filter(({ status }) => status !== 200);
  expect(refused).toHaveLength(1);
  expectRefused(refused[0]);
  const kept = answers.flatMap(({ status, json }) => (status === 200 ? [json.details.name] : []));
  const all = await names(page);
  expect(all.slice(0, 5).sort()).toEqual(kept.sort());
  expect(all.slice(5, 7)).toEqual(["second", "first"]);
  // A core that traps while it is made from the journal answers nothing; the one after it has everything.
  await fuse(page, 1);
  expectRefused((await send(page, create("lost", "key lost")))[0]);
  await fuse(page, "next/1000");
  expectRefused((await send(page, create("lost", "key lost")))[0]);
  expect(await names(page)).toEqual(all);
  // It is all in the database, for the next worker as well.
  const devtools = await context.newCDPSession(page);
  await devtools.send("ServiceWorker.enable");
  await devtools.send("ServiceWorker.stopAllWorkers");
  expect(await names(page)).toEqual(all);
});
