import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Locator, Page } from "@playwright/test";
import { NAME_LIMIT } from "../../js/generated/rules.ts";
import { expect, expectIssue, expectNoIssue, test } from "./fixtures.js";

const name = (page: Page): Locator => page.getByLabel("Name", { exact: true });
const environment = (page: Page): Locator => page.locator("#agent-environment_id");
const description = (page: Page): Locator => page.getByLabel("Description optional");
const id = (page: Page): Locator => page.getByLabel("ID optional", { exact: true });
const key = (page: Page): Locator => page.getByLabel("Idempotency key optional");
const submit = (page: Page): Locator => page.getByRole("button", { name: "Create agent" });
const answer = (page: Page): Locator => page.getByRole("region", { name: "Response", exact: true });
const rows = (page: Page): Locator => page.getByRole("list", { name: "Agents" }).getByRole("listitem");

/** Opens the page, and waits for the connection and the validator. */
async function open(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await expect(environment(page)).not.toHaveValue("");
  await expect(page.locator("#agent-environment_id-hint")).toContainText("Partition 123,456,789");
  await expect(page.locator("#agents-empty, #agents > li").filter({ visible: true }).first()).toBeVisible();
}

test.describe("creating", () => {
  test("works with the keyboard alone", async ({ page, service }) => {
    await open(page, service.url);
    // Skips the link to the form and the connection.
    for (let i = 0; i < 3; i++) await page.keyboard.press("Tab");
    await expect(name(page)).toBeFocused();
    await page.keyboard.type("Ada");
    await page.keyboard.press("Tab");
    await expect(environment(page)).toBeFocused();
    await page.keyboard.press("Tab");
    await page.keyboard.type("Keeps the books");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await expect(id(page)).toHaveValue(/^[0-7][0-9a-hjkmnp-tv-z]{31}$/);
    const chosen = await id(page).inputValue();
    for (let i = 0; i < 3; i++) await page.keyboard.press("Tab");
    await expect(submit(page)).toBeFocused();
    await page.keyboard.press("Enter");

    await expect(answer(page)).toContainText("200 OK");
    await expect(answer(page)).toContainText("x-request-id");
    await expect(rows(page)).toHaveCount(1);
    await expect(rows(page)).toContainText("Ada");
    await expect(rows(page)).toContainText("Keeps the books");
    await expect(rows(page)).toContainText(chosen);
    await expect(rows(page)).toContainText("pending");
    await expect(page.getByRole("status")).toHaveText("Ada was created.");
    await expect(name(page)).toHaveValue("");
    await expectNoIssue(name(page));
    await expect(submit(page)).toBeFocused();
  });

  test("generates the id in the environment's partition", async ({ page, service }) => {
    await open(page, service.url);
    await page.getByRole("button", { name: "Generate an ID", exact: true }).click();
    expect((await id(page).inputValue()).slice(10, 16)).toBe(service.environment.slice(10, 16));
    await expect(page.locator("#agent-id-hint")).toContainText("Partition 123,456,789");

    await environment(page).fill("nowhere");
    await page.getByRole("button", { name: "Generate an ID", exact: true }).click();
    await expect(environment(page)).toBeFocused();
    await expectIssue(environment(page), "Environment ID must be a PFID.");
  });

  test("shows the request that it sends", async ({ page, service }) => {
    await open(page, service.url);
    await name(page).fill("Ada");
    const request = page.getByRole("region", { name: "Request body" });
    expect(JSON.parse(await request.innerText())).toEqual({ details: { name: "Ada", environment_id: service.environment } });
    await description(page).fill("Books");
    await key(page).fill("once");
    expect(JSON.parse(await request.innerText())).toEqual({
      details: { name: "Ada", environment_id: service.environment, description: "Books" },
      idempotency_key: "once",
    });
    const sent = page.waitForRequest((candidate) => candidate.method() === "POST");
    await submit(page).click();
    expect((await sent).postDataJSON()).toEqual({
      details: { name: "Ada", environment_id: service.environment, description: "Books" },
      idempotency_key: "once",
    });
  });

  test("offers a curl command that works", async ({ page, context, service }) => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await open(page, service.url);
    await name(page).fill('It\'s "Ada" & $HOME \\ `id`');
    await page.getByRole("button", { name: "Copy the curl command" }).click();
    await expect(page.getByRole("status")).toHaveText("Copied the curl command.");
    const line = await page.evaluate(() => navigator.clipboard.readText());
    const { stdout } = await promisify(execFile)("sh", ["-c", line]);
    expect(stdout).toContain("200 OK");
    await page.getByRole("button", { name: "Refresh the list" }).click();
    await expect(rows(page).first()).toContainText('It\'s "Ada" & $HOME \\ `id`');
  });

  test("sends the request again, and the idempotency key prevents a second agent", async ({ page, service }) => {
    await open(page, service.url);
    await name(page).fill("Ada");
    await page.getByRole("button", { name: "Generate an idempotency key" }).click();
    await submit(page).click();
    await expect(rows(page)).toHaveCount(1);
    await page.getByRole("button", { name: "Send again" }).click();
    await expect(answer(page)).toContainText("idempotency-replayed");
    await expect(page.locator("#outcome")).toContainText("existed already");
    await expect(rows(page)).toHaveCount(1);
  });
});

