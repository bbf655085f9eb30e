/**
 * Puts runs where they are kept, as they come in. What the browser will not keep is in this tab's memory
 * until it is closed, and `failure` says why. It comes with the first run; the list and its reading with
 * the view.
 */
import { failureOf, type Failure } from "#core/run/failure.ts";
import type { RunRecord } from "#core/run/record.ts";
import type { Stores } from "../stores/stores.ts";
import { databaseShelf } from "./database-shelf.ts";
import { memoryShelf } from "./memory-shelf.ts";
import { LIMITS, type KeptKey, type RunShelf } from "./shelf.ts";

interface Parts {
  readonly kept: RunShelf;
  /** For what is not kept. */
  readonly passing: RunShelf;
  readonly now: () => number;
  readonly newId: () => string;
  /** Tells the other tabs that something has changed. */
  readonly tell: () => void;
}

export class Keeper {
  readonly kept: RunShelf;
  readonly passing: RunShelf;
  /** Ids of what was put there in this visit. */
  readonly mine = new Set<string>();
  /** Why what was asked last was not done. */
  failure: Failure | null = null;
  readonly #parts: Parts;
  readonly #watchers = new Set<() => void>();

  constructor(parts: Parts) {
    this.kept = parts.kept;
    this.passing = parts.passing;
    this.#parts = parts;
  }

  /** Never rejects: a run is a run, also where nothing is kept. */
  async keep(record: RunRecord): Promise<void> {
    const { kept, passing, now, newId } = this.#parts;
    const text = JSON.stringify(record);
    const key: KeptKey = { atMs: now(), id: newId(), bytes: new TextEncoder().encode(text).byteLength };
    this.mine.add(key.id);
    this.failure = null;
    const there = await kept.add(key, text).catch((thrown: unknown) => {
      this.failure = failureOf(thrown, "the list of runs");
      return false;
    });
    if (!there) await passing.add(key, text).catch(() => undefined); // too large for any list: `failure` says so
    this.changed();
  }

  /** Told to this tab and to the others. */
  changed(): void {
    this.#parts.tell();
    this.heard();
  }

  /** Another tab has changed something. */
  heard(): void {
    for (const watcher of this.#watchers) watcher();
  }

  watch(watcher: () => void): void {
    this.#watchers.add(watcher);
  }
}

const keepers = new WeakMap<Stores, Keeper>();

/** The page's one keeper: made when something first asks for it. */
export function keeperOf(stores: Stores): Keeper {
  const known = keepers.get(stores);
  if (known !== undefined) return known;
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("cutlayer-runs") : null;
  const made = new Keeper({
    kept: databaseShelf(LIMITS, () => window.indexedDB),
    passing: memoryShelf(LIMITS),
    now: () => Date.now(),
    newId: () => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0).toString(36),
    tell: () => channel?.postMessage("changed"),
  });
  channel?.addEventListener("message", () => made.heard());
  keepers.set(stores, made);
  return made;
}
