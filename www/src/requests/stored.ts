// The records of the log in IndexedDB. Where the browser refuses it, the log lasts as long as the page.
import { committed, openDatabase, result } from "../in-page/database.js";
import type { LogRecord } from "./log.js";

const STORE = "records";
let opened: Promise<IDBDatabase> | undefined;

function database(): Promise<IDBDatabase> {
  opened ??= openDatabase(`agent-registrar log ${new URL("./", document.baseURI).pathname}`, 1, (made) => {
    made.createObjectStore(STORE, { keyPath: "number" });
  });
  return opened;
}

async function change(work: (records: IDBObjectStore) => void): Promise<void> {
  try {
    const transaction = (await database()).transaction(STORE, "readwrite");
    work(transaction.objectStore(STORE));
    await committed(transaction);
  } catch {
    // The log is a convenience: the page works without keeping it.
  }
}

export const store = (record: LogRecord): Promise<void> => change((records) => records.put(record));

export async function removeStored(numbers: readonly number[]): Promise<void> {
  if (numbers.length === 0) return;
  await change((records) => {
    for (const number of numbers) records.delete(number);
  });
}

/** The newest records; older ones, of tabs that are gone, are removed. */
export async function readStored(most: number): Promise<readonly LogRecord[]> {
  try {
    const records = (await database()).transaction(STORE, "readonly").objectStore(STORE);
    const all = await result<LogRecord[]>(records.getAll());
    await removeStored(all.slice(0, Math.max(0, all.length - most)).map(({ number }) => number));
    return all.slice(-most);
  } catch {
    return [];
  }
}
