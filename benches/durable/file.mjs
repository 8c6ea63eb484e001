// A file for a contender, and how every contender opens it: as durable as ours.
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** A new file below the folder of this run. */
export const newFile = () => join(mkdtempSync(join(process.env.BENCH_FOLDER, "file-")), "agents.db");

export function openDatabase(file) {
  const database = new DatabaseSync(file);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; PRAGMA foreign_keys = ON");
  return database;
}
