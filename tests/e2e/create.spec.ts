import { DESCRIPTION_LIMIT, NAME_LIMIT } from "../../js/generated/rules.ts";
import { expect, expectNoProblem, expectProblem, holdBack, type Locator, MODES, type Page, test } from "./fixtures.js";

const name = (page: Page): Locator => page.getByRole("textbox", { name: "Name", exact: true });
const description = (page: Page): Locator => page.getByRole("textbox", { name: "Description" });
const id = (page: Page): Locator => page.getByRole("textbox", { name: "ID", exact: true });
const key = (page: Page): Locator => page.getByRole("textbox", { name: "Idempotency key" });
const submit = (page: Page): Locator => page.getByRole("button", { name: /^Creat(e agent|ing…)$/ });
const summary = (page: Page): Locator => page.getByRole("group", { name: /problem/ });
const json = (page: Page): Locator => page.getByRole("textbox", { name: "Body as JSON" });
const messages = (page: Page): Locator => page.getByRole("region", { name: "Messages" });

for (const mode of MODES) {
  test(`with the keyboard alone: problems, a create, and its agent (${mode})`, async ({ page, openIn }) => {
    await openIn(mode);
    await page.keyboard.press("n");
    await expect(page.getByRole("heading", { name: "Create an agent" })).toBeFocused();
    const tabTo = async (target: Locator): Promise<void> => {
      for (let i = 0; i < 40; i++) {
        if (await target.evaluate((element) => element === document.activeElement)) return;
        await page.keyboard.press("Tab");
      }
      await expect(target).toBeFocused();
    };
    await tabTo(name(page));
    await page.keyboard.type("  ");
    await tabTo(id(page));
    await page.keyboard.type("no id");
    await tabTo(key(page));
    await page.keyboard.type("schlüssel");
    await page.keyboard.press("Control+Enter");
    await expect(summary(page)).toBeFocused();
    await expect(summary(page)).toHaveAccessibleName("Fix 3 problems to create the agent");
    await expect(page).toHaveTitle(/^3 problems: Create an agent · /);

    // The first problem's link leads to its field.
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await expect(name(page)).toBeFocused();
    await page.keyboard.press("Control+A");
    await page.keyboard.type("Ada");
    await expectNoProblem(name(page));
    await expect(summary(page)).toHaveAccessibleName("Fix 2 problems to create the agent");
    await tabTo(id(page));
    await page.keyboard.press("Control+A");
    await page.keyboard.press("Delete");
    await tabTo(key(page));
    await page.keyboard.press("Control+A");
    await page.keyboard.type("once");
    await page.keyboard.press("Enter");
    await expect(messages(page)).toContainText("Ada was created.");
    await expect(name(page)).toBeFocused();
    await expect(name(page)).toHaveValue("");
    await expect(key(page)).toHaveValue("");
    await expectNoProblem(name(page));
    await tabTo(messages(page).getByRole("button", { name: "Open" }));
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { name: "Ada" })).toBeFocused();
  });
}

test("a field is checked when it is left, then at each keystroke", async ({ page, site }) => {
  await site.open("/agents/new");
  await id(page).pressSequentially("01");
  await expectNoProblem(id(page));
  await name(page).focus();
  await expectProblem(id(page), "ID must be a PFID.");
  await id(page).fill("");
  await expectNoProblem(id(page));
  // What is not touched stays quiet until submit.
  await expectNoProblem(name(page));
  // What more typing can't mend shows at once.
  await name(page).fill("é".repeat(NAME_LIMIT + 1));
  await expectProblem(name(page), `Name must have at most ${NAME_LIMIT} characters.`);
  await expect(page.getByText(`${NAME_LIMIT + 1} / ${NAME_LIMIT}`)).toBeVisible();
  // An emoji is one character, and white space at the ends is none.
  await name(page).fill("  🦀  ");
  await expectNoProblem(name(page));
  await expect(page.getByText(`1 / ${NAME_LIMIT}`)).toBeVisible();
});

