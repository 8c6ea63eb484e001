import type { LimitOptions } from "../service/limits.js";
import { wholeNumber } from "./arguments.js";

/** The options of `serve` for the limits. */
export const LIMIT_OPTIONS = {
  "limit-bytes": { type: "string" },
  "limit-records": { type: "string" },
  "limit-account-bytes": { type: "string" },
  "limit-account-records": { type: "string" },
  "limit-keys": { type: "string" },
} as const;

/** Their lines in the usage. */
export const LIMIT_USAGE = `  --limit-bytes NUMBER       the most bytes of records, idempotency keys and stored answers (default: 1073741824; none with --db)
  --limit-records NUMBER     the most records (default: 2000000; none with --db)
  --limit-account-bytes NUMBER, --limit-account-records NUMBER
                             the same for each account (default: none)
  --limit-keys NUMBER        the most idempotency keys, each kept for 24 hours (default: 1000000; none with --db)`;

/** The limits that were given. */
export function limitsGiven(values: Partial<Record<keyof typeof LIMIT_OPTIONS, string>>): LimitOptions {
  const limit = (name: keyof typeof LIMIT_OPTIONS): number | undefined => wholeNumber(name, values[name], 0, Number.MAX_SAFE_INTEGER);
  return {
    bytes: limit("limit-bytes"),
    records: limit("limit-records"),
    accountBytes: limit("limit-account-bytes"),
    accountRecords: limit("limit-account-records"),
    keys: limit("limit-keys"),
  };
}
