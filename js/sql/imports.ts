import { type SqlConnection, type SqlFailure, OTHER_ERROR } from "./connection.js";
import { readValues, RowWriter, textAt } from "./values.js";

const NO_BYTES = new Uint8Array(0);
const encoder = new TextEncoder();

/**
 * The two functions that `service-sql.wasm` imports (wasm/src/service/imports.rs).
 *
 * They must not throw: an exception would unwind through Rust and leave the core halfway through a change.
 */
export class SqlImports {
  readonly #connection: SqlConnection;
  readonly #memory: () => Uint8Array;
  readonly #rows = new RowWriter();
  /** The bytes of the last call for `take`. */
  #left: Uint8Array = NO_BYTES;
  /** The first error since {@link clear}. SQLite may have ended the transaction by itself, so nothing more is run in it. */
  failure: SqlFailure | undefined;

  constructor(connection: SqlConnection, memory: () => Uint8Array) {
    this.#connection = connection;
    this.#memory = memory;
  }

  /** Forgets the error, for a new transaction. */
  clear(): void {
    this.failure = undefined;
    this.#left = NO_BYTES;
  }

  /** Stores a failure for `take`, and returns its code. */
  leave(failure: SqlFailure): number {
    this.#left = encoder.encode(failure.message);
    return failure.code;
  }

  readonly functions = {
    execute: (
      index: number,
      text: number,
      textLength: number,
      parameters: number,
      parametersLength: number,
      rows: number,
      capacity: number,
    ): number => {
      try {
        if (this.failure !== undefined) return -this.leave(this.failure);
        const memory = this.#memory();
        const values = readValues(memory, parameters >>> 0, parametersLength >>> 0);
        const found = this.#connection.run(index, () => textAt(memory, text >>> 0, (text >>> 0) + (textLength >>> 0)), values);
        const bytes = this.#rows.write(found);
        if (bytes.length <= capacity >>> 0) memory.set(bytes, rows >>> 0);
        else this.#left = bytes;
        return bytes.length;
      } catch (cause) {
        return this.#fail(cause);
      }
    },

    take: (target: number, capacity: number): number => {
      const bytes = this.#left.length > capacity >>> 0 ? this.#left.subarray(0, capacity >>> 0) : this.#left;
      this.#memory().set(bytes, target >>> 0);
      return bytes.length;
    },
  };

  #fail(cause: unknown): number {
    try {
      this.failure = this.#connection.explain(cause);
    } catch {
      this.failure = { code: OTHER_ERROR, message: "the database failed" };
    }
    return -this.leave(this.failure);
  }
}
