/**
 * The show for a stand as a value: six scenes, an hour hand, and what moves them. It advances by
 * itself until somebody steps; left alone for a minute it begins anew, by itself. Pure: whoever
 * draws it tells it how much time has passed.
 */
export const SCENES = ["journey", "cut", "race", "link", "output", "run"] as const;
export type Scene = (typeof SCENES)[number];

/** Together 90 s. */
export const SCENE_MS: Readonly<Record<Scene, number>> = {
  journey: 20_000,
  cut: 16_000,
  race: 16_000,
  link: 14_000,
  output: 12_000,
  run: 12_000,
};
export const IDLE_MS = 60_000;

export interface Show {
  readonly at: number;
  /** Into the scene; its animation stops at the scene's length. */
  readonly elapsedMs: number;
  readonly paused: boolean;
  /** Somebody has stepped: nothing advances but by hand. */
  readonly byHand: boolean;
  /** Since anybody last did anything. */
  readonly idleMs: number;
}

export const START: Show = { at: 0, elapsedMs: 0, paused: false, byHand: false, idleMs: 0 };

export const sceneOf = ({ at }: Show): Scene => SCENES[at] ?? "journey";
export const sceneMs = (show: Show): number => SCENE_MS[sceneOf(show)];
/** In [0, 1]. */
export const progressOf = (show: Show): number => Math.min(1, show.elapsedMs / sceneMs(show));

export function passed(show: Show, ms: number): Show {
  const idleMs = show.idleMs + ms;
  if ((show.byHand || show.paused) && idleMs >= IDLE_MS) return START;
  if (show.paused) return { ...show, idleMs };
  const elapsedMs = show.elapsedMs + ms;
  if (elapsedMs < sceneMs(show) || show.byHand) return { ...show, elapsedMs, idleMs };
  return { ...show, at: (show.at + 1) % SCENES.length, elapsedMs: 0, idleMs };
}

/** Behind the last comes the first; before the first is nothing. */
export function stepped(show: Show, by: 1 | -1): Show {
  const at = Math.max(0, show.at + by) % SCENES.length;
  return { at, elapsedMs: 0, paused: false, byHand: true, idleMs: 0 };
}

export const pausedOrNot = (show: Show): Show => ({ ...show, paused: !show.paused, idleMs: 0 });
/** Somebody did something within the scene, so it waits for them. */
export const touched = (show: Show): Show => ({ ...show, byHand: true, idleMs: 0 });
