// The service in the page, on a static host in a folder of its own.
import type { Page } from "@playwright/test";
import { answering, expect, explore, goTo, state, test } from "./fixtures.ts";

const environment = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";

const isControlled = (page: Page): Promise<boolean> => page.evaluate(() => navigator.serviceWorker.controller !== null);

async function controlled(page: Page): Promise<void> {
  await expect.poll(() => isControlled(page)).toBe(true);
}

/** The names in the service, asked as any script of the page can. */
function names(page: Page, count = 100): Promise<readonly string[]> {
  return page.evaluate(async (size) => {
    const answer = await fetch(`in-page/api/v1/agent?sorting=-id&pagination[page_size]=${size}`, {
      headers: { authorization: "Bearer in-this-page" },
    });
    const { summaries } = (await answer.json()) as { summaries: { name: string }[] };
    return summaries.map(({ name }) => name);
  }, count);
}

test("a static copy has the service and examples at once, and the worker takes over", async ({ page, host }) => {
  const { url } = await host();
  await page.goto(url);
  await answering(page);
  await expect(state(page)).toContainText("in this page");
  await expect(page.getByRole("link", { name: "Invoice reader" })).toBeVisible();
  await controlled(page);
  expect(await names(page)).toHaveLength(12);
});

test("an agent is made, run, retired and reinstated; all of it survives a reload, offline too", async ({ page, host, context }) => {
  const { url, stop } = await host();
  await page.goto(url);
  await controlled(page);
  await answering(page);
  await explore(page, "agents_create", { "details.name": "Mine", "details.environment_id": environment });
  const id = await page.evaluate(
    () => /"id":\s*"(\w{32})"/.exec(document.querySelector(".operation-answer")?.textContent ?? "")?.[1] ?? "",
  );
  await explore(page, "agent_instances_register", { agent_id: id, "agent_version.external_identifier": "v1" });
  for (const action of ["agents_retire", "agents_reinstate"]) {
    await explore(page, action, { id });
    await expect(page.locator(".operation-answer")).toContainText("200");
  }
  await page.reload();
  await answering(page);
  expect(await names(page)).toContain("Mine");
  // Without a network and without the host.
  await stop();
  await context.setOffline(true);
  await page.reload();
  await answering(page);
  await goTo(page, "#/agents");
  await expect(page.getByRole("link", { name: "Mine", exact: true })).toBeVisible();
  await explore(page, "agents_create", { "details.name": "Offline", "details.environment_id": environment });
  expect(await names(page)).toContain("Offline");
});

test("where no worker controls the page, the page runs the service itself, on the same records", async ({ page, host, context }) => {
  const { url } = await host();
  // As in a private window of some browsers.
  const plain = await context.newPage();
  await plain.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, "serviceWorker", { get: () => undefined });
    // `"serviceWorker" in navigator` has to be false as well.
    delete (Navigator.prototype as { serviceWorker?: unknown }).serviceWorker;
  });
  await plain.goto(url);
  await answering(plain);
  await explore(plain, "agents_create", { "details.name": "Of the page", "details.environment_id": environment });
  await expect(plain.locator(".operation-answer")).toContainText("200");
  await page.goto(url);
  await controlled(page);
  await answering(page);
  expect(await names(page)).toContain("Of the page");
  await explore(page, "agents_create", { "details.name": "Of the worker", "details.environment_id": environment });
  await expect(page.locator(".operation-answer")).toContainText("200");
  // Where the pointer rests on the list, new rows wait above it: a reload shows them.
  await goTo(plain, "#/agents");
  await plain.reload();
  await expect(plain.getByRole("link", { name: "Of the worker" })).toBeVisible();
});

test("two tabs at once lose nothing and agree", async ({ page, host, context }) => {
  const { url } = await host();
  await page.goto(url);
  await controlled(page);
  const other = await context.newPage();
  await other.goto(url);
  await answering(other);
  const make = (tab: Page, from: number): Promise<void> =>
    tab.evaluate(
      async ([first, environment_id]) => {
        const headers = { authorization: "Bearer in-this-page", "content-type": "application/json" };
        const requests = Array.from({ length: 20 }, (_, index) =>
          fetch("in-page/api/v1/agent", {
            method: "POST",
            headers,
            body: JSON.stringify({ details: { name: `agent ${Number(first) + index}`, environment_id } }),
          }),
        );
        for (const answer of await Promise.all(requests)) if (answer.status !== 200) throw new Error(await answer.text());
      },
      [from, environment] as const,
    );
  await Promise.all([make(page, 0), make(other, 20)]);
  expect(await names(page)).toHaveLength(52);
  expect(await names(other)).toEqual(await names(page));
});

