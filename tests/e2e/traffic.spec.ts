import { expect, MODES, test } from "./fixtures.js";

for (const mode of MODES) {
  test(`traffic runs at the chosen rate, goes on in other views, and stops (${mode})`, async ({ page, openIn, service }) => {
    if (mode === "server") await service.create({ name: "Ada" });
    await openIn(mode, "/traffic?rate=5&fail=50");
    await expect(page.getByText("Nothing was sent yet")).toBeVisible();
    await expect(page.getByRole("spinbutton", { name: "Instances per second, as a number" })).toHaveValue("5");
    await page.getByRole("button", { name: "Start" }).click();
    const finished = page.getByRole("row", { name: /^Finish an instance/ });
    await expect.poll(async () => Number((await finished.getByRole("cell").first().textContent())?.replace(",", ""))).toBeGreaterThan(4);
    await expect(page).toHaveTitle(/^Traffic, running/);
    await page.getByRole("link", { name: /^Agents/ }).click();
    await expect(page.getByRole("link", { name: "Traffic running" })).toBeVisible();
    await page.getByRole("link", { name: "Traffic running" }).click();
    await page.getByRole("button", { name: "Stop" }).click();
    await expect(page.getByRole("link", { name: "Traffic", exact: true })).toBeVisible();
  });
}

test("traffic stops when the service does", async ({ page, site, service }) => {
  await service.create({ name: "Ada" });
  await site.open("/traffic");
  await page.getByRole("button", { name: "Start" }).click();
  await expect(page.getByRole("button", { name: "Stop" })).toBeVisible();
  service.stop();
  await expect(page.getByText("The service stopped answering.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Start" })).toHaveAttribute("aria-disabled", "true");
});
