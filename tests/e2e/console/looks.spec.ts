// The states of the views of requests, explorer and connection: axe, and nothing that sticks out.
import type { Page } from "@playwright/test";
import { expectGoodLooks, startLooks, windowKinds } from "../fixtures.ts";
import { answering, connectTo, expect, explore, goTo, type Served, state, test } from "./fixtures.ts";

const environment = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
type Way = (page: Page, server: Served) => Promise<void>;

/** Each state as the way to it from the one before. */
const STATES: Readonly<Record<string, Way>> = {
  "explorer without an operation": async (page) => {
    await goTo(page, "#/explorer");
    await expect(page.getByRole("navigation", { name: "Operations" })).toBeVisible();
  },
  "explorer with an answer": (page) =>
    explore(page, "agents_create", { "details.name": "\u202eexe.gpj <b>", "details.environment_id": environment }),
  "explorer refused": async (page) => {
    await page.getByRole("textbox", { name: "details.id", exact: true }).fill("no id");
    await page.locator("form.operation").getByRole("button", { name: "Send" }).click();
    await expect(page.locator(".operation-answer")).toContainText("422");
  },
  "pick menu": async (page) => {
    await page.getByRole("button", { name: "Pick details.environment_id" }).click();
    await expect(page.getByRole("menu")).toBeVisible();
  },
  "explorer as JSON": async (page) => {
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "JSON", exact: true }).click();
    await page.getByRole("textbox", { name: "Body as JSON" }).fill("{");
  },
  requests: async (page) => {
    await goTo(page, "#/requests");
    await expect(page.getByRole("list", { name: "Requests, newest first" })).toBeVisible();
  },
  "one request": async (page) => {
    await page.getByRole("link", { name: /refused 422/ }).click();
    await expect(page.getByRole("article")).toContainText("ID must be a PFID.");
  },
  "copy menu": async (page) => {
    await page.getByRole("article").getByRole("button", { name: "Copy" }).click();
    await expect(page.getByRole("menu")).toBeVisible();
  },
  "nothing matches": async (page) => {
    await page.keyboard.press("Escape");
    await goTo(page, "#/requests?q=nothing-like-this");
    await expect(page.getByText("No request matches")).toBeVisible();
  },
  "a number that is gone": async (page) => {
    await goTo(page, "#/requests/999999");
    await expect(page.getByText("Request 999999 is not here any more")).toBeVisible();
  },
  "no tokens": async (page) => {
    await goTo(page, "#/connection/tokens");
    await expect(page.getByText("No tokens besides")).toBeVisible();
  },
  "new token": async (page) => {
    await page.getByRole("button", { name: "New token" }).click();
    await expect(page.getByRole("dialog")).toBeVisible();
  },
  "token shown once": async (page) => {
    await page.getByRole("dialog").getByLabel("Name").fill("a name that is rather long for a token of a build machine");
    await page.getByRole("button", { name: "Create token" }).click();
    await expect(page.getByText("It is shown this once.")).toBeVisible();
  },
  tokens: async (page) => {
    await page.getByRole("button", { name: "I don’t need it" }).click();
    await expect(page.getByRole("table", { name: "API tokens" })).toBeVisible();
  },
  answering: async (page) => {
    await goTo(page, "#/connection");
    await expect(page.getByRole("radio", { name: "A server" })).toBeVisible();
  },
  refused: async (page, { url }) => {
    await connectTo(page, url, "wrong");
    await expect(state(page)).toContainText("Refused");
  },
  unreachable: async (page) => {
    await connectTo(page, "http://127.0.0.1:9", "x");
    await expect(page.getByRole("region", { name: "State of the connection" })).toContainText(/Asking again in/);
  },
  "explorer, not answering": async (page) => {
    await goTo(page, "#/explorer");
    await expect(page.getByText("The service is not answering")).toBeVisible();
  },
  "in this page": async (page) => {
    await goTo(page, "#/connection");
    await page.getByRole("radio", { name: "In this page" }).check();
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    await expect(page.getByRole("region", { name: "Records in this browser" })).toContainText("12 agents");
  },
  "question before a reset": async (page) => {
    await page.getByRole("button", { name: "Reset…" }).click();
    await expect(page.getByRole("dialog")).toBeVisible();
  },
};

for (const kind of windowKinds("phone")) {
  test(`axe finds nothing wrong, and nothing sticks out, in any state (${kind})`, async ({ page, serve, expected, allowed }) => {
    test.setTimeout(600_000);
    allowed.add("http://127.0.0.1:9");
    expected.push("422", "401", "ERR_");
    await startLooks(page, kind);
    const server = await serve();
    await page.goto(server.url);
    await answering(page);
    for (const [index, [name, go]] of Object.entries(STATES).entries()) {
      await go(page, server);
      await expectGoodLooks(page, kind, name, index);
    }
  });
}
