/**
 * The runs of this tab and of earlier visits as a list: which there are, which two are beside each other.
 * It is read when somebody looks, and again whenever this tab or another changes something.
 */
import { createStore, type StoreApi } from "zustand/vanilla";
import { failureOf, refuse, type Failure, type Result } from "#core/run/failure.ts";
import type { RunRecord } from "#core/run/record.ts";
import { readKept, rowOf, type HistoryRow } from "./kept-run.ts";
import type { Keeper } from "./keeper.ts";
import { byAge, type KeptKey, type RunShelf } from "./shelf.ts";

export interface HistoryFacts {
  readonly state: "reading" | "ready";
  /** Those that are read so far, in their order. */
  readonly rows: readonly HistoryRow[];
  readonly oldestFirst: boolean;
  /** How many there are, and how much they hold. */
  readonly total: { readonly runs: number; readonly bytes: number };
  /** Runs of later visits will be kept; nobody has chosen otherwise. */
  readonly keeping: boolean;
  /** Why nothing is kept beyond this visit. */
  readonly failure: Failure | null;
  /** Ids of the runs to compare, in the order in which they were chosen. */
  readonly chosen: readonly string[];
  /** Once two are chosen and read. */
  readonly pair: readonly [RunRecord, RunRecord] | null;
}

const MOST_CHOSEN = 2;
/** Rows that are read at a time: a record of 64 tokens is 50 kB, and reading 200 of them at once holds the page up. */
const AT_A_TIME = 40;

interface Place {
  readonly key: KeptKey;
  readonly shelf: RunShelf;
  readonly passing: boolean;
}

export class History {
  readonly store: StoreApi<HistoryFacts>;
  readonly #keeper: Keeper;
  #reading = 0;
  #most = AT_A_TIME;

  constructor(keeper: Keeper) {
    this.#keeper = keeper;
    this.store = createStore<HistoryFacts>(() => ({
      state: "reading",
      rows: [],
      oldestFirst: false,
      total: { runs: 0, bytes: 0 },
      keeping: true,
      failure: keeper.failure,
      chosen: [],
      pair: null,
    }));
    keeper.watch(() => void this.read());
  }

  async read(): Promise<void> {
    const turn = ++this.#reading;
    this.store.setState({ failure: this.#keeper.failure });
    const known = new Map(this.store.getState().rows.map((row) => [row.key.id, row]));
    const keeping = await this.#trying(() => this.#keeper.kept.keeping(), true);
    const places = await this.#places();
    const rows: HistoryRow[] = [];
    for (const place of places.slice(0, this.#most)) {
      if (turn !== this.#reading) return; // a later reading has all of it
      const row = known.get(place.key.id) ?? (await this.#row(place));
      if (row !== null) rows.push(row);
    }
    if (turn !== this.#reading) return;
    const bytes = places.reduce((sum, { key }) => sum + key.bytes, 0);
    this.store.setState({ state: "ready", rows, keeping, total: { runs: places.length, bytes } });
    await this.#choose(this.store.getState().chosen);
  }

  /** Reads further ones. */
  more(): Promise<void> {
    this.#most += AT_A_TIME;
    return this.read();
  }

  turnRound(): Promise<void> {
    this.#most = AT_A_TIME;
    this.store.setState(({ oldestFirst }) => ({ oldestFirst: !oldestFirst }));
    return this.read();
  }

  async #places(): Promise<readonly Place[]> {
    const { kept, passing } = this.#keeper;
    const keys = await this.#trying(() => kept.keys(), []);
    const places = [
      ...keys.map((key) => ({ key, shelf: kept, passing: false })),
      ...(await passing.keys()).map((key) => ({ key, shelf: passing, passing: true })),
    ].toSorted((a, b) => byAge(a.key, b.key));
    return this.store.getState().oldestFirst ? places : places.toReversed();
  }

  async #row({ key, shelf, passing }: Place): Promise<HistoryRow | null> {
    const text = await this.#trying(() => shelf.read(key), null);
    return text === null ? null : rowOf(key, text, { mine: this.#keeper.mine.has(key.id), passing });
  }

  async record(id: string): Promise<Result<RunRecord>> {
    const row = this.store.getState().rows.find(({ key }) => key.id === id);
    const gone = refuse({ code: "bad-value", key: "run", value: id, expected: "a run of the list" });
    if (row === undefined) return gone;
    const shelf = row.passing ? this.#keeper.passing : this.#keeper.kept;
    const text = await this.#trying(() => shelf.read(row.key), null);
    return text === null ? gone : readKept(text);
  }

  /** Into the comparison or out of it; a third takes the place of the first. */
  choose(id: string): Promise<void> {
    const { chosen } = this.store.getState();
    return this.#choose(
      chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen, id].slice(-MOST_CHOSEN),
    );
  }

  async remove(ids: readonly string[]): Promise<void> {
    const { kept, passing } = this.#keeper;
    const places = (await this.#places()).filter(({ key }) => ids.includes(key.id));
    this.#keeper.failure = null;
    await passing.remove(places.map(({ key }) => key));
    await this.#trying(() => kept.remove(places.filter((each) => !each.passing).map(({ key }) => key)), undefined);
    await this.#changed();
  }

  /** All of them, also what another tab has put there in the meantime. */
  async clear(): Promise<void> {
    await this.remove((await this.#places()).map(({ key }) => key.id));
  }

  async setKeeping(on: boolean): Promise<void> {
    this.#keeper.failure = null;
    this.store.setState({ keeping: on }); // it stays so where the browser takes it
    await this.#trying(() => this.#keeper.kept.setKeeping(on), undefined);
    await this.#changed();
  }

  #changed(): Promise<void> {
    this.#keeper.changed();
    return this.read();
  }

  async #choose(ids: readonly string[]): Promise<void> {
    const { rows, chosen: before, pair } = this.store.getState();
    const chosen = ids.filter((id) => rows.some(({ key, run }) => key.id === id && run.ok));
    if (pair !== null && chosen.join() === before.join()) return;
    this.store.setState({ chosen, pair: null });
    if (chosen.length < MOST_CHOSEN) return;
    const read = await Promise.all(chosen.map((id) => this.record(id)));
    const [first, second] = read.flatMap((each) => (each.ok ? [each.value] : []));
    const still = this.store.getState().chosen;
    if (first !== undefined && second !== undefined && still === chosen) this.store.setState({ pair: [first, second] });
  }

  /** What the shelf says, or `otherwise` where it fails: the failure is shown. */
  async #trying<T>(ask: () => Promise<T>, otherwise: T): Promise<T> {
    try {
      const value = await ask();
      return value;
    } catch (thrown) {
      this.#keeper.failure = failureOf(thrown, "the list of runs");
      this.store.setState({ failure: this.#keeper.failure });
      return otherwise;
    }
  }
}
