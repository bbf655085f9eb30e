/**
 * The playhead over what is shown: one time for all lanes, so that a replayed race is a race.
 * Playing changes what is drawn, never a figure.
 */
import { createStore, type StoreApi } from "zustand/vanilla";

export interface PlayerFacts {
  /** Null shows runs whole, or as far as they have come when live. */
  readonly playheadMs: number | null;
  readonly playing: boolean;
  /** Run time per real time: 1 is true speed, 0.1 a tenth. */
  readonly speed: number;
  /** The opening: one token's way at a speed the eye follows, then true speed. */
  readonly scene: "journey" | "true-speed" | "replay" | null;
  readonly untilMs: number;
}

export type PlayerStore = StoreApi<PlayerFacts>;

export const createPlayerStore = (): PlayerStore =>
  createStore<PlayerFacts>(() => ({ playheadMs: null, playing: false, speed: 1, scene: null, untilMs: 0 }));