test.describe("issues", () => {
  test("show when the field is left, then follow every input", async ({ page, service }) => {
    await open(page, service.url);
    await name(page).fill("   ");
    await id(page).pressSequentially("01");
    await expectNoIssue(id(page));
    await expectIssue(name(page), "Name must not be blank.");
    await name(page).focus();
    await expectIssue(id(page), "ID must be a PFID.");
    await name(page).pressSequentially("Ada");
    await expectNoIssue(name(page));
    await name(page).press("ControlOrMeta+A");
    await name(page).press("Delete");
    await expectIssue(name(page), "Name must not be blank.");
  });

  test("show at all fields on the first attempt to send, with the focus on the first invalid field", async ({ page, service }) => {
    let posts = 0;
    page.on("request", (request) => (posts += request.method() === "POST" ? 1 : 0));
    await open(page, service.url);
    await environment(page).fill("nowhere");
    await id(page).fill("no id");
    await key(page).fill("clé");
    await submit(page).click();
    await expect(name(page)).toBeFocused();
    await expectIssue(name(page), "Name must not be blank.");
    await expectIssue(environment(page), "Environment ID must be a PFID.");
    await expectIssue(id(page), "ID must be a PFID.");
    await expectIssue(key(page), "Idempotency key must be printable ASCII.");
    await expectNoIssue(description(page));
    const summary = page.getByRole("group", { name: /problems to correct/ });
    await expect(summary.getByRole("link")).toHaveCount(4);
    await summary.getByRole("link", { name: /idempotency key/i }).click();
    await expect(key(page)).toBeFocused();
    await key(page).fill("key");
    await expect(summary.getByRole("link")).toHaveCount(3);
    expect(posts).toBe(0);
  });

  test("never move the button from under the pointer", async ({ page, service }) => {
    await open(page, service.url);
    await id(page).fill("no id");
    await name(page).focus();
    await page.keyboard.type(" ");
    await submit(page).scrollIntoViewIfNeeded();
    const box = await submit(page).boundingBox();
    if (box === null) throw new Error("no button");
    await page.mouse.move(box.x + box.width / 2, box.y + 2);
    await page.mouse.down();
    await page.waitForTimeout(100);
    await page.mouse.up();
    await expect(page.getByRole("group", { name: /problems to correct/ })).toBeVisible();
  });

  test("name an id of another account's partition", async ({ page, service }) => {
    await open(page, service.url);
    await id(page).fill("013xrzp12g181qm0zxvq7jm2arsfg5h1");
    await id(page).blur();
    await expectIssue(id(page), "ID must be in the account's partition.");
  });

  test("count characters, not UTF-16 units", async ({ page, service }) => {
    await open(page, service.url);
    await name(page).fill(` ${"🦉".repeat(NAME_LIMIT + 1)} `);
    await name(page).blur();
    await expect(page.locator("#agent-name-count")).toContainText(`${NAME_LIMIT + 1}/${NAME_LIMIT}`);
    await expectIssue(name(page), `Name must have at most ${NAME_LIMIT} characters.`);
    await name(page).fill(` ${"🦉".repeat(NAME_LIMIT)} `);
    await expect(page.locator("#agent-name-count")).toContainText(`${NAME_LIMIT}/${NAME_LIMIT}`);
    await expectNoIssue(name(page));
    await description(page).fill("🦉".repeat(10_000));
    await expect(page.locator("#agent-description-count")).toContainText("10,000/10,000");
    await submit(page).click();
    await expect(answer(page)).toContainText("200 OK");
    await expect(rows(page).first()).toContainText("🦉".repeat(NAME_LIMIT));
  });

  test("that more typing cannot remove show at once, the others when the field is left", async ({ page, service }) => {
    await open(page, service.url);
    await id(page).focus();
    await page.keyboard.type("013x");
    await expectNoIssue(id(page));
    await page.keyboard.type("L");
    await expectIssue(id(page), "ID must be a PFID.");
    await key(page).focus();
    await page.keyboard.type("é");
    await expectIssue(key(page), "Idempotency key must be printable ASCII.");
    await name(page).focus();
    await page.keyboard.type(" ");
    await expectNoIssue(name(page));
    await page.keyboard.press("Tab");
    await expectIssue(name(page), "Name must not be blank.");
  });

  test("of the service show at their fields", async ({ page, service }) => {
    await open(page, service.url);
    await name(page).fill("Ada");
    // A valid PFID that no environment of the account has.
    await environment(page).fill(`${service.environment.slice(0, -1)}2`);
    await submit(page).click();
    await expect(answer(page)).toContainText("422 Unprocessable Content");
    await expect(environment(page)).toBeFocused();
    await expectIssue(environment(page), await page.locator("#agent-environment_id-issues li").innerText());
    await expect(page.getByRole("group", { name: "One field to correct" })).toBeVisible();
    await environment(page).fill(service.environment);
    await expectNoIssue(environment(page));
    await submit(page).click();
    await expect(answer(page)).toContainText("200 OK");
  });

  test("of an idempotency key that was used for another body show at the key", async ({ page, service }) => {
    await open(page, service.url);
    await name(page).fill("Ada");
    await key(page).fill("once");
    await submit(page).click();
    await expect(answer(page)).toContainText("200 OK");
    await name(page).fill("Grace");
    await key(page).fill("once");
    await submit(page).click();
    await expect(answer(page)).toContainText("409 Conflict");
    await expect(key(page)).toBeFocused();
    await expectIssue(key(page), await page.locator("#agent-idempotency_key-issues li").innerText());
  });

  test("come from the service if the validator cannot be loaded", async ({ page, service }) => {
    await page.addInitScript(() => Reflect.deleteProperty(globalThis, "WebAssembly"));
    await page.goto(service.url);
    await expect(environment(page)).toHaveValue(service.environment);
    await submit(page).click();
    await expect(answer(page)).toContainText("422 Unprocessable Content");
    await expect(name(page)).toBeFocused();
    await expectIssue(name(page), "Name must not be blank.");
  });
});

