import { expect, expectProblem, type Locator, MODES, type Page, test } from "./fixtures.js";
import { sample } from "./sample.mjs";

const messages = (page: Page): Locator => page.getByRole("region", { name: "Messages" });
const tree = (page: Page): Locator => page.getByRole("treegrid", { name: "Spans" });
const spanRows = (page: Page): Locator =>
  tree(page)
    .getByRole("row")
    .filter({ has: page.getByRole("gridcell") });

/** Creates an agent with the page. */
async function create(page: Page, name: string): Promise<void> {
  await page.keyboard.press("n");
  await page.getByRole("textbox", { name: "Name", exact: true }).fill(name);
  await page.keyboard.press("Enter");
  await messages(page).getByRole("button", { name: "Open" }).click();
  await expect(page.getByRole("heading", { name })).toBeVisible();
}

for (const mode of MODES) {
  test(`an agent's whole life: run, two spans, failed, retired, reinstated (${mode})`, async ({ page, openIn }) => {
    await openIn(mode);
    await create(page, "Ada");
    await expect(page.getByText("No instances yet")).toBeVisible();
    await page.getByRole("button", { name: "Register instance" }).click();
    await page.getByRole("dialog").getByRole("textbox", { name: "Version" }).fill("v7");
    await page.getByRole("dialog").getByRole("button", { name: "Register instance" }).click();
    const instance = page.getByRole("region", { name: "Instance", exact: true });
    await expect(instance).toContainText("pending");
    await expect(page).toHaveURL(/#\/agents\/\w{32}\/instances\/\w{32}$/);
    await instance.getByRole("button", { name: "Start" }).click();
    await expect(instance).toContainText("active");
    await expect(instance.getByRole("button", { name: "Start" })).toHaveAttribute("aria-disabled", "true");
    for (const name of ["agent:run", "llm:chat"]) {
      await instance.getByRole("button", { name: "Create a span" }).click();
      const field = page.getByRole("dialog").getByRole("textbox", { name: "Schema name" });
      if (name === "agent:run") {
        await page.getByRole("dialog").getByRole("button", { name: "Create span" }).click();
        await expectProblem(field, "Schema name must not be blank.");
        await expect(field).toBeFocused();
      }
      await field.fill(name);
      await page.getByRole("dialog").getByRole("button", { name: "Create span" }).click();
      await expect(spanRows(page).filter({ hasText: name })).toHaveCount(1);
    }
    // The second was made under the first, which was selected.
    await expect(spanRows(page).filter({ hasText: "llm:chat" })).toHaveAttribute("aria-level", "2");
    await page.getByRole("region", { name: "Span", exact: true }).getByRole("button", { name: "Finish span" }).click();
    await page.getByRole("dialog").getByRole("radio", { name: "failed" }).check();
    await page.getByRole("dialog").getByRole("textbox", { name: "Result" }).fill('{"error": "no"}');
    await page.getByRole("dialog").getByRole("button", { name: "Finish span" }).click();
    await expect(page.getByRole("region", { name: "Span", exact: true })).toContainText("failed");

    await instance.getByRole("button", { name: "Finish", exact: true }).click();
    await page.getByRole("dialog").getByRole("radio", { name: "failed" }).check();
    await page.getByRole("dialog").getByRole("button", { name: "Finish instance" }).click();
    await expect(instance).toContainText("failed");
    await expect(page.getByText("1 failed")).toBeVisible();
    await expect(page.getByRole("button", { name: "Delete" })).toHaveAccessibleDescription(/has instances|with instances/);

    await page.getByRole("button", { name: "Retire" }).click();
    await expect(messages(page)).toContainText("Ada was retired.");
    await expect(page.getByRole("button", { name: "Edit" })).toHaveAccessibleDescription(
      "A retired agent can’t be edited. Reinstate it first.",
    );
    await page.getByRole("button", { name: "Reinstate" }).first().click();
    await expect(messages(page)).toContainText("Ada was reinstated.");
    await page.getByRole("link", { name: /^Versions/ }).click();
    await expect(page.getByRole("list", { name: "Versions" })).toContainText("v7");
    await page.getByRole("link", { name: "JSON", exact: true }).click();
    await expect(page.getByRole("region", { name: "The agent as JSON" })).toContainText('"name": "Ada"');
    await page.reload();
    await expect(page.getByRole("region", { name: "The agent as JSON" })).toContainText('"name": "Ada"');
  });
}

test("name and description change in place", async ({ page, site, service }) => {
  const made = await service.create({ name: "Ada" });
  await site.open(`/agents/${made.id}`);
  await page.getByRole("heading", { name: "Ada" }).waitFor();
  await page.keyboard.press("e");
  const name = page.getByRole("textbox", { name: "Name" });
  await expect(name).toBeFocused();
  await name.fill("   ");
  await page.keyboard.press("Enter");
  await expect(name).toHaveAccessibleDescription(/Name must not be blank\./);
  await name.fill("Ada Lovelace");
  await page.getByRole("textbox", { name: "Description" }).fill("Books");
  await page.keyboard.press("Control+Enter");
  await expect(page.getByRole("heading", { name: "Ada Lovelace" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Edit" })).toBeFocused();
  const { details } = (await service.call("GET", `/api/v1/agent/${made.id}`)) as { details: { name: string; description: string } };
  expect(details).toMatchObject({ name: "Ada Lovelace", description: "Books" });
  await page.keyboard.press("e");
  await page.getByRole("textbox", { name: "Description" }).fill("");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(messages(page)).toContainText("Saved.");
  expect(((await service.call("GET", `/api/v1/agent/${made.id}`)) as { details: object }).details).toMatchObject({ description: null });
});

test("a form keeps its text while the window becomes wide and narrow again", async ({ page, site, service }) => {
  const { id } = await service.create({ name: "Ada" });
  const version = { external_identifier: "v1", name: "v1" };
  const { details } = (await service.call("POST", "/api/v1/agent_instance/register", {
    agent_id: id,
    agent_version: version,
    agent_schema_version: { external_identifier: "s1", span_schemas: { "agent:run": {} } },
  })) as { details: { id: string } };
  await page.setViewportSize({ width: 800, height: 900 });
  await site.open(`/agents/${id}/instances/${details.id}`);
  await page.getByRole("button", { name: "Create a span" }).click();
  const field = page.getByRole("dialog").getByRole("textbox", { name: "Schema name" });
  await field.fill("agent:run");
  for (const [width, lists] of [
    [1440, 1],
    [800, 0],
  ] as const) {
    await page.setViewportSize({ width, height: 900 });
    // The list stands beside the instance in a wide window alone.
    await expect(page.getByRole("region", { name: "Instances", includeHidden: true })).toHaveCount(lists);
    await expect(field).toHaveValue("agent:run");
    await expect(field).toBeFocused();
  }
});

test("spans are a tree that the keyboard walks, folds and selects", async ({ page, site, service }) => {
  const made = await sample(service);
  await site.open(`/agents/${made.agent}/instances/${made.instance}`);
  await expect(spanRows(page)).toHaveCount(10);
  await spanRows(page).first().focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  await expect(spanRows(page).nth(2)).toBeFocused();
  await page.keyboard.press("ArrowLeft");
  await expect(spanRows(page).nth(1)).toBeFocused();
  await page.keyboard.press("ArrowLeft");
  await expect(spanRows(page)).toHaveCount(9);
  await expect(spanRows(page).nth(1)).toHaveAttribute("aria-expanded", "false");
  await expect(page).toHaveURL(/fold=/);
  await page.keyboard.press("*");
  await expect(spanRows(page)).toHaveCount(10);
  await page.keyboard.press("End");
  await expect(spanRows(page).last()).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(spanRows(page).last()).toHaveAttribute("aria-selected", "true");
  await expect(page.getByRole("region", { name: "Result" })).toContainText("timeout after 1400 ms");
  await page.reload();
  await expect(spanRows(page).last()).toHaveAttribute("aria-selected", "true");
});

test("hundreds of spans: pages of 100, and only what is in view is in the document", async ({ page, site, service }) => {
  const agent = await service.create({ name: "Ada" });
  const { details } = (await service.call("POST", "/api/v1/agent_instance/register", { agent_id: agent.id })) as {
    details: { id: string };
  };
  const items = Array.from({ length: 420 }, (_, i) => ({
    _type: "agent_spans/create",
    idempotency_key: `span-${i}-key`,
    details: { agent_instance_id: details.id, schema_name: `step:${i}`, status: "complete", payload: {} },
  }));
  await service.call("POST", "/api/v1/bulk", { items });
  await site.open(`/agents/${agent.id}/instances/${details.id}`);
  await expect(spanRows(page)).toHaveCount(100);
  for (let loaded = 200; loaded <= 500; loaded += 100) {
    await page.getByRole("button", { name: /^Load \d+ more of 420$/ }).click();
    await expect(tree(page)).toHaveAttribute("aria-rowcount", String(Math.min(loaded, 420) + 1));
  }
  await expect.poll(() => spanRows(page).count()).toBeLessThan(200);
});

test("on a phone an instance is a page of its own", async ({ page, site, service }) => {
  const made = await sample(service);
  await page.setViewportSize({ width: 360, height: 740 });
  await site.open(`/agents/${made.agent}`);
  await page.getByRole("region", { name: "Instances" }).getByRole("link").first().click();
  await expect(page.getByRole("heading", { name: "Instance" })).toBeFocused();
  await page.goBack();
  await expect(page.getByRole("heading", { name: "Invoice reader" })).toBeVisible();
});

test("an agent that is gone says so, and so does an address without a page", async ({ page, site }) => {
  await site.open("/agents/013xrzp12g3nqk8nx0y2vfkg4s3jp2qr");
  await expect(page.getByRole("heading", { name: "This agent is gone" })).toBeVisible();
  await page.getByRole("link", { name: "Agents" }).last().click();
  await expect(page.getByRole("heading", { name: "No agents yet" })).toBeVisible();
  await page.goto(page.url().replace(/#.*/, "#/nowhere"));
  await expect(page.getByRole("heading", { name: "There is no such page" })).toBeVisible();
});
