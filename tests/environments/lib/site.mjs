// Serves a folder as a plain web server does, and asks Chromium what a page says.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { chrome } from "../../../scripts/setup.mjs";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** Serves `folder` on a free port; `policy` is the Content-Security-Policy, if any. */
export async function serveFolder(folder, { policy } = {}) {
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://site").pathname));
    const file = join(folder, path.endsWith("/") ? `${path}index.html` : path);
    try {
      const body = await readFile(file);
      const headers = { "content-type": TYPES[extname(file)] ?? "application/octet-stream", "cache-control": "no-store" };
      response.writeHead(200, policy === undefined ? headers : { ...headers, "content-security-policy": policy });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    stop: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

let browser;

/** Why no page can be judged on this machine, or null. */
export const noBrowser = () => (chrome() === null ? "no Chromium on this machine" : null);

/** The one browser of the run. */
export function launched() {
  browser ??= import("@playwright/test").then(({ chromium }) =>
    chromium.launch({
      executablePath: chrome(),
      args: [
        // Chromium's sandbox refuses to run as root, which is what containers are.
        ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
        ...[
          "--disable-gpu",
          "--disable-quic",
          "--no-first-run",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync",
        ],
      ],
    }),
  );
  return browser;
}

export async function closeBrowser() {
  if (browser !== undefined) await (await browser).close();
}

/** How long a page may stay silent after an uncaught error: a dev server reloads a page whose packages it has just bundled. */
const SILENT_AFTER_ERROR_MS = 8_000;

/**
 * Opens a page and waits until its script has put a text into `<html data-verdict>`. A page that says nothing is a
 * failure that quotes the console.
 */
export async function verdictOfPage(url, { timeoutMs = 60_000 } = {}) {
  const context = await (await launched()).newContext();
  const heard = [];
  let giveUp;
  let silence;
  const silent = new Promise((_, reject) => (giveUp = reject));
  silent.catch(() => {});
  try {
    const page = await context.newPage();
    page.on("console", (message) => heard.push(`${message.type()}: ${message.text()}`));
    page.on("requestfailed", (request) =>
      heard.push(`failed: ${new URL(request.url()).pathname.slice(0, 100)} ${request.failure()?.errorText}`),
    );
    page.on("pageerror", (error) => {
      heard.push(`uncaught: ${error.message}`);
      clearTimeout(silence);
      silence = setTimeout(() => giveUp(new Error("nothing came after an uncaught error")), SILENT_AFTER_ERROR_MS);
    });
    await page.goto(url, { timeout: timeoutMs });
    const attribute = page.locator("html[data-verdict]");
    await Promise.race([attribute.waitFor({ state: "attached", timeout: timeoutMs }), silent]);
    return await attribute.getAttribute("data-verdict");
  } catch (error) {
    const quoted = heard.length === 0 ? "and its console is empty" : `its console:\n${heard.slice(0, 12).join("\n")}`;
    throw new Error(`the page said nothing (${error.message.split("\n")[0]}); ${quoted}`);
  } finally {
    clearTimeout(silence);
    await context.close();
  }
}
