/** The option `limits`: how much a registrar stores. */
import { members, refuse } from "./options.js";

/**
 * How much a registrar stores. At a limit, a request that would store more is answered with 409 `insufficient_storage`, which names
 * the limit, and nothing is changed; reading, deleting, starting, finishing, retiring and reinstating go on. Whole numbers; `Infinity`
 * is no limit. [ours]
 */
export interface LimitOptions {
  /**
   * The bytes of all records, of idempotency keys and of the answers stored for them, as the registrar estimates them. The stored
   * answers make room first, the oldest before the others: they are made anew from their objects. In memory, 1 GiB by default.
   */
  readonly bytes?: number | undefined;
  /** The number of all records: accounts, environments, API tokens, agents, versions, instances and spans. In memory, 2,000,000 by default. */
  readonly records?: number | undefined;
  /** The bytes of the records of one account. No limit by default. */
  readonly accountBytes?: number | undefined;
  /** The number of records of one account. No limit by default. */
  readonly accountRecords?: number | undefined;
  /**
   * The number of idempotency keys, each of which is kept for 24 hours. Half of `records` more are kept for start, finish, retire,
   * reinstate, suspend, activate and revoke, and as many again for DELETE. In memory, 1,000,000 by default.
   */
  readonly keys?: number | undefined;
}

/** The limits as the core takes them. */
export interface CoreLimits {
  readonly bytes?: number | undefined;
  readonly records?: number | undefined;
  readonly account_bytes?: number | undefined;
  readonly account_records?: number | undefined;
  readonly keys?: number | undefined;
}

/** The names of the limits. */
export const LIMITS = ["bytes", "records", "accountBytes", "accountRecords", "keys"] as const satisfies (keyof LimitOptions)[];

/** What a registrar in an isolate of 128 MB stores at most: `npm run bench -- limits` prints the memory that they take. */
export const ISOLATE_LIMITS: LimitOptions = { bytes: 32 * 1024 * 1024, records: 50_000, keys: 50_000 };

/** Throws a `TypeError` that names the limit that is none. */
export function limitsOf(given: unknown): CoreLimits | undefined {
  if (given === undefined || given === null) return undefined;
  const limits = members("limits", given, LIMITS);
  const limit = (name: (typeof LIMITS)[number]): number | undefined => {
    const value = limits[name];
    if (value === undefined || value === null) return undefined;
    if (value === Number.POSITIVE_INFINITY) return Number.MAX_SAFE_INTEGER;
    return Number.isSafeInteger(value) && (value as number) >= 0
      ? (value as number)
      : refuse(`limits.${name}`, "must be a whole number, at least 0, or Infinity");
  };
  return {
    bytes: limit("bytes"),
    records: limit("records"),
    account_bytes: limit("accountBytes"),
    account_records: limit("accountRecords"),
    keys: limit("keys"),
  };
}
