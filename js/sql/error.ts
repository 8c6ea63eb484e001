import type { SqlFailure } from "./connection.js";

/** The reasons why a store cannot be used. */
export type StoreErrorReason =
  | "busy"
  | "closed"
  | "damaged"
  | "foreign"
  | "full"
  | "in_use"
  | "newer"
  | "not_a_database"
  | "read_only"
  | "unavailable"
  | "unsupported";

/**
 * Thrown when a store cannot be opened, in a message of one line. A request that meets it is answered with 503.
 *
 * The entries of this package are bundled one by one, so compare `name`, not the class, across entries.
 */
export class StoreError extends Error {
  declare readonly reason: StoreErrorReason;

  /** @internal */
  constructor(reason: StoreErrorReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? cause : { cause });
    this.name = "StoreError";
    this.reason = reason;
  }
}

/** The reason and the remedy, by SQLite's primary result code. */
const EXPLAINED: Readonly<Record<number, readonly [StoreErrorReason, string]>> = {
  5: ["busy", "another program holds a lock on it"],
  6: ["busy", "another connection holds a lock on it"],
  8: ["read_only", "it, or its folder, cannot be written; give this user the permission"],
  10: ["unavailable", "the disk cannot be read or written"],
  11: ["damaged", "the file is damaged; go back to a backup"],
  13: ["full", "the disk is full; make room"],
  14: ["unavailable", "the file cannot be opened; its folder must exist and be writable"],
  26: ["not_a_database", "the file is not an SQLite database; name another file"],
};

/** The error of a database, which is named first. */
export function storeError(name: string, { code, message }: SqlFailure, cause?: unknown): StoreError {
  const [reason, text] = EXPLAINED[code & 0xff] ?? ["unavailable", message];
  return new StoreError(reason, `${name}: ${text}`, cause);
}

/** The error of a store that the core refused without an error of the database. */
export function openError(name: string, text: string): StoreError {
  const reason = /newer version/.test(text) ? "newer" : /another program/.test(text) ? "foreign" : "unavailable";
  return new StoreError(reason, `${name}: ${text}`);
}
