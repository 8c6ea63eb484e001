/**
 * The registrar as a Cloudflare Worker: `export { default } from "agent-registrar/cloudflare"` is a whole worker.
 *
 * Its state is in memory [ours]: each isolate has its own, and loses it when the platform ends it. That is enough for
 * previews and for tests in workerd.
 *
 * @module
 */
import { toResponse, unexpectedAnswer } from "../service/answer.js";
import { serviceModule } from "../service/module.js";
import type { PlatformRequest, PlatformResponse } from "../service/platform.js";
import { type AccountOptions, createRegistrarWith, type Registrar, type TokenOptions } from "../service/registrar.js";

export type { AccountOptions, EnvironmentOptions, TokenOptions, TokenScope } from "../service/registrar.js";

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

/** The worker. */
const worker = {
  async fetch(request: PlatformRequest, environment: Environment): Promise<PlatformResponse> {
    try {
      registrar ??= fromEnvironment(environment);
    } catch (cause) {
      // For whoever deployed it: callers are not told how.
      console.error(`agent-registrar is not set up well: ${cause instanceof Error ? cause.message : String(cause)}`);
      const accept = request.headers.get("accept") ?? undefined;
      return toResponse(unexpectedAnswer({ accept }), request.method);
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
