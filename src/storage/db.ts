import { createStore, get, promisifyRequest } from 'idb-keyval';
import type { Key } from './keys.ts';

const useStore = createStore('stitchwork', 'store');

/** Changes of one transaction; removals come first. */
export interface Changes {
  remove?: readonly (Key | IDBKeyRange)[];
  put?: readonly (readonly [Key, unknown])[];
}

/** The value at a key, undefined when there is none. */
export function read<T>(key: Key): Promise<T | undefined> {
  return get<T>(key, useStore);
}

/** All values under a prefix, in key order. */
export function readAll<T>(range: IDBKeyRange): Promise<T[]> {
  return useStore('readonly', (store) => promisifyRequest<T[]>(store.getAll(range)));
}

/** The values at a key or under a prefix, in key order, each with what lies at the key that it names, all of one moment. */
export function readWith<T, Named>(
  keys: Key | IDBKeyRange,
  nameOf: (value: T) => Key | null,
): Promise<[value: T, named: Named | undefined][]> {
  return useStore('readonly', async (store) => {
    const values = await promisifyRequest<T[]>(store.getAll(keys));
    const named = values.map(async (value): Promise<[T, Named | undefined]> => {
      const key = nameOf(value);
      return [value, key ? await promisifyRequest<Named | undefined>(store.get(key)) : undefined];
    });
    return Promise.all(named);
  });
}

/** The last key of a range with its value, undefined when it is empty. */
export function readLast<T>(range: IDBKeyRange): Promise<{ key: Key; value: T } | undefined> {
  return useStore('readonly', async (store) => {
    const cursor = await promisifyRequest(store.openCursor(range, 'prev'));
    return cursor ? { key: cursor.key as Key, value: cursor.value as T } : undefined;
  });
}

/** All keys under a prefix, in order. */
export function listKeys<K extends Key>(range: IDBKeyRange): Promise<K[]> {
  return useStore('readonly', (store) => promisifyRequest(store.getAllKeys(range)) as Promise<K[]>);
}

/** Makes all changes in one transaction, or none; rejects with the error that ended it. */
export function write(changes: Changes): Promise<void> {
  return useStore('readwrite', async (store) => {
    const done = committed(store.transaction);
    try {
      for (const key of changes.remove ?? []) store.delete(key);
      for (const [key, value] of changes.put ?? []) store.put(value, key);
    } catch (thrown) {
      store.transaction.abort();
      await done.catch(() => undefined);
      throw thrown;
    }
    await done;
  });
}

/** Deletes every key of `range` whose second component is neither owned by a value under `owners` nor `held`, in one transaction. */
export function removeUnowned<T>(
  range: IDBKeyRange,
  owners: readonly IDBKeyRange[],
  ownedId: (owner: T) => string,
  held: readonly string[] = [],
): Promise<number> {
  return useStore('readwrite', async (store) => {
    const done = committed(store.transaction);
    let removed = 0;
    const found = Promise.all(owners.map((each) => promisifyRequest<T[]>(store.getAll(each))));
    const keys = promisifyRequest(store.getAllKeys(range));
    const [lists, all] = await Promise.all([found, keys]);
    const owned = new Set([...lists.flat().map(ownedId), ...held]);
    for (const key of all) {
      if (Array.isArray(key) && typeof key[1] === 'string' && owned.has(key[1])) continue;
      store.delete(key);
      removed += 1;
    }
    await done;
    return removed;
  });
}

function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () =>
      reject(transaction.error ?? new DOMException('The transaction was ended.', 'AbortError'));
  });
}
