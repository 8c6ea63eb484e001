import { holdBack } from "../fixtures.ts";
import { answering, connectTo, expect, explore, goTo, state, test } from "./fixtures.ts";

const environment = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
const card = "State of the connection";

test("a loopback server opens connected, without a question", async ({ page, serve }) => {
  const { page: address, url } = await serve();
  expect(address).toBe(`${url}/`);
  await page.goto(address);
  await answering(page);
  await expect(state(page)).toContainText(new URL(url).host);
});

test("a printed one-time link connects once, and leaves no trace", async ({ page, serve, expected, context }) => {
  const { page: address, url, token } = await serve("--token", "abcdefghijkl-mnop");
  await page.goto(address);
  await answering(page);
  expect(page.url()).toBe(`${url}/#/agents`);
  const code = /#token=(.*)/.exec(address)?.[1] ?? "?";
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state, document.title]));
  expect(kept).not.toContain(code);
  expect(kept).not.toContain(token);
  await page.goBack().catch(() => undefined);
  expect(page.url()).not.toContain(code);
  // A second use asks for the token.
  expected.push("403");
  const other = await context.newPage();
  await other.goto(address);
  await expect(other.getByRole("region", { name: card })).toContainText("This link was used already.");
  await other.getByLabel("Token", { exact: true }).fill(token);
  await other.getByRole("button", { name: "Connect", exact: true }).click();
  await answering(other);
});

test("a server that gives no token asks for it, and says which; a wrong one is refused", async ({ page, serve, expected }) => {
  const { url, token } = await serve("--token", "abcdefghijkl-mnop", "--no-page");
  await page.goto(url);
  const region = page.getByRole("region", { name: card });
  await expect(region).toContainText("This server asks for a token. It was printed when the server started");
  await page.getByRole("button", { name: "Enter the token" }).click();
  await expect(page.getByLabel("Token", { exact: true })).toBeFocused();
  expected.push("401");
  await page.keyboard.type("wrong");
  await page.keyboard.press("Enter");
  await expect(state(page)).toContainText("Refused");
  await expect(region).toContainText("This token is not valid here.");
  await page.getByLabel("Token", { exact: true }).fill(token);
  await page.keyboard.press("Enter");
  await answering(page);
  await expect(region).toContainText("Account-wide token, ending in mnop");
  // Memory only: a reload asks again.
  expect(await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))).not.toContain(token);
  await page.reload();
  await expect(region).toContainText("asks for a token");
  await page.getByLabel("Keep the token in this browser").check();
  await page.getByLabel("Token", { exact: true }).fill(token);
  await page.keyboard.press("Enter");
  await answering(page);
  await page.reload();
  await answering(page);
});

test("an address that is none, and a blank token, are said at their fields", async ({ page, serve }) => {
  const { url } = await serve();
  await page.goto(url);
  await answering(page);
  await connectTo(page, "http://", "");
  await expect(page.getByRole("textbox", { name: "Address" })).toBeFocused();
  await expect(page.getByText("Address must be a URL")).toBeVisible();
  await expect(page.getByText("Token must not be blank.")).toBeVisible();
  await answering(page);
});

test("connecting elsewhere: everything of the old server goes before the first request, nothing comes back", async ({
  page,
  serve,
  expected,
}) => {
  const [one, two] = [await serve(), await serve("--cors", "*")];
  await page.goto(one.url);
  await answering(page);
  await explore(page, "agents_create", { "details.name": "Of server one", "details.environment_id": environment });
  await goTo(page, "#/agents");
  await expect(page.getByRole("link", { name: "Of server one" })).toBeVisible();
  const place = page.getByRole("navigation", { name: "Places" }).getByRole("link", { name: "Agents" });
  await expect(place).toHaveText("Agents1");
  // A dead server: unreachable, with its cause.
  await two.stop();
  expected.push("ERR_CONNECTION_REFUSED");
  await connectTo(page, two.url, "whatever");
  await expect(state(page)).toContainText("Unreachable");
  await expect(page.getByRole("region", { name: card })).toContainText("Nothing answers at this address.");
  await expect(page.getByRole("region", { name: card })).toContainText(/Asking again in \d+ s/);
  await goTo(page, "#/agents");
  await expect(page.getByText("Of server one")).toHaveCount(0);
  await expect(place).toHaveText("Agents");
  // The way back.
  await goTo(page, "#/connection");
  await page.getByRole("button", { name: `Back to ${new URL(one.url).host}` }).click();
  await answering(page);
  await goTo(page, "#/agents");
  await expect(page.getByRole("link", { name: "Of server one" })).toBeVisible();
});

