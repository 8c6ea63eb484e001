import { execFileSync } from "node:child_process";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import type { LogRecord } from "../../../www/src/requests/log.ts";
import { answering, connectTo, expect, explore, goTo, test } from "./fixtures.ts";

const environment = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";

test("every request is listed as it was sent and answered, with an address of its own", async ({ page, serve }) => {
  const { url, token } = await serve();
  await page.goto(url);
  await answering(page);
  await explore(page, "agents_create", { "details.name": "Logged", "details.environment_id": environment });
  await page.getByRole("link", { name: /^Request \d+$/ }).click();
  await expect(page).toHaveURL(/#\/requests\/\d+$/);
  await expect(page).toHaveTitle(/^Request \d+: Requests/);
  const detail = page.getByRole("article");
  await expect(detail.getByRole("heading", { level: 2 })).toHaveText("POST /api/v1/agent");
  await expect(detail).toContainText("by the explorer");
  await expect(detail).toContainText("x-request-id");
  await expect(detail).toContainText(`Bearer ••••••••${token.slice(-4)}`);
  await expect(detail).not.toContainText(token);
  await detail.getByRole("button", { name: "Show token" }).click();
  await expect(detail).toContainText(`Bearer ${token}`);
  await detail.getByRole("button", { name: "Hide token" }).click();
  // The address works after a reload, from the browser's storage.
  await page.reload();
  await expect(detail.getByRole("heading", { level: 2 })).toHaveText("POST /api/v1/agent");
  await expect(page.getByRole("region", { name: "Body of the request" })).toContainText("Logged");
  const list = page.getByRole("list", { name: "Requests, newest first" });
  await expect(list.getByRole("link", { name: /POST/ })).toHaveAttribute("aria-current", "true");
  const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  expect(stored).not.toContain(token);
});

test("the log equals what a proxy saw, byte for byte up to 64 KB, the token apart", async ({ page, serve, allowed, expected }) => {
  expected.push("422");
  const one = await serve("--cors", "*");
  const seen: { readonly line: string; readonly body: string; readonly answer: string }[] = [];
  const proxy = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const passed = httpRequest(`${one.url}${request.url}`, { method: request.method, headers: request.headers }, (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => parts.push(chunk));
        answer.on("end", () => {
          const [body, told] = [Buffer.concat(chunks).toString(), Buffer.concat(parts)];
          if (request.method !== "OPTIONS") {
            seen.push({ line: `${request.method} ${request.url}`, body, answer: told.subarray(0, 65_536).toString() });
          }
          response.writeHead(answer.statusCode ?? 500, answer.headers).end(told);
        });
      });
      passed.end(Buffer.concat(chunks));
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  allowed.add(address);
  try {
    await page.goto(one.url);
    await answering(page);
    await connectTo(page, address, one.token);
    await expect(page.getByText(/Now connected to/)).toBeVisible();
    await explore(page, "agents_create", { "details.name": "é\u202e😀", "details.environment_id": environment });
    await explore(page, "agents_create", { "details.name": " ", "details.environment_id": environment }).catch(() => undefined);
    await explore(page, "agents_list", { "pagination[page_size]": "1" });
    const read = (origin: string): Promise<LogRecord[]> =>
      page.evaluate(async (origin) => {
        const open = indexedDB.open(`agent-registrar log ${new URL("./", document.baseURI).pathname}`);
        const database = await new Promise<IDBDatabase>((resolve) => {
          open.onsuccess = () => resolve(open.result);
        });
        const all = database.transaction("records").objectStore("records").getAll();
        const found = await new Promise<LogRecord[]>((resolve) => {
          all.onsuccess = () => resolve(all.result as LogRecord[]);
        });
        return found.filter(({ address, answer }) => address === origin && answer !== undefined);
      }, origin);
    const told = async (): Promise<typeof seen> =>
      (await read(address)).map(({ method, path, body, answer }) => ({
        line: `${method} ${path}`,
        body: body?.text ?? "",
        answer: answer?.body.text ?? "",
      }));
    // Brackets arrive as a browser sends them.
    const sorted = (list: typeof seen): readonly string[] =>
      list.map((one) => JSON.stringify({ ...one, line: decodeURI(one.line) })).sort();
    // Requests of the page itself may be under way: the log has them a little later than the proxy.
    const difference = async (): Promise<readonly string[]> => {
      const [logged, passed] = [sorted(await told()), sorted(seen)];
      return [...logged.filter((one) => !passed.includes(one)), ...passed.filter((one) => !logged.includes(one))];
    };
    await expect.poll(difference).toEqual([]);
    expect(seen.length).toBeGreaterThan(5);
  } finally {
    proxy.close();
    proxy.closeAllConnections();
  }
});

