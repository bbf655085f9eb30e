/** Runs in this tab's memory: what is not to be kept, or cannot be, is there until the tab is closed. */
import { byAge, mustFit, tooMany, type KeptKey, type RunShelf, type ShelfLimits } from "./shelf.ts";

export function memoryShelf(limits: ShelfLimits): RunShelf {
  const texts = new Map<string, { readonly key: KeptKey; readonly text: string }>();
  const sorted = (): readonly KeptKey[] => [...texts.values()].map(({ key }) => key).toSorted(byAge);
  let on = true;
  return {
    keys: async () => sorted(),
    read: async ({ id }) => texts.get(id)?.text ?? null,
    async add(key, text) {
      if (!on) return false;
      mustFit(key, limits);
      texts.set(key.id, { key, text });
      for (const { id } of tooMany(sorted(), limits)) texts.delete(id);
      return true;
    },
    async remove(keys) {
      for (const { id } of keys) texts.delete(id);
    },
    keeping: async () => on,
    async setKeeping(next) {
      on = next;
    },
  };
}
