// The Service Worker of the page: it answers the API below `in-page/`, and keeps the page's files for use without a network.
// www/plugins/service-worker.ts bundles it, and fills in the constants.
import { toResponse } from "./response.js";
import { InPageService } from "./service.js";

/** What is used of the scope of a Service Worker: its types and those of a page exclude each other. */
interface LifeEvent extends Event {
  waitUntil(promise: Promise<unknown>): void;
}
interface RequestEvent extends Event {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
interface WorkerScope {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: LifeEvent) => void): void;
  addEventListener(type: "fetch", listener: (event: RequestEvent) => void): void;
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
}

declare const self: WorkerScope;
/** The page's files, relative to its folder. */
declare const FILES: readonly string[];
/** The file of the service, one of them. */
declare const WASM: string;
/** Changes with any of the files. */
declare const VERSION: string;

const scope = new URL(self.registration.scope);
const API = `${scope.pathname}in-page`;
const PREFIX = `agent-registrar ${scope.pathname} `;
const CACHE = PREFIX + VERSION;
/** How long the network may take to give the page before the kept one is shown, in milliseconds. */
const PATIENCE = 3_000;

const files = new Set(FILES.map((name) => new URL(name, scope).href));
let service: Promise<InPageService> | undefined;

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(CACHE);
      await cache.addAll(["./", ...FILES].map((name) => new Request(new URL(name, scope), { cache: "no-cache" })));
    })(),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
      await self.clients.claim();
    })(),
  );
});

// The page asks before a new version starts: it would take the files away that open pages still load.
self.addEventListener("message", ({ data }) => {
  if (data === "start") void self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== scope.origin) return;
  if (url.pathname.startsWith(`${API}/`)) event.respondWith(answer(request, url));
  else if (request.mode === "navigate" && url.pathname === scope.pathname) event.respondWith(page(request));
  else if (files.has(url.href)) event.respondWith(file(request));
});

/** The page: of the network if it answers soon, so that a new version is not missed; else the kept one. */
async function page(request: Request): Promise<Response> {
  const kept = await (await caches.open(CACHE)).match("./");
  if (kept === undefined) return fetch(request);
  const late = new Promise<Response>((resolve) => setTimeout(() => resolve(kept), PATIENCE));
  const fresh = fetch(request).then(
    (response) => (response.ok ? response : kept),
    () => kept,
  );
  return Promise.race([fresh, late]);
}

async function file(request: Request): Promise<Response> {
  return (await (await caches.open(CACHE)).match(request, { ignoreVary: true })) ?? fetch(request);
}

function running(): Promise<InPageService> {
  service ??= (async () => {
    const response = await file(new Request(new URL(WASM, scope)));
    const module = await WebAssembly.compile(await response.arrayBuffer());
    return new InPageService(module, `agent-registrar ${scope.pathname}`);
  })();
  service.catch(() => {
    service = undefined;
  });
  return service;
}

async function answer(request: Request, url: URL): Promise<Response> {
  try {
    const target = url.pathname.slice(API.length) + url.search;
    if (target.startsWith("/control/")) return await control(target.slice("/control/".length));
    const bytes = new Uint8Array(await request.arrayBuffer());
    const headers = Object.fromEntries(request.headers);
    return toResponse(await (await running()).answer({ method: request.method, target, headers, body: bytes.length === 0 ? null : bytes }));
  } catch (cause) {
    const message = `The service in this page could not be started: ${cause instanceof Error ? cause.message : String(cause)}.`;
    return Response.json({ status: "error", code: "unexpected", message }, { status: 503, headers: { "retry-after": "5" } });
  }
}

async function control(name: string): Promise<Response> {
  const service = await running();
  if (name === "status") return Response.json(await service.status());
  if (name === "clear-examples") return Response.json({ isDone: await service.clearExamples() });
  if (name !== "reset") return new Response(null, { status: 404 });
  await service.reset();
  return new Response(null, { status: 204 });
}
