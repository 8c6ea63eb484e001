import { hostname } from "node:os";
import type { DatabaseSync } from "node:sqlite";
import { StoreError, storeError } from "../sql/error.js";
import { failureOf, sqlite } from "./database.js";

const BUSY = 5;

/**
 * Locks a file for this server, and returns a function that releases the lock.
 *
 * The lock is a transaction that stays open in a small database beside the file, named as the file with `-lock`. The operating system
 * releases it when the process ends, in any way. In rollback mode such a transaction lets others read, so they can name the holder.
 */
export function lock(file: string, name: string): () => void {
  const { DatabaseSync } = sqlite();
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(`${file}-lock`);
    database.exec("PRAGMA busy_timeout = 0; PRAGMA synchronous = OFF");
    begin(database, name);
    database.exec("CREATE TABLE IF NOT EXISTS holder (process INTEGER, host TEXT, since TEXT) STRICT; DELETE FROM holder");
    database.prepare("INSERT INTO holder VALUES (?, ?, ?)").run(process.pid, hostname(), new Date().toISOString().replace(/\.\d+/, ""));
    database.exec("COMMIT");
    begin(database, name);
  } catch (cause) {
    database?.close();
    throw cause instanceof StoreError ? cause : storeError(name, failureOf(cause), cause);
  }
  return () => database.close();
}

function begin(database: DatabaseSync, name: string): void {
  try {
    database.exec("BEGIN IMMEDIATE");
  } catch (cause) {
    if (failureOf(cause).code !== BUSY) throw cause;
    throw new StoreError("in_use", `${name}: ${holder(database)} has it; one server at a time can use a file`, cause);
  }
}

function holder(database: DatabaseSync): string {
  try {
    const row = database.prepare("SELECT process, host, since FROM holder").get();
    if (row !== undefined) return `process ${row["process"]} on ${row["host"]}, since ${row["since"]},`;
  } catch {
    // The holder is being written.
  }
  return "another server";
}
