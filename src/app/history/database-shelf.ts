/**
 * Runs in IndexedDB, on this machine only. Each call is one transaction, so that two tabs that keep
 * runs at once see whole ones and the limits hold for both. Nothing is opened before it is needed; a
 * later version of the page may take the database over, and this one then opens it anew or says why not.
 */
import { Failed, type Failure } from "#core/run/failure.ts";
import { byAge, mustFit, tooMany, type KeptKey, type RunShelf, type ShelfLimits } from "./shelf.ts";

const VERSION = 1;
const RUNS = "runs";
const CHOICES = "choices";
const KEEPING = "keeping";

type Store = typeof RUNS | typeof CHOICES;
type Reason = Extract<Failure, { code: "history-unavailable" }>["reason"];
type Stores = (name: Store) => IDBObjectStore;

type Within = <T>(
  stores: readonly Store[],
  mode: IDBTransactionMode,
  work: (store: Stores) => Promise<T>,
) => Promise<T>;

/** `factory` is read at each use: where storage is denied even looking at it may throw. */
export function databaseShelf(limits: ShelfLimits, factory: () => IDBFactory, name = "cutlayer-runs"): RunShelf {
  const within = transactions(factory, name);
  return {
    keys: () => within([RUNS], "readonly", keysIn),
    read: (key) =>
      within([RUNS], "readonly", async (store) => {
        const found: unknown = await answer(store(RUNS).get(written(key)));
        return found === undefined ? null : typeof found === "string" ? found : "";
      }),
    async add(key, text) {
      mustFit(key, limits);
      return within([RUNS, CHOICES], "readwrite", async (store) => {
        if ((await answer(store(CHOICES).get(KEEPING))) === false) return false;
        await answer(store(RUNS).put(text, written(key)));
        for (const old of tooMany(await keysIn(store), limits)) store(RUNS).delete(written(old));
        return true;
      });
    },
    remove: (keys) =>
      within([RUNS], "readwrite", async (store) => {
        await Promise.all(keys.map((key) => answer(store(RUNS).delete(written(key)))));
      }),
    keeping: () =>
      within([CHOICES], "readonly", async (store) => (await answer(store(CHOICES).get(KEEPING))) !== false),
    setKeeping: (on) =>
      within([CHOICES], "readwrite", async (store) => {
        await answer(store(CHOICES).put(on, KEEPING));
      }),
  };
}

/** Work in one transaction each, over a database that is opened for the first and again after it was closed. */
function transactions(factory: () => IDBFactory, name: string): Within {
  let opened: Promise<IDBDatabase> | null = null;
  const forget = (): void => void (opened = null);
  return async (stores, mode, work) => {
    try {
      opened ??= open(factory, name, forget);
      const database = await opened.catch((thrown: unknown) => {
        forget();
        throw thrown;
      });
      const transaction = database.transaction(stores, mode);
      const over = ended(transaction);
      const [value] = await Promise.all([work((each) => transaction.objectStore(each)), over]);
      return value;
    } catch (thrown) {
      throw asFailed(thrown);
    }
  };
}

/** In the order in which the database sorts them: by time first. */
const written = ({ atMs, id, bytes }: KeptKey): IDBValidKey => [atMs, id, bytes];

async function keysIn(store: Stores): Promise<readonly KeptKey[]> {
  const keys = await answer(store(RUNS).getAllKeys());
  return keys.flatMap((key) => keyOf(key) ?? []).toSorted(byAge);
}

function keyOf(key: IDBValidKey): KeptKey | null {
  if (!Array.isArray(key)) return null;
  const [atMs, id, bytes] = key;
  return typeof atMs === "number" && typeof id === "string" && typeof bytes === "number" ? { atMs, id, bytes } : null;
}

function open(factory: () => IDBFactory, name: string, onClosed: () => void): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = factory().open(name, VERSION);
    let late = false;
    request.onupgradeneeded = () => {
      request.result.createObjectStore(RUNS);
      request.result.createObjectStore(CHOICES);
    };
    request.onblocked = () => {
      late = true;
      reject(unavailable("held-elsewhere", "it has not closed it"));
    };
    request.onerror = () => reject(asFailed(request.error));
    request.onsuccess = () => {
      const database = request.result;
      const close = (): void => {
        database.close();
        onClosed();
      };
      if (late) return close();
      database.onversionchange = close; // another tab's newer page, or one that clears it all, need not wait for this one
      database.onclose = onClosed;
      resolve(database);
    };
  });
}

const answer = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(asFailed(request.error));
  });

const ended = (transaction: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(asFailed(transaction.error));
  });

const unavailable = (reason: Reason, what: string): Failed => new Failed({ code: "history-unavailable", reason, what });

/** By the names that browsers give what they throw. */
const REASONS: ReadonlyMap<string, Reason> = new Map([
  ["QuotaExceededError", "full"],
  ["VersionError", "newer"],
  ["SecurityError", "denied"],
  ["InvalidStateError", "denied"],
  ["NotAllowedError", "denied"],
  ["TypeError", "denied"], // there is no IndexedDB at all
]);

function asFailed(thrown: unknown): Failed {
  if (thrown instanceof Failed) return thrown;
  const name = thrown instanceof Error || thrown instanceof DOMException ? thrown.name : "";
  return unavailable(REASONS.get(name) ?? "damaged", thrown instanceof Error ? thrown.message : String(thrown));
}
