/**
 * What every shelf of runs must do, as cases that throw where one does not: the same suite runs in
 * Node over the shelf in memory and in a page over IndexedDB.
 */
import { failureOf } from "#core/run/failure.ts";
import type { KeptKey, RunShelf, ShelfLimits } from "./shelf.ts";

export interface ShelfCase {
  readonly name: string;
  run(): Promise<void>;
}

const LIMITS: ShelfLimits = { runs: 3, bytes: 100 };
const key = (atMs: number, bytes = 10, id = `run-${atMs}`): KeptKey => ({ atMs, id, bytes });

/** What each case does with an empty shelf within these limits. */
const CASES: Readonly<Record<string, (shelf: RunShelf) => Promise<void>>> = {
  "gives back what was put there, the oldest first": async (shelf) => {
    same(await shelf.keys(), []);
    for (const at of [7, 3, 5]) same(await shelf.add(key(at), `text of ${at} \u2713`), true);
    same(await shelf.keys(), [key(3), key(5), key(7)]);
    same(await shelf.read(key(5)), "text of 5 \u2713");
    same(await shelf.read(key(6)), null);
  },
  "takes the oldest away when there are too many": async (shelf) => {
    for (const at of [1, 2, 3, 4]) await shelf.add(key(at), "x");
    same(await shelf.keys(), [key(2), key(3), key(4)]);
    same(await shelf.read(key(1)), null);
  },
  "takes as many of the oldest away as a large one needs": async (shelf) => {
    await shelf.add(key(1, 40), "x");
    await shelf.add(key(2, 40), "x");
    await shelf.add(key(3, 90), "x");
    same(await shelf.keys(), [key(3, 90)]);
  },
  "refuses one that is larger than all may be, and touches no other": async (shelf) => {
    await shelf.add(key(1), "x");
    const refused = await shelf.add(key(2, 101), "x").then(
      () => null,
      (thrown: unknown) => failureOf(thrown, "the shelf"),
    );
    same(refused?.code === "history-unavailable" ? refused.reason : refused, "too-large");
    same(await shelf.keys(), [key(1)]);
  },
  "keeps two of the same moment apart": async (shelf) => {
    await Promise.all([shelf.add(key(1, 10, "a"), "of a"), shelf.add(key(1, 10, "b"), "of b")]);
    same(await shelf.keys(), [key(1, 10, "a"), key(1, 10, "b")]);
    same(await shelf.read(key(1, 10, "b")), "of b");
  },
  "holds its limits when many come at once": async (shelf) => {
    await Promise.all([1, 2, 3, 4, 5, 6].map((at) => shelf.add(key(at), "x")));
    same(await shelf.keys(), [key(4), key(5), key(6)]);
  },
  "removes what it is told to, and nothing else": async (shelf) => {
    for (const at of [1, 2, 3]) await shelf.add(key(at), "x");
    await shelf.remove([key(1), key(3), key(9)]);
    same(await shelf.keys(), [key(2)]);
    await shelf.remove([]);
    same(await shelf.keys(), [key(2)]);
  },
  "keeps nothing while it is told not to, and what was there stays": async (shelf) => {
    same(await shelf.keeping(), true);
    await shelf.add(key(1), "x");
    await shelf.setKeeping(false);
    same(await shelf.keeping(), false);
    same(await shelf.add(key(2), "x"), false);
    same(await shelf.keys(), [key(1)]);
    await shelf.setKeeping(true);
    same(await shelf.add(key(3), "x"), true);
    same(await shelf.keys(), [key(1), key(3)]);
  },
};

/** `make` gives an empty shelf. */
export const shelfContract = (make: (limits: ShelfLimits) => RunShelf): readonly ShelfCase[] =>
  Object.entries(CASES).map(([name, body]) => ({ name, run: () => body(make(LIMITS)) }));

function same(got: unknown, wanted: unknown): void {
  const [is, should] = [JSON.stringify(got), JSON.stringify(wanted)];
  if (is !== should) throw new Error(`${is}, where it should be ${should}`);
}