test("an ID is taken apart, made in the environment's partition, and put in lower case", async ({ page, site, service }) => {
  await site.open("/agents/new");
  await page.getByRole("button", { name: "Generate an ID", exact: true }).click();
  await expect(id(page)).toHaveValue(new RegExp(`^.{10}${service.environment.slice(10, 16)}.{16}$`));
  await expect(page.locator("#agent-id-more")).toContainText("123,456,789");
  await id(page).fill("013XRZP12G3NQK8NX0Y2VFKG4S3JP2QR");
  await page.getByRole("button", { name: "Use lower case" }).click();
  await expect(id(page)).toHaveValue("013xrzp12g3nqk8nx0y2vfkg4s3jp2qr");
  await expectNoProblem(id(page));
});

test("form and JSON are one draft, with the same verdicts", async ({ page, site, service }) => {
  await site.open("/agents/new");
  await name(page).fill("Ada");
  await page.getByRole("link", { name: "JSON" }).click();
  expect(JSON.parse(await json(page).inputValue())).toEqual({ details: { name: "Ada", environment_id: service.environment } });
  const body = { details: { name: "Grace", environment_id: service.environment, description: 42, owner: "finance" }, retries: 3 };
  await json(page).fill(JSON.stringify(body, null, 2));
  await expect(page.getByRole("region", { name: "Ignored keys" })).toContainText("2 keys will be ignored");
  await expect(page.getByRole("region", { name: "Ignored keys" })).toContainText("details.owner line 6");
  await submit(page).click();
  await expect(summary(page)).toContainText("Description must be text. Line 5");
  await summary(page).getByRole("link").click();
  const selected = () => json(page).evaluate((area: HTMLTextAreaElement) => area.value.slice(area.selectionStart, area.selectionEnd));
  await expect.poll(selected).toBe("42");

  await json(page).fill('{\n  "details": {\n    "name": "Ada"\n    "id": 1 }}');
  await expect(page.getByText("Line 4, column 5: a comma or } is missing")).toBeVisible();
  await expect(page.getByRole("link", { name: "Form" })).toHaveAttribute("aria-disabled", "true");
  await submit(page).click();
  await expect(summary(page)).toContainText("Line 4, column 5");

  await json(page).fill(JSON.stringify({ ...body, details: { ...body.details, description: "Books" } }));
  await page.getByRole("link", { name: "Form" }).click();
  await expect(name(page)).toHaveValue("Grace");
  await name(page).fill("Grace H");
  const sent = page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/api/v1/agent"));
  await submit(page).click();
  // Keys that the form has no field for stay.
  expect((await sent).postDataJSON()).toEqual({
    details: { name: "Grace H", environment_id: service.environment, description: "Books", owner: "finance" },
    retries: 3,
  });
  await expect(messages(page)).toContainText("Grace H was created.");
});

test("the preview is the request that is sent", async ({ page, site }) => {
  await site.open("/agents/new");
  await name(page).fill('It\'s "Ada" & $HOME \\ `id`\u202e');
  await description(page).fill("Books");
  const shown = JSON.parse(
    (await page.getByRole("region", { name: "The body that will be sent" }).innerText()).replaceAll("\u00a0", " "),
  ) as unknown;
  const sent = page.waitForRequest((request) => request.method() === "POST");
  await submit(page).click();
  expect((await sent).postDataJSON()).toEqual(shown);
});

test("what is typed while a create is under way stays, and a second press does nothing", async ({ page, site, service }) => {
  const release = await holdBack(page, "**/api/v1/agent", "POST");
  await site.open("/agents/new");
  await name(page).fill("Ada");
  await description(page).fill("Books");
  await submit(page).click();
  await expect(submit(page)).toHaveText("Creating…");
  await submit(page).click();
  await name(page).press("Enter");
  await name(page).fill("Grace");
  release();
  await expect(messages(page)).toContainText("Ada was created.");
  await expect(name(page)).toHaveValue("Grace");
  await expect(description(page)).toHaveValue("");
  const { pagination } = (await service.call("GET", "/api/v1/agent")) as { pagination: { item_count: number } };
  expect(pagination.item_count).toBe(1);
});

