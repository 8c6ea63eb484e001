/**
 * The registrar inside a page's Service Worker: the page's `fetch("/api/v1/…")` is answered without a network.
 *
 * @module
 */
import { toResponse } from "../service/answer.js";
import { brokenAnswer, reportCause, requestIdOf } from "../service/errors.js";
import { serviceModule } from "../service/module.js";
import { attempt, isObject, refuseUnknown, type RegistrarOptions } from "../service/options.js";
import type { PlatformRequest, PlatformResponse, PlatformURL } from "../service/platform.js";
import { createRegistrarWith, type Registrar } from "../service/registrar.js";
import { tagOf } from "../values/values.js";
import type { WasmInput } from "../wasm/error.js";
import { isWasm } from "../wasm/load.js";

export type * from "../service/types.js";

/** The source of the WebAssembly: an address, a response, a module, or bytes. */
export type WasmSource = string | PlatformURL | PlatformResponse | WasmInput;

/** All optional. Browsers end idle workers, and their state is lost. Give `tokens`, or each start makes new ones. */
export interface InstallOptions extends Omit<RegistrarOptions, "wasm"> {
  /** `agent-registrar/service.wasm`, or its address. By default, the bytes in this package. */
  readonly wasm?: WasmSource | undefined;
  /** Whether the worker takes over open pages at once, without a reload. `true` by default. */
  readonly claim?: boolean | undefined;
}

/** The part of `ExtendableEvent` that is used. */
interface LifeEvent {
  waitUntil(promise: Promise<unknown>): void;
}

/** The part of `FetchEvent` that is used. */
interface RequestEvent {
  readonly request: PlatformRequest;
  respondWith(response: Promise<PlatformResponse>): void;
}

/** The part of `ServiceWorkerGlobalScope` that is used: `self` in a Service Worker. */
export interface WorkerScope {
  readonly location: { readonly origin: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: LifeEvent) => void): void;
  addEventListener(type: "fetch", listener: (event: RequestEvent) => void): void;
}

const PROBES = ["/healthz", "/readyz"];

/**
 * Answers the requests of its own origin's pages under `/api/v1/`, `/healthz` and `/readyz`, and `GET /_registrar/defaults` with the default ids and
 * tokens, as the development server does [ours]. All other requests go to the network. Call it while the script first
 * runs: browsers ignore listeners that are added later.
 *
 * ```ts
 * import { installRegistrar } from "agent-registrar/service-worker";
 *
 * installRegistrar(self, { tokens: [{ token: "local" }] });
 * ```
 *
 * The promise resolves to the registrar once the wasm has loaded. You need not await it.
 */
export function installRegistrar(scope: WorkerScope, options: InstallOptions = {}): Promise<Registrar> {
  if (typeof (scope as WorkerScope | undefined | null)?.addEventListener !== "function") {
    throw new TypeError("scope: must be the global scope of a Service Worker, self");
  }
  if (!isObject(options)) throw new TypeError("options: must be an object");
  const { wasm, claim = true, ...registrarOptions } = attempt("options", () => ({ ...options }));
  refuseUnknown(registrarOptions, ["claim"]);
  if (typeof claim !== "boolean") throw new TypeError("claim: must be a boolean");
  const ready = moduleFrom(wasm).then((module) => createRegistrarWith(module, registrarOptions));
  // Every request reports the failure. Until then it must not count as an unhandled rejection.
  ready.catch(() => undefined);

  scope.addEventListener("install", (event) => {
    // Without its wasm the worker is not installed, so that the browser tries again.
    event.waitUntil(claim ? ready.then(() => scope.skipWaiting()) : ready);
  });
  scope.addEventListener("activate", (event) => {
    if (claim) event.waitUntil(scope.clients.claim());
  });
  scope.addEventListener("fetch", (event) => {
    const { request } = event;
    const url = new URL(request.url);
    if (url.origin !== scope.location.origin) return;
    if (url.pathname.startsWith("/api/v1/") || PROBES.includes(url.pathname)) event.respondWith(respond(ready, request));
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
    return Response.json((await ready).defaults, { headers: { "cache-control": "no-store", "x-content-type-options": "nosniff" } });
  } catch {
    return respond(ready, request);
  }
}

async function moduleFrom(source: WasmSource | undefined): Promise<WebAssembly.Module> {
  if (source === undefined || isWasm(source)) return serviceModule(source);
  const tag = tagOf(source);
  const isAddress = typeof source === "string" || tag === "[object URL]";
  if (!isAddress && tag !== "[object Response]")
    throw new TypeError("wasm: must be an address, a Response, a WebAssembly.Module or its bytes");
  const response = isAddress ? await fetch(source as string | URL) : (source as Response);
  if (!response.ok) throw new Error(`agent-registrar: ${response.url} answered HTTP ${response.status}`);
  // `compileStreaming` requires the MIME type application/wasm, which not every server sends.
  return response.headers.get("content-type") === "application/wasm"
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
}
