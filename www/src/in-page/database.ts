/** The result of a request to IndexedDB. Awaiting it keeps the transaction open: its next request may follow at once. */
export function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("a request to IndexedDB failed"));
  });
}

/** Resolves once the transaction is committed; rejects if it was aborted, by a full disk for example. */
export function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error("a transaction of IndexedDB was aborted"));
  });
}

/** Opens a database, and makes its stores if it is new. */
export function openDatabase(name: string, version: number, upgrade: (database: IDBDatabase) => void): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, version);
    request.onupgradeneeded = () => upgrade(request.result);
    request.onsuccess = () => {
      // Another tab deletes the database or makes a newer version of it.
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = () => reject(request.error ?? new Error("the database could not be opened"));
    request.onblocked = () => reject(new Error("another tab holds an older version of the database"));
  });
}