test("a second server after the first: its agents, not the others", async ({ page, serve }) => {
  const one = await serve();
  const two = await serve("--cors", new URL(one.url).origin);
  await page.goto(one.url);
  await answering(page);
  await explore(page, "agents_create", { "details.name": "Of server one", "details.environment_id": environment });
  await connectTo(page, two.url, two.token);
  await answering(page);
  await expect(page.getByText(`Now connected to ${new URL(two.url).host}. What was shown before has been cleared.`)).toBeVisible();
  await goTo(page, "#/agents");
  await expect(page.getByText("No agents yet")).toBeVisible();
  await expect(page.getByText("Of server one")).toHaveCount(0);
});

test("an answer of the old connection that comes late is dropped", async ({ page, serve }) => {
  const one = await serve();
  const two = await serve("--cors", "*");
  await page.goto(one.url);
  await answering(page);
  await explore(page, "agents_create", { "details.name": "Late", "details.environment_id": environment });
  const release = await holdBack(page, `${one.url}/api/v1/agent?**`);
  const asked = page.waitForRequest(`${one.url}/api/v1/agent?**`);
  await goTo(page, "#/agents");
  await asked;
  await connectTo(page, two.url, two.token);
  await answering(page);
  await goTo(page, "#/agents");
  await expect(page.getByText("No agents yet")).toBeVisible();
  release();
  // Its answer arrives, unless the page has given the request up.
  await (await asked).response();
  await expect(page.getByText("Late", { exact: true })).toHaveCount(0);
});

test("a slow server: connecting is shown, actions rest, and asking can be stopped", async ({ page, serve }) => {
  const { url } = await serve();
  const release = await holdBack(page, "**/api/v1/ping");
  await page.goto(url);
  await expect(state(page)).toContainText("Connecting");
  await goTo(page, "#/connection");
  await expect(page.getByRole("region", { name: card })).toContainText("Asking 127.0.0.1");
  await page.getByRole("button", { name: "Stop asking" }).click();
  await expect(state(page)).toContainText("Unreachable");
  release();
  await page.getByRole("button", { name: "Ask now" }).click();
  await answering(page);
});

test("a server that goes away and comes back with other tokens: unreachable, refused, and the new token is asked for", async ({
  page,
  serve,
  expected,
}) => {
  const one = await serve("--token", "first-token-of-it", "--no-page");
  await page.goto(one.url);
  await page.getByLabel("Token", { exact: true }).fill(one.token);
  await page.keyboard.press("Enter");
  await answering(page);
  expected.push("ERR_CONNECTION_REFUSED", "401", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE");
  await one.stop();
  await goTo(page, "#/explorer");
  await expect(state(page)).toContainText("Unreachable");
  const again = await serve("--port", String(one.port), "--token", "second-token-of-it", "--no-page");
  await expect(state(page)).toContainText("Refused");
  await goTo(page, "#/connection");
  const region = page.getByRole("region", { name: card });
  await expect(region).toContainText("The token is not valid any more. The server was probably restarted and has printed new tokens.");
  await page.getByRole("button", { name: "Enter the new token" }).click();
  await expect(page.getByLabel("Token", { exact: true })).toBeFocused();
  await page.keyboard.type(again.token);
  await page.keyboard.press("Enter");
  await answering(page);
});

test.describe("the causes that a browser hides", () => {
  test("CORS: the server answers, and the option that helps can be copied", async ({ page, serve, expected, context }) => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const [one, two] = [await serve(), await serve()];
    await page.goto(one.url);
    await answering(page);
    expected.push("CORS", "ERR_FAILED");
    await connectTo(page, two.url, two.token);
    const region = page.getByRole("region", { name: card });
    await expect(region).toContainText("It answers, but the browser hides the answer.");
    await page.getByRole("button", { name: "Copy the option" }).click();
    await expect(page.getByText("Option copied.")).toBeVisible();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`--cors ${one.url}`);
  });

  test("the page's own policy", async ({ page, serve, expected }) => {
    const { url } = await serve();
    await page.goto(url);
    await answering(page);
    expected.push("Content Security Policy", "policy:", "Refused to connect", "violates");
    await connectTo(page, "http://build-box:8787", "token");
    await expect(page.getByRole("region", { name: card })).toContainText("This page may not call that address.");
    await page.getByRole("button", { name: "Show the policy" }).click();
    await expect(page.getByRole("dialog")).toContainText("connect-src 'self'");
  });

  test("a busy server: 503 with Retry-After is waited for, and the request sent again with its key", async ({ page, serve, expected }) => {
    const { url, environment } = await serve("--test-hooks");
    await page.goto(url);
    await answering(page);
    await fetch(`${url}/_registrar/faults`, {
      method: "POST",
      body: JSON.stringify({ match: { method: "POST", path: "/api/v1/agent" }, status: 503, headers: { "retry-after": "1" } }),
    });
    expected.push("503");
    const bodies: (string | null)[] = [];
    page.on("request", (request) => {
      if (request.method() === "POST") bodies.push(request.postData());
    });
    await explore(page, "agents_create", { "details.name": "Busy", "details.environment_id": environment, idempotency_key: "key-of-busy" });
    await expect(page.locator(".operation-answer")).toContainText("200");
    expect(bodies).toHaveLength(2);
    expect(bodies[1]).toBe(bodies[0]);
  });
});

