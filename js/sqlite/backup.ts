import { chmodSync, closeSync, fsyncSync, linkSync, openSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { StoreError, storeError } from "../sql/error.js";
import { accountIds } from "./accounts.js";
import { answerOf, failureOf, sqlite } from "./database.js";

/** How long to wait for a lock of another program, in milliseconds. */
const BUSY_MS = 5_000;

/**
 * Copies a file that a server may have, as of one moment. The copy is on the disk and checked before it gets its name. Throws a
 * {@link StoreError} if one of the two cannot be used, and leaves no copy then.
 */
export function backUp(file: string, copy: string): { readonly bytes: number; readonly accounts: number } {
  const accounts = accountIds(file).length;
  if (accounts === 0) throw new StoreError("foreign", `${file}: there are no accounts in it`);
  const unfinished = `${copy}-unfinished`;
  rmSync(unfinished, { force: true });
  try {
    // SQLite takes an empty file. Others must not read it: it has the secret that signs tokens.
    closeSync(openSync(unfinished, "wx", 0o600));
    chmodSync(unfinished, 0o600);
    vacuumInto(file, unfinished);
    check(unfinished);
    synchronise(unfinished);
    // Fails where the name is taken by now; a rename would replace that file.
    linkSync(unfinished, copy);
    synchronise(dirname(copy));
    return { bytes: statSync(copy).size, accounts };
  } catch (cause) {
    if (cause instanceof StoreError || failureOf(cause).code === 1) throw cause;
    throw storeError(copy, failureOf(cause), cause);
  } finally {
    rmSync(unfinished, { force: true });
  }
}

/** Runs in one read transaction, which blocks no writer. */
function vacuumInto(file: string, copy: string): void {
  const { DatabaseSync } = sqlite();
  let database: InstanceType<typeof DatabaseSync> | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true });
    database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    database.prepare("VACUUM INTO ?").run(copy);
  } catch (cause) {
    throw storeError(file, failureOf(cause), cause);
  } finally {
    database?.close();
  }
}

function check(copy: string): void {
  const { DatabaseSync } = sqlite();
  const database = new DatabaseSync(copy, { readOnly: true });
  try {
    const verdict = answerOf(database, "PRAGMA integrity_check");
    if (verdict !== "ok") throw new StoreError("damaged", `${copy}: the copy is damaged: ${verdict}`);
  } finally {
    database.close();
  }
}

function synchronise(path: string): void {
  const opened = openSync(path, "r");
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}
