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
  /** Creates an agent as another program would, past the page. */
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
  // Each test has a registrar of its own: what one creates, no other one sees.
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

  // Whatever a test is about: nothing may go wrong unseen, and nothing may be asked of another host.
  watch: [
    async ({ page, service }, use) => {
      const wrong: string[] = [];
      page.on("pageerror", (error) => wrong.push(String(error)));
      page.on("console", (message) => {
        // An answer of 400 and up is an error to the console; to these tests it is often the point.
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

/** The faults at a field, as assistive technology is told of them: tied to it, or they don't count. */
export async function expectFault(field: Locator, fault: string): Promise<void> {
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await expect.poll(() => accessibleDescription(field)).toContain(fault);
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

export async function expectNoFault(field: Locator): Promise<void> {
  await expect(field).not.toHaveAttribute("aria-invalid", "true");
}

export { expect };
