// What a registrar has that was given none.
import type { AccountOptions, TokenOptions } from "./options.js";

/** One token of each scope. The prefix makes it recognisable in a log. */
export function defaultTokens(secret: string, environment_id: string): readonly TokenOptions[] {
  const ofAccount = { token: `registrar_account_${secret.slice(0, 32)}` };
  // Without an environment if all were deleted.
  return environment_id === "" ? [ofAccount] : [ofAccount, { token: `registrar_environment_${secret.slice(32)}`, environment_id }];
}

/**
 * The accounts with the id of the default environment filled in: without it, the core would generate another one after a trap
 * or a reset.
 */
export function named(accounts: readonly AccountOptions[], id: string): readonly AccountOptions[] {
  const [account, ...others] = accounts as [AccountOptions, ...AccountOptions[]];
  const [environment, ...more] = account.environments ?? [{}];
  // Deleted, so that another one is the default, or none.
  if (id === "" || more.some((other) => other.id === id)) return accounts;
  return [{ ...account, environments: [{ ...environment, id }, ...more] }, ...others];
}