test("a worker that is ended keeps every answered write", async ({ page, host, context, expected }) => {
  const { url } = await host();
  await page.goto(url);
  await controlled(page);
  await answering(page);
  await explore(page, "agents_create", { "details.name": "Before the end", "details.environment_id": environment });
  const before = await names(page);
  // A request of the page itself may be under way.
  expected.push("net::ERR_FAILED");
  const devtools = await context.newCDPSession(page);
  await devtools.send("ServiceWorker.enable");
  await devtools.send("ServiceWorker.stopAllWorkers");
  expect(await names(page)).toEqual(before);
});

test("the examples are cleared, what was made stays; a reset leaves nothing", async ({ page, host }) => {
  const { url } = await host();
  await page.goto(url);
  await controlled(page);
  await answering(page);
  await explore(page, "agents_create", { "details.name": "Mine", "details.environment_id": environment });
  await goTo(page, "#/connection");
  await expect(page.getByRole("region", { name: "Records in this browser" })).toContainText("13 agents");
  await page.getByRole("button", { name: "Clear examples…" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText(/12 agents and \d+ instances in this browser go\. What you made stays\./);
  await expect(dialog.getByRole("button", { name: "Keep them" })).toBeFocused();
  await dialog.getByRole("button", { name: "Clear examples" }).click();
  await expect(page.getByText("The examples were cleared.")).toBeVisible();
  expect(await names(page)).toEqual(["Mine"]);
  await page.getByRole("button", { name: "Reset…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Reset" }).click();
  await expect(page.getByText("Everything in this browser was removed.")).toBeVisible();
  expect(await names(page)).toEqual([]);
  await page.reload();
  await answering(page);
  expect(await names(page)).toEqual([]);
});

test("from a served page: the server, then this page, then the server again", async ({ page, serve }) => {
  const { url } = await serve();
  await page.goto(url);
  await answering(page);
  await goTo(page, "#/connection");
  await page.getByRole("radio", { name: "In this page" }).check();
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await expect(state(page)).toContainText("in this page");
  await answering(page);
  await goTo(page, "#/agents");
  await expect(page.getByRole("link", { name: "Invoice reader" })).toBeVisible();
  await page.reload();
  await expect(state(page)).toContainText("in this page");
  await answering(page);
  // The server's own API is still reached.
  await goTo(page, "#/connection");
  const { token } = await page.evaluate(async () => (await (await fetch("/_registrar/defaults")).json()) as { token: string });
  await page.getByRole("radio", { name: "A server" }).check();
  await page.getByRole("textbox", { name: "Address" }).fill(url);
  await page.getByLabel("Token", { exact: true }).fill(token);
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await expect(state(page)).toContainText(new URL(url).host);
  await answering(page);
  await goTo(page, "#/agents");
  await expect(page.getByText("No agents yet")).toBeVisible();
});

test("the page can be installed, where the browser offers it", async ({ page, host, context }) => {
  const { url } = await host();
  await page.goto(url);
  await answering(page);
  const session = await context.newCDPSession(page);
  const { errors, data } = await session.send("Page.getAppManifest");
  expect(errors).toEqual([]);
  expect(JSON.parse(data ?? "")).toMatchObject({ name: "Agent Registrar", start_url: "./", display: "standalone" });
  await goTo(page, "#/connection");
  await expect(page.getByRole("button", { name: "Reset…" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Install this page" })).toHaveCount(0);
  // Headless Chromium offers nothing by itself.
  const isSuppressed = await page.evaluate(() => {
    const offer = new Event("beforeinstallprompt", { cancelable: true });
    dispatchEvent(Object.assign(offer, { prompt: () => Promise.resolve(document.body.setAttribute("data-asked", "")) }));
    return offer.defaultPrevented;
  });
  expect(isSuppressed).toBe(true);
  await page.getByRole("button", { name: "Install this page" }).click();
  await expect(page.locator("body[data-asked]")).toBeVisible();
  await expect(page.getByRole("button", { name: "Install this page" })).toHaveCount(0);
});
