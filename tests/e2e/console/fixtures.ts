// What the tests of the console share: servers as users start them, a static host, and a watch over everything a page does.
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { test as base, expect, type Page } from "@playwright/test";
import { type Served, startServer } from "../sample.mjs";

export type { Served };

const www = fileURLToPath(new URL("../../../dist/www/", import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/** A static host that serves the page in a folder, and nothing else. */
export interface StaticHost {
  readonly url: string;
  stop(): Promise<void>;
}

/** The contents of a file in place of the page's own. `undefined`: its own. */
export type Replace = (name: string) => string | Uint8Array | undefined;

async function startStatic(folder: string, replace: Replace): Promise<StaticHost> {
  const read = async (name: string): Promise<string | Uint8Array> => replace(name) ?? (await readFile(join(www, name)));
  const server: Server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://host").pathname;
    const name = path.startsWith(folder) ? path.slice(folder.length) || "index.html" : undefined;
    (name === undefined ? Promise.reject(new Error("outside")) : read(name)).then(
      (body) => response.writeHead(200, { "content-type": TYPES[extname(name ?? "")] ?? "application/octet-stream" }).end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}${folder}`, stop };
}

/** What the console says of a request that is under way when a server ends with its test. */
const GONE = ["net::ERR_"];

interface Fixtures {
  /** Starts a server of the command. */
  serve: (...args: string[]) => Promise<Served>;
  /** Starts a static host with the page in a folder, some of its files replaced. */
  host: (folder?: string, replace?: Replace) => Promise<StaticHost>;
  /** Origins that the page may ask. */
  allowed: Set<string>;
  /** Parts of console messages that a test expects. */
  expected: string[];
  watch: undefined;
}

export const test = base.extend<Fixtures>({
  serve: async ({ allowed, expected }, use) => {
    const running: Served[] = [];
    await use(async (...args) => {
      const served = await startServer(...args);
      running.push(served);
      allowed.add(served.url);
      return served;
    });
    expected.push(...GONE);
    for (const served of running) void served.stop();
  },
  host: async ({ allowed, expected }, use) => {
    const hosts: StaticHost[] = [];
    await use(async (folder = "/some/folder/", replace = () => undefined) => {
      const made = await startStatic(folder, replace);
      hosts.push(made);
      allowed.add(new URL(made.url).origin);
      return made;
    });
    expected.push(...GONE);
    for (const made of hosts) await made.stop();
  },
  allowed: async ({}, use) => use(new Set<string>()),
  expected: async ({}, use) => use([]),
  watch: [
    async ({ context, allowed, expected }, use) => {
      const wrong: string[] = [];
      const isExpected = (text: string): boolean => expected.some((part) => text.includes(part));
      context.on("weberror", (error) => wrong.push(String(error.error())));
      context.on("console", (message) => {
        if (["error", "warning"].includes(message.type()) && !isExpected(message.text())) wrong.push(message.text());
      });
      context.on("request", (request) => {
        if (!allowed.has(new URL(request.url()).origin)) wrong.push(`asked ${request.url()}`);
      });
      await context.addInitScript(() => {
        document.addEventListener("securitypolicyviolation", (event) => {
          console.error(`policy: ${event.effectiveDirective} ${event.blockedURI}`);
        });
      });
      await use(undefined);
      expect(wrong).toEqual([]);
    },
    { auto: true },
  ],
});

/** The state of the connection, as the frame tells it. */
export const state = (page: Page) => page.locator(".connection-link");

/** Waits until the service answers. */
export async function answering(page: Page): Promise<void> {
  await expect(state(page)).toContainText("Answering");
}

/** Opens a view by its address, as a link does. */
export async function goTo(page: Page, address: string): Promise<void> {
  await page.evaluate((hash) => {
    location.hash = hash;
  }, address);
}

/** Fills the form of the connection in, and presses Connect. */
export async function connectTo(page: Page, address: string, token: string): Promise<void> {
  await goTo(page, "#/connection");
  await page.getByRole("radio", { name: "A server" }).check();
  await page.getByRole("textbox", { name: "Address" }).fill(address);
  await page.getByLabel("Token", { exact: true }).fill(token);
  await page.getByRole("button", { name: "Connect", exact: true }).click();
}

/** Sends a request by the explorer, and waits for its answer. */
export async function explore(page: Page, operation: string, fields: Readonly<Record<string, string>>): Promise<void> {
  await goTo(page, `#/explorer/${operation}`);
  const form = page.locator("form.operation");
  for (const [name, value] of Object.entries(fields)) await form.getByRole("textbox", { name, exact: true }).fill(value);
  await form.getByRole("button", { name: "Send" }).click();
  await expect(form.getByRole("heading", { name: /^Answer/ })).toBeVisible();
}

export { expect };
