import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { chromium, type Page } from "@playwright/test";
import { type Driver, options } from "../../http/driver.ts";

const dist = fileURLToPath(new URL("../../../dist/", import.meta.url));

/** A page under the control of a Service Worker with a registrar. */
export interface ControlledPage {
  readonly page: Page;
  stop(): Promise<void>;
}

/** Starts Chromium on a page whose Service Worker was installed with these options (which must survive JSON). */
export async function startPage(installOptions: object): Promise<ControlledPage> {
  const script = `import { installRegistrar } from "/dist/service-worker.js";
installRegistrar(self, ${JSON.stringify(installOptions)});`;
  const server = createServer(async (request, response) => {
    const path = request.url ?? "/";
    if (path === "/") return response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>page</title>");
    if (path === "/sw.js") return response.writeHead(200, { "content-type": "text/javascript" }).end(script);
    const name = /^\/dist\/((wasm\/)?[\w.-]+\.(js|wasm))$/.exec(path)?.[1];
    if (name === undefined) return response.writeHead(404).end("the network's own answer");
    const type = name.endsWith(".js") ? "text/javascript" : "application/wasm";
    response.writeHead(200, { "content-type": type }).end(await readFile(dist + name));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await chromium.launch({
    executablePath: chrome(),
    // Chromium's sandbox refuses to run as root, which is what containers are.
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
  const stop = async () => {
    await browser.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  try {
    const page = await browser.newPage();
    // Service Workers need a secure context, which localhost is over plain HTTP, too.
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
    await page.evaluate(async () => {
      const controlled = new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve));
      await navigator.serviceWorker.register("/sw.js", { type: "module" });
      await controlled;
    });
    return { page, stop };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

/** The browser of this machine: `CHROME` or `CHROME_BIN`, or the first of the usual names on the path. */
function chrome(): string {
  const named = process.env["CHROME"] ?? process.env["CHROME_BIN"];
  if (named) return named;
  for (const name of ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]) {
    try {
      return execFileSync("which", [name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    } catch {
      // The next name.
    }
  }
  throw new Error("no Chromium found: install one, or set CHROME to its path");
}

/** `agent-registrar/service-worker` in headless Chromium, through the `fetch` of its page. */
export const serviceWorker: Driver = {
  name: "a Service Worker",
  sample: 0,
  // A page's fetch parses its URL and sets these headers itself; paths outside the API go to the network.
  lacks: ["bare-path", "preflight", "origin", "whole-host"],
  async start() {
    const { page, stop } = await startPage(options);
    return {
      stop,
      fetch: async (target, { method, headers, body }) => {
        const answer = await page.evaluate(
          async ([target, method, headers, body]) => {
            const bytes = body === null ? null : Uint8Array.from(atob(body), (character) => character.charCodeAt(0));
            const response = await fetch(target, { method, headers, body: bytes });
            const text = await response.text();
            return { status: response.status, headers: [...response.headers], text };
          },
          [target, method, headers, body === undefined ? null : Buffer.from(body).toString("base64")] as const,
        );
        const bodiless = answer.status === 204 || answer.status === 304;
        return new Response(bodiless ? null : answer.text, {
          status: answer.status,
          headers: answer.headers as [string, string][],
        });
      },
    };
  },
};
