/**
 * The registrar as a Cloudflare Worker: `export { default } from "agent-registrar/cloudflare"` is a whole worker.
 *
 * Its state is in memory [ours]: each isolate has its own, and loses it when the platform ends it. That is enough for
 * previews and for tests in workerd.
 *
 * @module
 */
import { toResponse } from "../service/answer.js";
import { serviceModule } from "../service/module.js";
import type { AccountOptions, TokenOptions } from "../service/options.js";
import type { PlatformRequest, PlatformResponse } from "../service/platform.js";
import { createRegistrarWith, type MemoryRegistrar, type Registrar } from "../service/registrar.js";
import { headersOf } from "../service/request.js";

export type { AccountOptions, EnvironmentOptions, TokenOptions, TokenScope } from "../service/options.js";

/** What the worker reads from its environment. All of it [ours]. */
export interface Environment {
  /**
   * A secret: a JSON array of `{token}` or `{sha256}`, each with `account_id` and `environment_id` where it is not for
   * the whole default account. Digests are to be preferred. Without it, nobody is let in.
   */
  readonly AGENT_REGISTRAR_TOKENS?: string | undefined;
  /** A JSON array of `{id, name?, environments?: [{id?, name?}]}`; the default account where absent. */
  readonly AGENT_REGISTRAR_ACCOUNTS?: string | undefined;
  /** The origins whose pages may call, with commas between them; none where absent. */
  readonly AGENT_REGISTRAR_CORS?: string | undefined;
}

let registrar: Registrar | undefined;
/** Makes the error answers while the configuration is not acceptable. */
let refusing: MemoryRegistrar | undefined;

/** The worker. */
const worker = {
  async fetch(request: PlatformRequest, environment: Environment): Promise<PlatformResponse> {
    try {
      registrar ??= fromEnvironment(environment);
    } catch (cause) {
      // The log tells the operator; callers do not learn the reason.
      refusing ??= createRegistrarWith(serviceModule(), { tokens: [] });
      const reason = `the worker's configuration is not acceptable: ${cause instanceof Error ? cause.message : String(cause)}`;
      return toResponse(refusing.unexpected(headersOf(request.headers), reason), request.method);
    }
    return registrar.fetch(request);
  },
};

export default worker;

function fromEnvironment(environment: Environment): Registrar {
  const tokens = listOf<TokenOptions>(environment, "AGENT_REGISTRAR_TOKENS") ?? [];
  if (tokens.length === 0) console.warn("agent-registrar: AGENT_REGISTRAR_TOKENS is not set; every request is refused");
  const accounts = listOf<AccountOptions>(environment, "AGENT_REGISTRAR_ACCOUNTS");
  const cors = environment.AGENT_REGISTRAR_CORS?.split(",").map((origin) => origin.trim()).filter(Boolean);
  return createRegistrarWith(serviceModule(), { tokens, accounts, cors }, { enforcesLength: true });
}

/** What stands in the list is looked at by `createRegistrarWith`. */
function listOf<Item>(environment: Environment, name: keyof Environment): readonly Item[] | undefined {
  const text = environment[name];
  if (text === undefined || text === "") return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value as readonly Item[];
  } catch {
    // The parser's own message quotes its input, which is a secret.
  }
  throw new TypeError(`${name} must be a JSON array`);
}
