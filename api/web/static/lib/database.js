/**
 * What a page keeps on the device and must not lose: every write is strictly durable and wholly there, or was never
 * shown as done.
 */
export const asPromise = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

export const finished = (transaction) => new Promise((resolve, reject) => {
  transaction.oncomplete = () => resolve();
  transaction.onerror = transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
});

/** @param {(database: IDBDatabase) => void} lay Makes the stores, `facts` among them. Rejects when nothing is kept. */
export async function openDatabase(name, lay) {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => lay(request.result);
  const database = await asPromise(request);
  // Another tab forgets everything: do not stand in its way.
  database.onversionchange = () => database.close();
  return database;
}

/** What every outbox can do beside its own records: begin a durable transaction, and remember single facts. */
export class Keeper {
  constructor(database) {
    this.database = database;
  }

  begin(stores, mode = "readwrite") {
    return this.database.transaction(stores, mode, {durability: "strict"});
  }

  async remember(name, value) {
    const transaction = this.begin(["facts"]);
    transaction.objectStore("facts").put(value, name);
    await finished(transaction);
  }

  recall(name) {
    return asPromise(this.begin(["facts"], "readonly").objectStore("facts").get(name));
  }
}
