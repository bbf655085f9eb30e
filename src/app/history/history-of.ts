/** The page's one list of runs: made when somebody first looks at it. */
import type { Stores } from "../stores/stores.ts";
import { History } from "./history.ts";
import { keeperOf } from "./keeper.ts";

const histories = new WeakMap<Stores, History>();

export function historyOf(stores: Stores): History {
  const known = histories.get(stores);
  if (known !== undefined) return known;
  const made = new History(keeperOf(stores));
  histories.set(stores, made);
  return made;
}
