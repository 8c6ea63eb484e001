// The records of the service in this page, in IndexedDB: a snapshot, and the writes since.
import { committed, openDatabase, result } from "./database.js";

/** One write, as the service received it. Carried out again at its time on the same state, it has the same effect. */
export interface Entry {
  /** Unix milliseconds. */
  readonly now: number;
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
  /** The status of its answer. */
  readonly status: number;
  /** The id of the object that it made. */
  readonly id?: string;
}

/** The state that the writes go on from. */
export interface Base {
  readonly format: 1;
  /** 64 hexadecimal digits. Ids depend on it. */
  readonly seed: string;
  /** Signs API tokens. */
  readonly secret: string;
  readonly snapshot: Uint8Array;
  /** The number of the last write within the snapshot. */
  readonly at: number;
  /** The examples within the snapshot, as long as they can be told from what was made since. */
  readonly examples?: { readonly agents: number; readonly instances: number; readonly empty: Uint8Array };
}

/** How far the records have come. */
export interface Tail {
  /** Changes when the base no longer continues the records before it: a reset. */
  readonly epoch: number;
  /** The number of the last write. */
  readonly last: number;
}

const STORES = ["base", "writes"];

/** The open transaction of a {@link Journal}. */
export class JournalTransaction {
  readonly #base: IDBObjectStore;
  readonly #writes: IDBObjectStore;

  constructor(transaction: IDBTransaction) {
    this.#base = transaction.objectStore("base");
    this.#writes = transaction.objectStore("writes");
  }

  /** `undefined` before the first start. */
  tail(): Promise<Tail | undefined> {
    return result(this.#base.get("tail"));
  }

  base(): Promise<Base> {
    return result(this.#base.get("base"));
  }

  /** The writes after this number, in order. */
  after(last: number): Promise<readonly Entry[]> {
    return result(this.#writes.getAll(IDBKeyRange.lowerBound(last, true)));
  }

  append(number: number, entry: Entry): void {
    this.#writes.add(entry, number);
  }

  setTail(tail: Tail): void {
    this.#base.put(tail, "tail");
  }

  /** Puts a new base in the place of the old one and of the writes within it. */
  setBase(base: Base): void {
    this.#base.put(base, "base");
    this.#writes.delete(IDBKeyRange.upperBound(base.at));
  }

  /** Removes all writes. */
  clear(): void {
    this.#writes.clear();
  }
}

/** The database. Several tabs and the Service Worker may have it open at once: transactions that write run one after another. */
export class Journal {
  readonly #database: IDBDatabase;

  private constructor(database: IDBDatabase) {
    this.#database = database;
  }

  static async open(name: string): Promise<Journal> {
    return new Journal(
      await openDatabase(name, 1, (database) => {
        for (const store of STORES) database.createObjectStore(store);
      }),
    );
  }

  /** Runs `work` in one transaction; resolves once it is committed. If `work` throws, nothing of it is kept. */
  async run<Result>(mode: "readonly" | "readwrite", work: (transaction: JournalTransaction) => Promise<Result>): Promise<Result> {
    // Strict: an answer is given only for what is on the disk, not in a buffer of the system.
    const transaction = this.#database.transaction(STORES, mode, { durability: "strict" });
    const done = committed(transaction);
    try {
      const found = await work(new JournalTransaction(transaction));
      await done;
      return found;
    } catch (cause) {
      done.catch(() => undefined);
      try {
        transaction.abort();
      } catch {
        // It is aborted already.
      }
      throw cause;
    }
  }

  close(): void {
    this.#database.close();
  }
}