test.describe("API tokens", () => {
  test("are made, shown once, used, suspended and revoked", async ({ page, serve, context, expected }) => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const { url } = await serve();
    await page.goto(url);
    await answering(page);
    await goTo(page, "#/connection/tokens");
    await expect(page.getByText("No tokens besides the ones from the server’s configuration.")).toBeVisible();
    await page.getByRole("button", { name: "New token" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("ci");
    await dialog.getByRole("button", { name: "Create token" }).click();
    const token = (await dialog.locator("code").innerText()).trim();
    await page.keyboard.press("Escape");
    await expect(dialog).toBeVisible();
    await dialog.getByRole("button", { name: "Copy and close" }).click();
    await expect(dialog).toHaveCount(0);
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(token);
    const ping = (): Promise<Response> => fetch(`${url}/api/v1/ping`, { headers: { authorization: `Bearer ${token}` } });
    expect((await ping()).status).toBe(200);
    const row = page.getByRole("row", { name: /ci/ });
    await expect(row).toContainText("active");
    await row.getByRole("button", { name: "Actions of ci" }).click();
    await page.getByRole("menuitem", { name: "Suspend" }).click();
    await expect(row).toContainText("suspended");
    expect((await ping()).status).toBe(401);
    await row.getByRole("button", { name: "Actions of ci" }).click();
    await page.getByRole("menuitem", { name: "Revoke" }).click();
    await page.getByRole("button", { name: "Revoke token" }).click();
    await expect(row).toContainText("revoked");
    // The log never had it.
    const log = await page.evaluate(async () => {
      const open = indexedDB.open(`agent-registrar log ${new URL("./", document.baseURI).pathname}`);
      const database = await new Promise<IDBDatabase>((resolve) => {
        open.onsuccess = () => resolve(open.result);
      });
      const all = database.transaction("records").objectStore("records").getAll();
      return new Promise<string>((resolve) => {
        all.onsuccess = () => resolve(JSON.stringify(all.result));
      });
    });
    expect(log).toContain("/api/v1/api_token");
    expect(log).not.toContain(token);
    expect(expected).toEqual([]);
  });

  test("of one environment's token: it says which token is needed", async ({ page, serve, expected }) => {
    const { url } = await serve("--token", "account-token-x", "--environment-token", "environment-token-x", "--no-page");
    await page.goto(url);
    expected.push("403");
    await page.getByLabel("Token", { exact: true }).fill("environment-token-x");
    await page.keyboard.press("Enter");
    await answering(page);
    await page.getByRole("link", { name: "API tokens" }).click();
    await expect(page.getByText("This token is for one environment")).toBeVisible();
  });
});
