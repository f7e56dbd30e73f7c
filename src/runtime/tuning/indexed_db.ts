import { MOST_ENTRIES, type ChoiceStore } from './store';

const DATABASE = 'inception-webgpu';
const STORE = 'kernels';

/** Keeps choices in the browser, for this origin; undefined where there is no IndexedDB. */
export function indexedDbStore(): ChoiceStore | undefined {
  if (!('indexedDB' in globalThis)) return undefined;
  return {
    get: (key) => transact('readonly', (store) => store.get(key)),
    async set(key, entry) {
      if ((await transact('readonly', (store) => store.count())) >= MOST_ENTRIES) {
        await transact('readwrite', (store) => store.clear());
      }
      await transact('readwrite', (store) => store.put(entry, key));
    },
  };
}

async function transact<T>(
  mode: IDBTransactionMode,
  request: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.addEventListener('upgradeneeded', () => void opening.result.createObjectStore(STORE));
  const database = await settled(opening);
  try {
    return await settled(request(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('IndexedDB: failed')));
    request.addEventListener('blocked', () => reject(new Error('IndexedDB: another page blocks it')));
  });
}
