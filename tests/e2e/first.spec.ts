// The form of index.html, before the scripts are there (www/src/frame/first.ts).
import { expect, holdBack, type Page, test } from "./fixtures.js";

const holdScripts = (page: Page): Promise<() => void> => holdBack(page, "**/assets/*.js");

const field = (page: Page, name: string) => page.getByRole("textbox", { name, exact: true });
const ready = (page: Page) => page.locator("html[data-ready]");

test("a text typed before the scripts are there stays, with the focus and the selection", async ({ page, service, allowed }) => {
  allowed.add(new URL(service.url).origin);
  const release = await holdScripts(page);
  await page.goto(`${service.url}#/agents/new`, { waitUntil: "commit" });
  await field(page, "Name").fill("  ");
  await field(page, "Environment").fill("typed");
  await field(page, "Description").pressSequentially("Reads mail");
  for (const key of ["ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowLeft"]) await page.keyboard.press(key);
  await field(page, "ID").press("Enter");
  await field(page, "Description").focus();
  release();
  await ready(page).waitFor();
  await expect(field(page, "Description")).toBeFocused();
  await page.keyboard.type("AI");
  await expect(field(page, "Description")).toHaveValue("Reads mAIl");
  // Fields that were left are checked.
  await expect(field(page, "Name")).toHaveAccessibleDescription(/must not be blank/);
  await page.getByRole("link", { name: /Connection: Answering/ }).waitFor();
  await expect(field(page, "Name")).toHaveValue("  ");
  await expect(page.getByPlaceholder("Environment ID")).toHaveValue("typed");
  // It is a draft, and survives a reload, where the text that is typed at once takes its field.
  const again = await holdScripts(page);
  await page.reload({ waitUntil: "commit" });
  await field(page, "Name").fill("Ada");
  again();
  await expect(field(page, "Description")).toHaveValue("Reads mAIl");
  await expect(field(page, "Name")).toHaveValue("Ada");
});

test("the text of an input method goes into the field before the view takes its place", async ({ page, service, allowed }) => {
  allowed.add(new URL(service.url).origin);
  const release = await holdScripts(page);
  await page.goto(`${service.url}#/agents/new`, { waitUntil: "commit" });
  await field(page, "Name").focus();
  const session = await page.context().newCDPSession(page);
  await session.send("Input.imeSetComposition", { text: "か", selectionStart: 1, selectionEnd: 1 });
  release();
  await page.waitForResponse(/view-.*\.js/);
  await session.send("Input.imeSetComposition", { text: "かん", selectionStart: 2, selectionEnd: 2 });
  await session.send("Input.insertText", { text: "漢字" });
  await ready(page).waitFor();
  await expect(field(page, "Name")).toHaveValue("漢字");
  await expect(field(page, "Name")).toBeFocused();
});

test("what was typed is there when the code of the view is loaded late", async ({ page, service, allowed }) => {
  allowed.add(new URL(service.url).origin);
  let fails = true;
  await page.route("**/assets/view-*.js*", (route) => (fails ? route.abort() : route.continue()));
  const release = await holdScripts(page);
  await page.goto(`${service.url}#/agents/new`, { waitUntil: "commit" });
  await field(page, "Name").fill("Ada");
  release();
  await page.getByRole("button", { name: "Try again" }).waitFor();
  fails = false;
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(field(page, "Name")).toHaveValue("Ada");
});

for (const [name, width, height] of [
  ["phone", 360, 760],
  ["desktop", 1280, 800],
] as const) {
  test(`the form stands where it stood before, on a ${name}`, async ({ page, service, allowed }) => {
    allowed.add(new URL(service.url).origin);
    await page.setViewportSize({ width, height });
    const release = await holdScripts(page);
    await page.goto(`${service.url}#/agents/new`, { waitUntil: "commit" });
    const boxes = () =>
      page.evaluate(() =>
        [...document.querySelectorAll(".create-view :is(h1, .back, .segments a, label, .field-help, .textarea, .input)")]
          .filter((element) => element.id !== "agent-environment_id")
          .map((element) => {
            const { x, y, width, height } = element.getBoundingClientRect();
            return `${element.textContent?.trim()} ${[x, y, width, height].map(Math.round).join(" ")}`;
          }),
      );
    // Nothing is painted before the style sheets are there.
    await page.waitForFunction(
      () =>
        document.readyState !== "loading" &&
        [...document.querySelectorAll<HTMLLinkElement>("link[rel=stylesheet]")].every(({ sheet }) => sheet !== null),
    );
    const before = await boxes();
    expect(before.length).toBeGreaterThan(15);
    release();
    await page.getByRole("combobox", { name: "Environment" }).waitFor();
    await expect.poll(boxes).toEqual(before);
  });
}
