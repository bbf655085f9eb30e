/**
 * Moves the playhead with the frames of the screen. The frame source is passed in, so tests step
 * it by hand; at most one loop runs.
 */
import { startOf } from "../derive/timeline.ts";
import { laneOf, type RunStore } from "../stores/runs.ts";
import type { PlayerFacts, PlayerStore } from "../stores/player.ts";

/** Calls back once with the time in ms, as requestAnimationFrame does. */
export type NextFrame = (callback: (nowMs: number) => void) => void;

/** How long the opening shows one token for. */
const JOURNEY_MS = 5500;
const LINGER_MS = 700;

export interface Player {
  /** Plays what is shown from `fromMs` (or the start) at `speed` times true speed. */
  play(speed: number, fromMs?: number): void;
  pause(): void;
  resume(): void;
  /** To the end of the token before or after the playhead. */
  step(direction: 1 | -1): void;
  seek(ms: number): void;
  /** Ends playing: runs are shown whole again. */
  end(): void;
  /** One token slowly, then everything at true speed. */
  open(): void;
}

export function createPlayer(store: PlayerStore, runs: RunStore, nextFrame: NextFrame): Player {
  let loop = 0;

  const lengthMs = (): number => {
    const facts = runs.getState();
    return Math.max(0, ...facts.shown.map((key) => laneOf(facts, key)?.tokens.at(-1)?.atMs ?? 0));
  };

  /** Runs until `untilMs` is reached, then `after`. */
  function advance(
    scene: PlayerFacts["scene"],
    fromMs: number,
    untilMs: number,
    speed: number,
    after: () => void,
  ): void {
    const mine = ++loop;
    let last: number | null = null;
    store.setState({ scene, playheadMs: fromMs, untilMs, speed, playing: true });
    const tick = (now: number): void => {
      const { playing, playheadMs, speed: current } = store.getState();
      if (mine !== loop || !playing || playheadMs === null) return;
      const next = playheadMs + (last === null ? 0 : (now - last) * current);
      last = now;
      if (next >= untilMs) {
        store.setState({ playheadMs: untilMs, playing: false });
        after();
        return;
      }
      store.setState({ playheadMs: next });
      nextFrame(tick);
    };
    nextFrame(tick);
  }

  function end(): void {
    loop++;
    store.setState({ playheadMs: null, playing: false, scene: null });
  }

  function play(speed: number, fromMs = 0): void {
    advance("replay", fromMs, lengthMs(), speed, end);
  }

  function resume(): void {
    const { playheadMs, speed } = store.getState();
    play(speed, playheadMs ?? 0);
  }

  function seek(ms: number): void {
    loop++;
    store.setState({ playheadMs: Math.min(lengthMs(), Math.max(0, ms)), playing: false, scene: "replay" });
  }

  function step(direction: 1 | -1): void {
    const facts = runs.getState();
    const tokens = laneOf(facts, facts.focus)?.tokens ?? [];
    const at = store.getState().playheadMs ?? (direction > 0 ? 0 : lengthMs() + 1);
    const next = direction > 0 ? tokens.find((token) => token.atMs > at) : tokens.findLast((token) => token.atMs < at);
    if (next !== undefined) seek(next.atMs);
  }

  /** The first decode token is the one to follow: prefill is not typical. */
  function open(): void {
    const facts = runs.getState();
    const tokens = laneOf(facts, facts.focus)?.tokens ?? [];
    const index = Math.min(1, tokens.length - 1);
    const token = tokens[index];
    if (token === undefined) return;
    const from = startOf(tokens, index);
    const wholeRun = (): void => advance("true-speed", 0, lengthMs(), 1, end);
    advance("journey", from, token.atMs, (token.atMs - from) / JOURNEY_MS, () => linger(wholeRun));
  }

  /** A still moment between two scenes. */
  function linger(after: () => void): void {
    const mine = loop;
    let first: number | null = null;
    const wait = (now: number): void => {
      first ??= now;
      if (mine !== loop) return;
      if (now - first >= LINGER_MS) after();
      else nextFrame(wait);
    };
    nextFrame(wait);
  }

  return { play, pause: () => store.setState({ playing: false }), resume, step, seek, end, open };
}
