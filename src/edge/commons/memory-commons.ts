/** In one process: one server alone, or several that are tested together. */
import type { Commons } from "./commons.ts";

/** What the servers of one process share. */
export type Together = Map<string, { readonly at: string; readonly peer: string | null }>;

/** `own` is the address that others reach this server under. */
export function memoryCommons(own = "", places: Together = new Map()): Commons {
  const mine = new Set<string>();
  return {
    take: (session, peer, most) => {
      const held = [...places.values()].filter((place) => place.peer === peer).length;
      if (peer !== null && held >= most) return Promise.resolve(false);
      mine.add(session);
      places.set(session, { at: own, peer });
      return Promise.resolve(true);
    },
    release: (session) => {
      mine.delete(session);
      places.delete(session);
      return Promise.resolve();
    },
    elsewhere: (session) => {
      const at = places.get(session)?.at;
      return Promise.resolve(at === undefined || at === own ? null : at);
    },
    state: "alone",
    close: () => {
      for (const session of mine) places.delete(session);
      mine.clear();
      return Promise.resolve();
    },
  };
}