test("a second Enter after a success creates nothing", async ({ page, site, service }) => {
  await site.open("/agents/new");
  await name(page).fill("Ada");
  // The second is pressed as soon as the first has succeeded, however slow the machine is.
  await page.evaluate(() => {
    new MutationObserver((_, observer) => {
      if (document.querySelector(".message") === null) return;
      observer.disconnect();
      document.querySelector<HTMLFormElement>("form.create-form")?.requestSubmit();
      document.body.dataset["pressed"] = "twice";
    }).observe(document.body, { childList: true, subtree: true });
  });
  await name(page).press("Enter");
  await page.locator("body[data-pressed=twice]").waitFor();
  await expect(messages(page)).toContainText("Ada was created.");
  await expect(summary(page)).toHaveCount(0);
  expect(((await service.call("GET", "/api/v1/agent")) as { pagination: { item_count: number } }).pagination.item_count).toBe(1);
});

test("a draft survives a reload; Clear can be undone", async ({ page, site }) => {
  await site.open("/agents/new");
  await name(page).fill("Ada");
  await description(page).fill("x".repeat(DESCRIPTION_LIMIT));
  await key(page).fill("once");
  await page.reload();
  await expect(name(page)).toHaveValue("Ada");
  await expect(key(page)).toHaveValue("once");
  await page.getByRole("button", { name: "Clear draft" }).click();
  await expect(name(page)).toHaveValue("");
  await messages(page).getByRole("button", { name: "Undo" }).click();
  await expect(name(page)).toHaveValue("Ada");
});

test("what the service refuses goes to the same summary and fields", async ({ page, site, service }) => {
  const taken = await service.create({ name: "First" });
  await site.open("/agents/new");
  await name(page).fill("Second");
  await id(page).fill(taken.id);
  await submit(page).click();
  await expect(summary(page)).toBeFocused();
  await expectProblem(id(page), "ID is already taken.");
  await id(page).fill("");
  await expectNoProblem(id(page));
});

test("a dead service keeps the text", async ({ page, site, service }) => {
  await site.open("/agents/new");
  await name(page).fill("Ada");
  await expectNoProblem(name(page));
  await page.route("**/api/v1/agent", (route) => (route.request().method() === "POST" ? route.abort() : route.continue()));
  await submit(page).click();
  await expect(page.getByRole("heading", { name: "Not sent. Your text is kept." })).toBeVisible();
  await expect(name(page)).toHaveValue("Ada");
  await page.unroute("**/api/v1/agent");
  await expect(page.getByRole("link", { name: /Connection: Answering/ })).toBeVisible();
  await page.getByRole("button", { name: "Send again" }).click();
  await expect(messages(page)).toContainText("Ada was created.");
  void service;
});

test("a busy service is asked again with the same key; a create without one waits for a person", async ({ page, site }) => {
  const bodies: unknown[] = [];
  let busy = true;
  await page.route("**/api/v1/agent", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    bodies.push(route.request().postDataJSON());
    if (!busy) return route.continue();
    busy = false;
    return route.fulfill({ status: 503, headers: { "retry-after": "1" }, json: { status: "error", code: "unexpected", message: "Busy." } });
  });
  await site.open("/agents/new");
  await name(page).fill("Ada");
  await key(page).fill("once");
  await submit(page).click();
  await expect(messages(page)).toContainText("Ada was created.");
  expect(bodies).toHaveLength(2);
  expect(bodies[1]).toEqual(bodies[0]);

  busy = true;
  await name(page).fill("Grace");
  await submit(page).click();
  await page.getByRole("button", { name: "Send again" }).click();
  await expect(messages(page)).toContainText("Grace was created.");
  expect(bodies).toHaveLength(4);
});
