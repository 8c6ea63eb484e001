/**
 * The registrar inside a page's Service Worker: the page's `fetch("/api/v1/…")` is answered without a network.
 *
 * @module
 */
import { toResponse } from "../service/answer.js";
import { brokenAnswer, reportCause, requestIdOf } from "../service/errors.js";
import { serviceModule } from "../service/module.js";
import type { RegistrarOptions } from "../service/options.js";
import type { PlatformRequest, PlatformResponse, PlatformURL } from "../service/platform.js";
import { createRegistrarWith, type Registrar } from "../service/registrar.js";
import type { WasmInput } from "../wasm/error.js";
import { isWasm } from "../wasm/load.js";

export type * from "../service/types.js";

/** Where the WebAssembly comes from: its address, a response, or what is at hand already. */
export type WasmSource = string | PlatformURL | PlatformResponse | WasmInput;

/** All optional. A browser ends idle workers, and the state with them: give `tokens`, or each start has fresh ones. */
export interface InstallOptions extends Omit<RegistrarOptions, "wasm"> {
  /** `agent-registrar/service.wasm`, or its address; where absent, the bytes in this package. */
  readonly wasm?: WasmSource | undefined;
  /** Whether the worker serves the open pages at once, without a reload; `true` where absent. */
  readonly claim?: boolean | undefined;
}

/** What is used of an `ExtendableEvent`. */
interface LifeEvent {
  waitUntil(promise: Promise<unknown>): void;
}

/** What is used of a `FetchEvent`. */
interface RequestEvent {
  readonly request: PlatformRequest;
  respondWith(response: Promise<PlatformResponse>): void;
}

/** What is used of a `ServiceWorkerGlobalScope`, which `self` is in a Service Worker. */
export interface WorkerScope {
  readonly location: { readonly origin: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: LifeEvent) => void): void;
  addEventListener(type: "fetch", listener: (event: RequestEvent) => void): void;
}

/**
 * Answers the requests of its own origin's pages under `/api/v1/`, and `GET /_registrar/defaults`, which tells the page
 * its ids and tokens as the development server does [ours]; everything else goes to the network as ever. To be called
 * while the script first runs: browsers take no listeners later.
 *
 * ```ts
 * import { installRegistrar } from "agent-registrar/service-worker";
 *
 * installRegistrar(self, { tokens: [{ token: "local" }] });
 * ```
 *
 * The promise is the registrar's, once the wasm has loaded; nobody has to wait for it.
 */
export function installRegistrar(scope: WorkerScope, options: InstallOptions = {}): Promise<Registrar> {
  const { wasm, claim = true, ...registrarOptions } = options;
  const ready = moduleFrom(wasm).then((module) => createRegistrarWith(module, registrarOptions));
  // Each request that meets the failure tells it; until one does, it is no unhandled rejection.
  ready.catch(() => undefined);

  scope.addEventListener("install", (event) => {
    // A worker that has no wasm is better not installed at all: the browser tries again.
    event.waitUntil(claim ? ready.then(() => scope.skipWaiting()) : ready);
  });
  scope.addEventListener("activate", (event) => {
    if (claim) event.waitUntil(scope.clients.claim());
  });
  scope.addEventListener("fetch", (event) => {
    const { request } = event;
    const url = new URL(request.url);
    if (url.origin !== scope.location.origin) return;
    if (url.pathname.startsWith("/api/v1/")) event.respondWith(respond(ready, request));
    else if (url.pathname === "/_registrar/defaults") event.respondWith(tellDefaults(ready, request));
  });
  return ready;
}

async function respond(ready: Promise<Registrar>, request: Request): Promise<Response> {
  let registrar: Registrar;
  try {
    registrar = await ready;
  } catch (cause) {
    const answer = brokenAnswer();
    reportCause(requestIdOf(answer), cause);
    return toResponse(answer, request.method);
  }
  return registrar.fetch(request);
}

async function tellDefaults(ready: Promise<Registrar>, request: Request): Promise<Response> {
  if (request.method !== "GET") return respond(ready, request);
  try {
    return Response.json((await ready).defaults, { headers: { "cache-control": "no-store" } });
  } catch {
    return respond(ready, request);
  }
}

async function moduleFrom(source: WasmSource | undefined): Promise<WebAssembly.Module> {
  if (source === undefined || isWasm(source)) return serviceModule(source);
  const given: unknown = source;
  const response = given instanceof Response ? given : await fetch(given as string | URL);
  if (!response.ok) throw new Error(`agent-registrar: ${response.url} answered HTTP ${response.status}`);
  // Compiling while loading needs the MIME type application/wasm, which not every server knows.
  return response.headers.get("content-type")?.startsWith("application/wasm")
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
}
