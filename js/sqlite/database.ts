import type { DatabaseSync, StatementSync } from "node:sqlite";
import { setImmediate } from "node:timers";
import { OTHER_ERROR, type SqlConnection, type SqlFailure, type SqlValue } from "../sql/connection.js";
import { StoreError, storeError } from "../sql/error.js";
import type { TokenOptions } from "../service/options.js";
import { admitTokens, type GivenTokens } from "./tokens.js";

/** How long to wait for a lock of another program, in milliseconds. It blocks the event loop. */
const BUSY_MS = 1_000;

/** `synchronous=FULL`: a commit returns once its pages are on the disk, on macOS only with `fullfsync`. */
const PRAGMAS = [
  "PRAGMA synchronous = FULL",
  "PRAGMA fullfsync = ON",
  // PERF(durable): in KiB, 16 MiB. A split of index pages lets SQLite search its whole cache at the commit: it renumbers the pages by way
  // of a page number beyond the end of the file, and then looks for pages to drop there. With 64 MiB, creates with a key take 20 %
  // longer. Pages that are not in this cache are in that of the system.
  "PRAGMA cache_size = -16384",
  // PERF(durable): in pages, four times the default. A page that many commits change is written to the file once for all of them: 16 clients
  // create 16 % more than with 1,000, and the 99th percentile is no higher.
  "PRAGMA wal_autocheckpoint = 4000",
  "PRAGMA foreign_keys = ON",
  "PRAGMA trusted_schema = OFF",
];

type Sqlite = typeof import("node:sqlite");

/** `node:sqlite`, if this runtime has it. Not an import, so that the entry loads without it and can say so. */
export function sqlite(): Sqlite {
  // Absent before Node 20.16 and 22.3.
  const { getBuiltinModule } = process as { getBuiltinModule?: (name: string) => Sqlite | undefined };
  const found = getBuiltinModule?.("node:sqlite");
  if (found === undefined) {
    throw new StoreError("unsupported", `a database file needs node:sqlite, which Node has from 22.13 on; this is ${process.version}`);
  }
  return found;
}

/** A file's connection of `node:sqlite`. Some versions lack parts of it, which are tested for. */
export class SqliteConnection implements SqlConnection {
  readonly #database: DatabaseSync;
  /** By the index of the statement. */
  readonly #statements: StatementSync[] = [];
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollBack: StatementSync;
  readonly later = (run: () => void): void => void setImmediate(run);
  readonly #given: GivenTokens;
  readonly #onClose: () => void;

  /** Opens the file, and creates it if it does not exist. Throws a {@link StoreError}. `onClose` is called at the end. */
  constructor(file: string, name: string, given: GivenTokens, onClose: () => void) {
    const { DatabaseSync } = sqlite();
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(file);
      database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
      // Texts cross as bytes, too, which would have another meaning.
      const encoding = answerOf(database, "PRAGMA encoding");
      if (encoding !== "UTF-8")
        throw new StoreError("foreign", `${name}: another program made it: its texts are ${encoding}, and not UTF-8`);
      const mode = answerOf(database, "PRAGMA journal_mode = WAL");
      if (mode !== "wal" && file !== MEMORY) {
        throw new StoreError("unavailable", `${name}: its file system has no shared memory, which the write-ahead log needs`);
      }
      for (const pragma of PRAGMAS) database.exec(pragma);
      this.#begin = database.prepare("BEGIN IMMEDIATE");
      this.#commit = database.prepare("COMMIT");
      this.#rollBack = database.prepare("ROLLBACK");
    } catch (cause) {
      database?.close();
      throw cause instanceof StoreError ? cause : storeError(name, failureOf(cause), cause);
    }
    this.#database = database;
    this.#given = given;
    this.#onClose = onClose;
  }

  run(index: number, text: () => string, parameters: readonly SqlValue[]): Iterable<Iterable<unknown>> {
    const statement = (this.#statements[index] ??= this.#prepare(text()));
    // Blobs are bound by copying them, so they may be views of the core's memory. Numbers are bound as REAL.
    const rows = statement.all(...(parameters as readonly (null | number | string | Uint8Array)[])) as unknown[];
    return "setReturnArrays" in statement ? (rows as unknown[][]) : rows.map((row) => Object.values(row as object));
  }

  #prepare(text: string): StatementSync {
    const statement = this.#database.prepare(text);
    // PERF(durable): arrays save 0.4 to 1.4 µs of a SELECT of 11 columns. Node has them from 22.16 on.
    statement.setReturnArrays?.(true);
    return statement;
  }

  transaction(work: () => boolean): void {
    // A failed rollback left it open.
    if (this.#database.isTransaction) this.#end();
    this.#begin.run();
    let isKept = false;
    try {
      isKept = work();
    } finally {
      if (!isKept) this.#end();
    }
    if (!isKept) return;
    try {
      this.#commit.run();
    } catch (cause) {
      this.#end();
      throw cause;
    }
  }

  /** Rolls back. SQLite may have done so already, such as after a full disk. */
  #end(): void {
    // Undefined in Node 22.13 to 22.15: there the error of a second rollback says so.
    if (this.#database.isTransaction === false) return;
    try {
      this.#rollBack.run();
    } catch (cause) {
      if (failureOf(cause).code !== OTHER_ERROR) throw cause;
    }
  }

  explain(cause: unknown): SqlFailure {
    return failureOf(cause);
  }

  admit(candidates: readonly TokenOptions[], accountId: string): readonly TokenOptions[] {
    return admitTokens(this.#database, candidates, accountId, this.#given);
  }

  close(): void {
    try {
      this.#database.close();
    } finally {
      this.#onClose();
    }
  }
}

/** The first value that a pragma answers. */
export function answerOf(database: DatabaseSync, pragma: string): unknown {
  return Object.values(database.prepare(pragma).get() ?? {})[0];
}

/** The name of a database that lasts as long as its connection. */
export const MEMORY = ":memory:";

/** SQLite's primary result code, and its message. */
export function failureOf(cause: unknown): SqlFailure {
  const { errcode, message } = cause as { errcode?: unknown; message?: unknown };
  return {
    code: typeof errcode === "number" ? errcode & 0xff : OTHER_ERROR,
    message: typeof message === "string" ? message : String(cause),
  };
}
