import { OTHER_ERROR, RESULT_CODES, type SqlConnection, type SqlFailure, type SqlValue } from "../../sql/connection.js";
import type { ObjectStorage } from "./platform.js";

/** What a transaction throws to be rolled back: there is no other way. */
const ROLL_BACK = new Error("roll back");

/**
 * The database of a Durable Object.
 *
 * The object gives no answer before its writes are on the disk (the output gate), so there is no group commit here. Statements are
 * cached by their texts, which never change.
 */
export class StorageConnection implements SqlConnection {
  readonly #storage: ObjectStorage;
  /** By the index of the statement. */
  readonly #texts: string[] = [];

  constructor(storage: ObjectStorage) {
    this.#storage = storage;
  }

  run(index: number, text: () => string, parameters: readonly SqlValue[]): Iterable<Iterable<unknown>> {
    // Numbers are bound as REAL, views by their range. The rows are read at once: no cursor stays open.
    return [...this.#storage.sql.exec((this.#texts[index] ??= text()), ...parameters).raw()];
  }

  transaction(work: () => boolean): void {
    try {
      this.#storage.transactionSync(() => {
        if (!work()) throw ROLL_BACK;
      });
    } catch (cause) {
      if (cause !== ROLL_BACK) throw cause;
    }
  }

  /** An error has no code. Its message ends with the name of one, such as `SQLITE_CONSTRAINT_UNIQUE`. */
  explain(cause: unknown): SqlFailure {
    const message = cause instanceof Error ? cause.message : String(cause);
    const [name] = /SQLITE_[A-Z]+(?=(_[A-Z_]+)?$)/.exec(message) ?? [];
    return { code: (name === undefined ? undefined : RESULT_CODES[name]) ?? OTHER_ERROR, message };
  }

  /** The platform closes it. */
  close(): void {}
}
