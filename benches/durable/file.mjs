// A file for a contender, and how every contender opens it: as durable as ours.
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** A new file below the folder of this run. */
export const newFile = () => join(mkdtempSync(join(process.env.BENCH_FOLDER, "file-")), "agents.db");

export function openDatabase(file) {
  const database = new DatabaseSync(file);
  // Those of js/sqlite/database.ts.
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4000;
    PRAGMA foreign_keys = ON`);
  return database;
}

/** Runs `work` so many times in one transaction: how the others' files grow to the size of ours, outside the measurement. */
export function grow(database, count, work) {
  database.exec("BEGIN");
  for (let at = 0; at < count; at++) work();
  database.exec("COMMIT");
}
