import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { test as base, expect, type Locator } from "@playwright/test";

const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

/** A running service with its page. */
export interface Service {
  readonly url: string;
  readonly token: string;
  readonly environment: string;
  /** Creates an agent without the page, as another program does. */
  create(details: { name: string; description?: string }): Promise<{ id: string }>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

export const test = base.extend<{ service: Service; watch: undefined }>({
  // Each test has its own registrar, so no test sees the agents of another.
  service: async ({}, use) => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    const child = spawn(process.execPath, [cli, "serve", "--page", "--port", String(port)], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const ended = new Promise<never>((_, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`the service ended with ${code}`)));
    });
    ended.catch(() => undefined);
    try {
      const answer = await Promise.race([ended, poll(`${url}_registrar/defaults`)]);
      const { token, environment_id: environment } = (await answer.json()) as { token: string; environment_id: string };
      await use({
        url,
        token,
        environment,
        create: async (details) => {
          const response = await fetch(`${url}api/v1/agent`, {
            method: "POST",
            headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
            body: JSON.stringify({ details: { environment_id: environment, ...details } }),
          });
          expect(response.status).toBe(200);
          return ((await response.json()) as { details: { id: string } }).details;
        },
      });
    } finally {
      child.kill();
    }
  },

  // In every test: no error or warning in the console, and no request to another host.
  watch: [
    async ({ page, service }, use) => {
      const wrong: string[] = [];
      page.on("pageerror", (error) => wrong.push(String(error)));
      page.on("console", (message) => {
        // The console reports every status from 400 on, which many tests expect.
        if (["error", "warning"].includes(message.type()) && !message.text().startsWith("Failed to load resource")) {
          wrong.push(message.text());
        }
      });
      page.on("request", (request) => {
        if (!request.url().startsWith(service.url)) wrong.push(`asked ${request.url()}`);
      });
      await use(undefined);
      expect(wrong).toEqual([]);
    },
    { auto: true },
  ],
});

async function poll(url: string): Promise<Response> {
  for (;;) {
    try {
      return await fetch(url);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Expects a message at a field, in its accessible description. */
export async function expectIssue(field: Locator, message: string): Promise<void> {
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await expect.poll(() => accessibleDescription(field)).toContain(message);
}

/** The texts that `aria-describedby` names. */
function accessibleDescription(field: Locator): Promise<string> {
  return field.evaluate((element) =>
    (element.getAttribute("aria-describedby") ?? "")
      .split(" ")
      .map((id) => document.getElementById(id)?.textContent ?? "")
      .join(" "),
  );
}

export async function expectNoIssue(field: Locator): Promise<void> {
  await expect(field).not.toHaveAttribute("aria-invalid", "true");
}

export { expect };
