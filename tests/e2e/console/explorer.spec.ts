import { answering, expect, explore, goTo, test } from "./fixtures.ts";

const environment = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";

test("the description is asked for when the explorer is opened, and every operation of it is listed", async ({ page, serve }) => {
  const { url } = await serve();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(url);
  await answering(page);
  expect(asked).not.toContain("/api/v1/openapi");
  await goTo(page, "#/explorer");
  const document = (await (await fetch(`${url}/api/v1/openapi`)).json()) as { paths: Record<string, Record<string, unknown>> };
  const count = Object.values(document.paths).flatMap((item) => Object.keys(item).filter((key) => key !== "parameters")).length;
  await expect(page.getByRole("navigation", { name: "Operations" }).getByRole("link")).toHaveCount(count);
  expect(asked).toContain("/api/v1/openapi");
  await page.keyboard.press("/");
  await page.keyboard.type("retire");
  await expect(page.getByRole("navigation", { name: "Operations" }).getByRole("link")).toHaveText([
    /Retire an agent/,
    /Reinstate a retired agent/,
  ]);
});

test("a whole run by the explorer alone, with ids picked from what was seen", async ({ page, serve }) => {
  const { url } = await serve();
  await page.goto(url);
  await answering(page);
  await explore(page, "agents_create", { "details.name": "Explored", "details.environment_id": environment });
  const form = page.locator("form.operation");
  const pick = async (field: string, item: RegExp): Promise<void> => {
    await form.getByRole("button", { name: `Pick ${field}` }).click();
    await page.getByRole("menuitem", { name: item }).click();
  };
  const send = async (): Promise<void> => {
    await form.getByRole("button", { name: "Send" }).click();
    await expect(page.locator(".operation-answer")).toContainText("200");
  };
  await goTo(page, "#/explorer/agent_instances_register");
  await pick("agent_id", /^Explored/);
  await form.getByRole("textbox", { name: "agent_version.external_identifier", exact: true }).fill("v1");
  await send();
  for (const operation of ["agent_instances_start", "agent_instances_finish"]) {
    await goTo(page, `#/explorer/${operation}`);
    await pick("id", /pending|active/);
    if (operation.endsWith("finish")) await form.getByRole("combobox", { name: "status" }).selectOption("failed");
    await send();
  }
  await expect(page.locator(".operation-answer")).toContainText('"failed"');
});

test("form and JSON are one body; Ctrl+Enter sends; an empty path parameter is said at its field", async ({ page, serve, expected }) => {
  const { url } = await serve();
  await page.goto(url);
  await answering(page);
  await goTo(page, "#/explorer/agents_create");
  const form = page.locator("form.operation");
  await form.getByRole("textbox", { name: "details.name", exact: true }).fill("Both");
  await form.getByRole("button", { name: "JSON", exact: true }).click();
  const text = form.getByRole("textbox", { name: "Body as JSON" });
  await expect(text).toHaveValue(/"name": "Both"/);
  await text.fill(JSON.stringify({ details: { name: "Changed", environment_id: environment } }));
  await form.getByRole("button", { name: "Form", exact: true }).click();
  await expect(form.getByRole("textbox", { name: "details.name", exact: true })).toHaveValue("Changed");
  await page.keyboard.press("Control+Enter");
  await form.getByRole("textbox", { name: "details.name", exact: true }).press("Control+Enter");
  await expect(page.locator(".operation-answer")).toContainText("200");
  await goTo(page, "#/explorer/agents_fetch");
  await form.getByRole("button", { name: "Send" }).click();
  await expect(page.getByText("id must not be blank.")).toBeVisible();
  await expect(form.getByRole("textbox", { name: "id", exact: true })).toBeFocused();
  expected.push("404");
  await form.getByRole("textbox", { name: "id", exact: true }).fill("x");
  await form.getByRole("button", { name: "Send" }).click();
  await expect(page.locator(".operation-answer")).toContainText("404");
});