test.describe("agents", () => {
  test("created elsewhere appear on refresh, newest first, page by page", async ({ page, service }) => {
    await open(page, service.url);
    await expect(page.getByText("No agents yet")).toBeVisible();
    for (let i = 1; i <= 11; i++) await service.create({ name: `Agent ${i}` });
    await page.getByRole("button", { name: "Refresh the list" }).click();
    await expect(rows(page)).toHaveCount(10);
    await expect(rows(page).first()).toContainText("Agent 11");
    await expect(page.getByText("1 to 10 of 11")).toBeVisible();
    await page.getByRole("button", { name: "Older" }).click();
    await expect(rows(page)).toHaveCount(1);
    await expect(rows(page)).toContainText("Agent 1");
    await expect(page.getByRole("button", { name: "Older" })).toBeFocused();
    await page.getByRole("button", { name: "Newer" }).click();
    await expect(rows(page)).toHaveCount(10);
  });

  test("are retired, reinstated and deleted", async ({ page, service }) => {
    await service.create({ name: "Ada" });
    await open(page, service.url);
    await page.getByRole("button", { name: "Retire Ada" }).click();
    await expect(rows(page)).toContainText("retired");
    await expect(answer(page)).toContainText("/retire");
    await page.getByRole("button", { name: "Reinstate Ada" }).click();
    await expect(rows(page)).toContainText("pending");
    await expect(page.getByRole("status")).toHaveText("Ada was reinstated.");

    const dialog = page.getByRole("dialog", { name: "Delete this agent?" });
    await page.getByRole("button", { name: "Delete Ada" }).focus();
    await page.keyboard.press("Enter");
    await expect(dialog).toContainText("Ada");
    await page.keyboard.press("Escape");
    await expect(dialog).toBeHidden();
    await expect(rows(page)).toHaveCount(1);
    await expect(page.getByRole("button", { name: "Delete Ada" })).toBeFocused();
    await page.keyboard.press("Enter");
    await dialog.getByRole("button", { name: "Delete" }).click();
    await expect(rows(page)).toHaveCount(0);
    await expect(page.getByText("No agents yet")).toBeVisible();
    await expect(page.getByRole("heading", { name: "Agents" })).toBeFocused();
  });

  test("can be deleted right after the deletion was cancelled", async ({ page, service }) => {
    await service.create({ name: "Ada" });
    await open(page, service.url);
    const remove = page.getByRole("button", { name: "Delete Ada" });
    await remove.click();
    // Both happen before the close event of the first dialog, which is asynchronous.
    await remove.evaluate((button: HTMLElement) => {
      document.querySelector("dialog")?.close("cancel");
      button.click();
    });
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await expect(rows(page)).toHaveCount(0);
  });

  for (const status of [404, 405]) {
    test(`lose an action that the service answers with ${status}`, async ({ page, service }) => {
      await service.create({ name: "Ada" });
      await page.route("**/retire", (route) =>
        route.fulfill({ status, json: { status: "error", code: "not_implemented", message: "Not here." } }),
      );
      await open(page, service.url);
      await page.getByRole("button", { name: "Retire Ada" }).click();
      await expect(page.locator("#agents-trouble")).toContainText("no operation to retire");
      await expect(page.getByRole("button", { name: "Retire Ada" })).toBeHidden();
      await expect(rows(page)).toHaveCount(1);
    });
  }

  test("show the response for one agent", async ({ page, service }) => {
    const { id: agent } = await service.create({ name: "Ada" });
    await open(page, service.url);
    await page.getByRole("button", { name: "Show Ada" }).click();
    await expect(answer(page)).toContainText(`/api/v1/agent/${agent}`);
    await expect(answer(page)).toContainText("instance_counts");
    await expect(page.getByRole("heading", { name: "Response" })).toBeFocused();
  });

  test("have names that are never parsed as markup", async ({ page, service }) => {
    const hostile = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>\u202e{{7*7}}`;
    await service.create({ name: hostile, description: hostile });
    await open(page, service.url);
    await expect(rows(page).locator(".agent-name")).toHaveText(hostile);
    await name(page).fill(hostile);
    await description(page).fill(hostile);
    await submit(page).click();
    await expect(rows(page)).toHaveCount(2);
    await expect(page.locator("main img, main script")).toHaveCount(0);
    await page.getByRole("button", { name: "Delete" }).first().click();
    await expect(page.locator("#confirm-name")).toHaveText(hostile);
    expect(await page.title()).toBe("Agent Registrar");
  });
});

test.describe("connection", () => {
  test("is asked for if the server publishes none", async ({ page, service }) => {
    await page.route("**/_registrar/defaults", (route) => route.fulfill({ status: 404 }));
    await page.goto(service.url);
    await expect(page.getByRole("heading", { name: "Connection" })).toBeVisible();
    await page.getByLabel("Token").fill(service.token);
    await page.locator("#default-environment").fill(service.environment);
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    await expect(name(page)).toBeFocused();
    await expect(environment(page)).toHaveValue(service.environment);
    await page.keyboard.type("Ada");
    await page.keyboard.press("Enter");
    await expect(rows(page)).toContainText("Ada");
  });

  test("is offered again when the token is refused", async ({ page, service }) => {
    await open(page, service.url);
    await page.getByRole("button", { name: /^Connection:/ }).click();
    await page.getByLabel("Token").fill("wrong");
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    await expect(page.locator("#agents-trouble")).toBeVisible();
    await name(page).fill("Ada");
    await submit(page).click();
    await expect(answer(page)).toContainText("401 Unauthorized");
    await expect(page.getByLabel("Token")).toBeVisible();
    await expect(page.getByRole("group", { name: "The agent was not created" })).toBeVisible();
  });

  test("failures are reported, and the form keeps its values", async ({ page, service }) => {
    await open(page, service.url);
    await page.route("**/api/**", (route) => route.abort());
    await name(page).fill("Ada");
    await submit(page).click();
    await expect(answer(page)).toContainText("could not be reached");
    await expect(name(page)).toHaveValue("Ada");
    await expect(submit(page)).toHaveAttribute("aria-disabled", "false");
  });
});

test("the page runs WebAssembly under a strict policy, and fetches no .wasm file", async ({ page, service }) => {
  const fetched: string[] = [];
  page.on("request", (request) => fetched.push(request.url()));
  const document = await page.goto(service.url);
  const policy = document?.headers()["content-security-policy"] ?? "";
  expect(policy).toContain("default-src 'self'");
  expect(policy).not.toContain("unsafe-inline");
  expect(policy).not.toContain("'unsafe-eval'");
  await expect(environment(page)).toHaveValue(service.environment);
  await name(page).fill(" ");
  await name(page).blur();
  await expectIssue(name(page), "Name must not be blank.");
  expect(fetched.filter((url) => url.endsWith(".wasm"))).toEqual([]);
});
