import { type AccountOptions, type CheckedOptions, checked } from "../../service/options.js";
import { type Environment, optionsOf } from "../variables.js";
import type { AccountMethods, DirectoryMethods } from "./messages.js";
import type { ObjectNamespace } from "./platform.js";

/** The variables and bindings that the worker and its objects read. All of them [ours]. */
export interface DurableEnvironment extends Environment {
  /** Signs the texts of API tokens; the front worker refuses those that it did not sign. At least 16 printable ASCII characters. */
  readonly AGENT_REGISTRAR_SECRET: string;
  /** The binding to `AgentRegistrarAccount`. */
  readonly AGENT_REGISTRAR_OBJECTS: ObjectNamespace<AccountMethods>;
  /** The binding to `AgentRegistrarDirectory`. Needed where there is an operator's token. */
  readonly AGENT_REGISTRAR_DIRECTORY?: ObjectNamespace<DirectoryMethods> | undefined;
}

const BINDINGS = ["AGENT_REGISTRAR_OBJECTS", "AGENT_REGISTRAR_DIRECTORY"];

/** The account of a configuration without accounts, as the core has it (src/registrar/config.rs). */
const DEFAULT_ACCOUNT: AccountOptions = {
  id: "013xrzp12g3nqk8nyt0q8s8a1vd3p7wk",
  name: "Default",
  environments: [{ id: "013xrzp12g3nqk8nzxvq7jm2arsfg5h1", name: "Default" }],
};

/** The options of a durable worker: the accounts are named, and there is a secret. */
export interface DurableOptions extends CheckedOptions {
  readonly accounts: readonly AccountOptions[];
}

/** Reads the variables. Throws a `TypeError` that names the one that is not acceptable. */
export function durableOptions(environment: DurableEnvironment): DurableOptions {
  const options = checked(optionsOf(environment, BINDINGS));
  const accounts = options.accounts ?? [DEFAULT_ACCOUNT];
  if (options.secret === undefined) throw new TypeError("AGENT_REGISTRAR_SECRET must be set: it signs API tokens");
  if (environment.AGENT_REGISTRAR_OBJECTS === undefined) throw new TypeError("the binding AGENT_REGISTRAR_OBJECTS is missing");
  if (options.operatorToken !== undefined && environment.AGENT_REGISTRAR_DIRECTORY === undefined) {
    throw new TypeError("AGENT_REGISTRAR_OPERATOR_TOKEN needs the binding AGENT_REGISTRAR_DIRECTORY");
  }
  if (new Set(accounts.map(({ id }) => partitionOf(id))).size < accounts.length) {
    throw new TypeError("AGENT_REGISTRAR_ACCOUNTS: each account needs a partition of its own");
  }
  return { ...options, accounts };
}

/** The partition of an id, which names the object of its account. */
export function partitionOf(id: string): string {
  return id.slice(10, 16);
}
