/** All stores of the page by name, and the facts that each holds. */
import type { StoreApi } from "zustand";
import type { ConversationFacts } from "./conversation.ts";
import type { EngineFacts } from "./engine.ts";
import type { PageFacts } from "./page.ts";
import type { PlayerFacts } from "./player.ts";
import type { RaceFacts } from "./race.ts";
import type { RunFacts } from "./runs.ts";
import type { Settings } from "./settings.ts";

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
