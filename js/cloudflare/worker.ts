import { toResponse } from "../service/answer.js";
import { serviceModule } from "../service/module.js";
import type { PlatformRequest, PlatformResponse } from "../service/platform.js";
import { createRegistrarWith, type MemoryRegistrar } from "../service/registrar.js";
import { headersOf } from "../service/request.js";

/** The worker of a module, with the variables that it reads. */
export interface Worker<Variables> {
  /** Where you call this yourself, pass the `context` on: with it, the room of a body whose client resets its connection is free at once. */
  fetch(request: PlatformRequest, environment: Variables, context?: WorkerContext): Promise<PlatformResponse>;
}

/** What is used of the `ExecutionContext` of a Worker. */
export interface WorkerContext {
  waitUntil(promise: Promise<unknown>): void;
}

/**
 * A worker that is opened by its first request. While `open` throws, because the configuration is invalid, each request is
 * answered with 500, but `GET /healthz` with 200, and `GET /readyz` with 503.
 */
export function workerOf<Variables>(
  open: (environment: Variables) => { readonly fetch: (request: PlatformRequest) => Promise<PlatformResponse> },
): Worker<Variables> {
  let opened: ReturnType<typeof open> | undefined;
  /** Makes the error answers while the configuration is invalid. */
  let refusing: MemoryRegistrar | undefined;
  const answer = async (request: PlatformRequest, environment: Variables): Promise<PlatformResponse> => {
    try {
      opened ??= open(environment);
    } catch (cause) {
      // The reason goes to the log and not to the caller.
      refusing ??= createRegistrarWith(serviceModule(), { tokens: [] }, { holdsNothing: true });
      const reason = `the worker's configuration is not acceptable: ${cause instanceof Error ? cause.message : String(cause)}`;
      return toResponse(refusing.fail(request.method, new URL(request.url).pathname, headersOf(request.headers), reason), request.method);
    }
    return opened.fetch(request);
  };
  return {
    fetch(request, environment, context) {
      const answered = answer(request, environment);
      // Otherwise the runtime ends the handler of a client that resets its connection: its promises never settle, and no `finally` runs.
      context?.waitUntil(answered.catch(() => undefined));
      return answered;
    },
  };
}
