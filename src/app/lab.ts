/**
 * The page's parts put together once: stores of facts, the controls that change them, and the
 * context through which views reach both. Hooks stay thin: a store, a selector.
 */
import { createContext, useContext } from "react";
import { useStore, type StoreApi } from "zustand";
import type { Player } from "./control/player.ts";
import type { PageActions } from "./control/page-actions.ts";
import type { AccessTokens } from "./device/access.ts";
import type { Scoring } from "./control/scoring.ts";
import type { Facts, Stores } from "./stores/stores.ts";

export interface Lab {
  readonly stores: Stores;
  readonly actions: PageActions;
  readonly player: Player;
  readonly scoring: Scoring;
  readonly access: AccessTokens;
}

export const LabContext = createContext<Lab | null>(null);

export function useLab(): Lab {
  const lab = useContext(LabContext);
  if (lab === null) throw new Error("a view outside the lab");
  return lab;
}

/** What `selector` picks from the store called `name`; it must return the same value for the same facts. */
export function useFacts<N extends keyof Facts, T>(name: N, selector: (facts: Facts[N]) => T): T {
  return useStore<StoreApi<Facts[N]>, T>(useLab().stores[name], selector);
}