test("the copied curl of a create, token included, makes the same agent on another server", async ({ page, serve, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const [one, two] = [await serve(), await serve()];
  await page.goto(one.url);
  await answering(page);
  const name = `O'Hara "$HOME" \`id\` \\ <b>é`;
  await explore(page, "agents_create", { "details.name": name, "details.environment_id": environment });
  await page.getByRole("link", { name: /^Request \d+$/ }).click();
  const copy = async (item: string): Promise<string> => {
    await page.getByRole("article").getByRole("button", { name: "Copy" }).click();
    await page.getByRole("menuitem", { name: item }).click();
    return page.evaluate(() => navigator.clipboard.readText());
  };
  const without = await copy("As curl");
  await expect(page.getByText("Copied as curl, without the token.")).toBeVisible();
  expect(without).toContain("Bearer $TOKEN");
  expect(without).not.toContain(one.token);
  await page.getByRole("article").getByRole("button", { name: "Copy" }).click();
  await page.getByRole("menuitem", { name: "Include the token" }).click();
  const code = await copy("As curl");
  expect(code).toContain(one.token);
  const shell = code.replace(one.url, two.url).replace(one.token, two.token).replace(/^curl/, "curl --silent");
  const made = JSON.parse(execFileSync("sh", ["-c", shell], { encoding: "utf8" })) as { details: { name: string; environment_id: string } };
  expect(made.details).toMatchObject({ name, environment_id: environment });
});

test("send again repeats body and key, and says that it was replayed; edit and send fills the form in", async ({ page, serve }) => {
  const { url } = await serve();
  await page.goto(url);
  await answering(page);
  await explore(page, "agents_create", { "details.name": "Twice", "details.environment_id": environment, idempotency_key: "twice-1" });
  await page.getByRole("link", { name: /^Request \d+$/ }).click();
  const before = page.url();
  await page.getByRole("button", { name: "Send again" }).click();
  await expect(page).not.toHaveURL(before);
  await expect(page.getByRole("article")).toContainText("Replayed");
  await expect(page.getByRole("article")).toContainText("by you, again");
  await goTo(page, "#/explorer/agents_list");
  await page.getByRole("textbox", { name: "sorting", exact: true }).fill("-name");
  await page.locator("form.operation").getByRole("button", { name: "Send" }).click();
  await page.getByRole("link", { name: /^Request \d+$/ }).click();
  await page.getByRole("button", { name: "Edit and send" }).click();
  await expect(page.getByRole("heading", { level: 2, name: /List agents/ })).toBeVisible();
  await expect(page.getByRole("textbox", { name: "sorting", exact: true })).toHaveValue("-name");
});

test("filters are in the address; a cleared log says so, and its numbers are not used again", async ({ page, serve }) => {
  const { url } = await serve();
  await page.goto(url);
  await answering(page);
  await explore(page, "agents_create", { "details.name": "Filtered", "details.environment_id": environment });
  await goTo(page, "#/requests");
  await page.getByLabel("Method").selectOption("POST");
  const list = page.getByRole("list", { name: "Requests, newest first" });
  await expect(list.getByRole("link")).toHaveCount(1);
  expect(page.url()).toContain("method=POST");
  await page.reload();
  await expect(list.getByRole("link")).toHaveCount(1);
  await page.getByLabel("Answer").selectOption("5xx");
  await expect(page.getByText("No request matches")).toBeVisible();
  await page.getByRole("button", { name: "Clear filters" }).click();
  const last = Number((await list.getByRole("link").first().getAttribute("data-row")) ?? "0");
  await page.getByRole("button", { name: "Clear log" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Clear log" }).click();
  await expect(page.getByText("Nothing sent yet")).toBeVisible();
  await explore(page, "ping", {});
  await goTo(page, "#/requests");
  expect(Number((await list.getByRole("link").first().getAttribute("data-row")) ?? "0")).toBeGreaterThan(last);
});

test("a request without an answer has its cause, and one of another connection asks before it goes elsewhere", async ({
  page,
  serve,
  expected,
}) => {
  const one = await serve();
  const two = await serve("--cors", "*");
  await page.goto(one.url);
  await answering(page);
  await explore(page, "ping", {});
  await connectTo(page, two.url, two.token);
  await answering(page);
  await goTo(page, "#/requests");
  await page
    .getByRole("link", { name: new RegExp(new URL(one.url).host) })
    .first()
    .click();
  await page.getByRole("button", { name: "Send again" }).click();
  await expect(page.getByRole("dialog")).toContainText(`It went to ${new URL(one.url).host}. It would now go to ${new URL(two.url).host}.`);
  await page.getByRole("button", { name: "Don’t send" }).click();
  expected.push("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE");
  await explore(page, "ping", {});
  await two.stop();
  await page.locator("form.operation").getByRole("button", { name: "Send" }).click();
  await expect(page.locator(".operation-answer")).toContainText("no answer");
  await page.getByRole("link", { name: /^Request \d+$/ }).click();
  await expect(page.getByRole("article")).toContainText("No answer. Nothing answers at this address.");
});

test("with the keyboard alone: from the list into a request, its copy menu, and back", async ({ page, serve, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const { url } = await serve();
  await page.goto(url);
  await answering(page);
  await expect(page.getByRole("heading", { level: 1, name: "Agents" })).toBeVisible();
  await page.keyboard.press("g");
  await page.keyboard.press("r");
  await expect(page.getByRole("heading", { level: 1, name: "Requests" })).toBeFocused();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/#\/requests\/\d+/);
  await page.getByRole("article").getByRole("button", { name: "Copy" }).focus();
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("menuitem", { name: "As curl" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByText("Copied as curl, without the token.")).toBeVisible();
  await expect(page.getByRole("article").getByRole("button", { name: "Copy" })).toBeFocused();
});
