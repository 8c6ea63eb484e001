// The page's side of the service in this page.
import wasmAddress from "agent-registrar/service.wasm?url";
import { toResponse } from "./response.js";
import type { InPageService, InPageStatus } from "./service.js";

export { IN_PAGE_TOKEN } from "./token.js";
export type { InPageStatus } from "./service.js";

/** The address below which the Service Worker answers. Beside the page, so that a server's own API stays reachable. */
export const IN_PAGE_BASE = new URL("./in-page", document.baseURI).href;

/** The name of the database: pages in other folders of the host have their own. */
export const DATABASE = `agent-registrar ${new URL("./", document.baseURI).pathname}`;

let service: Promise<InPageService> | undefined;

/** The service in the page itself, for as long as no worker controls the page. */
function local(): Promise<InPageService> {
  service ??= (async () => {
    const [response, { InPageService }] = await Promise.all([fetch(wasmAddress), import("./service.js")]);
    if (!response.ok) throw new Error(`the service could not be loaded (${response.status})`);
    return new InPageService(await WebAssembly.compile(await response.arrayBuffer()), DATABASE);
  })();
  service.catch(() => {
    service = undefined;
  });
  return service;
}

const isControlled = (): boolean => "serviceWorker" in navigator && navigator.serviceWorker.controller !== null;

/** As `fetch` of a path of the API. */
export async function inPageFetch(path: string, init: RequestInit): Promise<Response> {
  if (isControlled()) return fetch(IN_PAGE_BASE + path, init);
  const running = await local();
  if (init.signal?.aborted === true) throw init.signal.reason;
  const body = typeof init.body === "string" ? new TextEncoder().encode(init.body) : null;
  const headers = Object.fromEntries(new Headers(init.headers));
  return toResponse(await running.answer({ method: init.method ?? "GET", target: path, headers, body }));
}

/** Tells about the service in this page. */
export async function inPageStatus(): Promise<InPageStatus> {
  if (!isControlled()) return (await local()).status();
  return (await (await fetch(`${IN_PAGE_BASE}/control/status`)).json()) as InPageStatus;
}

/** Removes all records of the service in this page. */
export async function resetInPage(): Promise<void> {
  if (!isControlled()) await (await local()).reset();
  else await expectDone(await fetch(`${IN_PAGE_BASE}/control/reset`, { method: "POST" }));
}

/** Removes the examples. `false`: they can no longer be told from other records, and nothing was changed. */
export async function clearExamples(): Promise<boolean> {
  if (!isControlled()) return (await local()).clearExamples();
  const response = await fetch(`${IN_PAGE_BASE}/control/clear-examples`, { method: "POST" });
  await expectDone(response);
  return ((await response.json()) as { readonly isDone: boolean }).isDone;
}

async function expectDone(response: Response): Promise<void> {
  if (!response.ok) throw new Error(`the service in this page answered with ${response.status}`);
}

/**
 * Registers the Service Worker, which takes over as soon as it is installed, and makes the page work offline. Calls back when a newer
 * version waits; the function passed then starts it and reloads the page.
 */
export async function startWorker(onNewVersion: (start: () => void) => void): Promise<void> {
  // Vite's development server has no worker.
  if (!("serviceWorker" in navigator) || !import.meta.env.PROD) return;
  try {
    const registration = await navigator.serviceWorker.register(new URL("./sw.js", document.baseURI), { updateViaCache: "none" });
    const offer = (): void => {
      const { waiting } = registration;
      if (waiting === null || registration.active === null) return;
      onNewVersion(() => {
        navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
        waiting.postMessage("start");
      });
    };
    offer();
    registration.addEventListener("updatefound", () => {
      registration.installing?.addEventListener("statechange", offer);
    });
  } catch {
    // Forbidden, by a setting or on an address without TLS: the page runs the service itself.
  }
}
