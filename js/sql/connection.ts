/** The interface between `service-sql.wasm` and a database, which a host implements. */

import type { TokenOptions } from "../service/options.js";

/** A parameter of a statement, or a value of a row. A blob from a database may also be an `ArrayBuffer`. */
export type SqlValue = null | number | string | Uint8Array | ArrayBuffer;

/** Why a database refused something. */
export interface SqlFailure {
  /** SQLite's primary result code, such as 13 (`SQLITE_FULL`). */
  readonly code: number;
  readonly message: string;
}

/** A connection to a database, which is synchronous. */
export interface SqlConnection {
  /**
   * Runs the statement with this index and returns all rows: nothing stays open. A text of an index never changes, so the
   * statement can be prepared once. Numbers are whole; texts and blobs may be views of memory, valid until this returns.
   */
  run(index: number, text: () => string, parameters: readonly SqlValue[]): Iterable<Iterable<unknown>>;
  /**
   * Runs `work` in a transaction that may write. Commits if it returns true; rolls back if it returns false or throws, and
   * then throws the same. Also throws if the transaction cannot be opened or committed; nothing of it is kept then.
   */
  transaction(work: () => boolean): void;
  /** The code and the message of an error that `run` or `transaction` threw. */
  explain(cause: unknown): SqlFailure;
  /**
   * Calls back in a later turn of the event loop: the requests until then share a transaction. Absent: each request has its own.
   */
  readonly later?: ((run: () => void) => void) | undefined;
  /** See `CoreHost.admit`. Absent: the candidates themselves. */
  admit?(candidates: readonly TokenOptions[], accountId: string): readonly TokenOptions[];
  close(): void;
}

/** `SQLITE_ERROR`: any other error. */
export const OTHER_ERROR = 1;

/** The failure of a group that the core could not end, without an error of the database. */
export const NOT_ENDED: SqlFailure = { code: OTHER_ERROR, message: "the group of units was not ended" };

/** SQLite's primary result codes by their names, for databases that only name them. */
export const RESULT_CODES: Readonly<Record<string, number>> = {
  SQLITE_ERROR: 1,
  SQLITE_BUSY: 5,
  SQLITE_LOCKED: 6,
  SQLITE_NOMEM: 7,
  SQLITE_READONLY: 8,
  SQLITE_INTERRUPT: 9,
  SQLITE_IOERR: 10,
  SQLITE_CORRUPT: 11,
  SQLITE_FULL: 13,
  SQLITE_CANTOPEN: 14,
  SQLITE_TOOBIG: 18,
  SQLITE_CONSTRAINT: 19,
  SQLITE_MISMATCH: 20,
  SQLITE_NOTADB: 26,
};
