/**
 * The page's parts put together once: stores of facts, the controls that change them, and the
 * context through which views reach both. Hooks stay thin: a store, a selector.
 */
import { createContext, useContext } from "react";
import { useStore, type StoreApi } from "zustand";
import type { Player } from "./control/player.ts";
import type { Session } from "./control/session.ts";
import type { ConversationFacts } from "./stores/conversation.ts";
import type { EngineFacts } from "./stores/engine.ts";
import type { PageFacts } from "./stores/page.ts";
import type { PlayerFacts } from "./stores/player.ts";
import type { RaceFacts } from "./stores/race.ts";
import type { RunFacts } from "./stores/runs.ts";
import type { Settings } from "./stores/settings.ts";

export interface Facts {
  readonly settings: Settings;
  readonly conversation: ConversationFacts;
  readonly engine: EngineFacts;
  readonly runs: RunFacts;
  readonly player: PlayerFacts;
  readonly race: RaceFacts;
  readonly page: PageFacts;
}

export type Stores = { readonly [N in keyof Facts]: StoreApi<Facts[N]> };

export interface Lab {
  readonly stores: Stores;
  readonly session: Session;
  readonly player: Player;
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
