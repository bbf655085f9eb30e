/**
 * Moves the playhead with the frames of the screen. The frame source is passed in, so tests step
 * it by hand; at most one loop runs.
 */
import type { TokenEvent } from "#core/run/record.ts";
import { startOf } from "../derive/timeline.ts";
import { laneOf, type RunStore } from "../stores/runs.ts";
import type { PlayerFacts, PlayerStore } from "../stores/player.ts";

/** Calls back once with the time in ms, as requestAnimationFrame does. */
export type NextFrame = (callback: (nowMs: number) => void) => void;

/** How long the opening shows one token for. */
const JOURNEY_MS = 5500;
const LINGER_MS = 700;

export class Player {
  readonly #store: PlayerStore;
  readonly #runs: RunStore;
  readonly #nextFrame: NextFrame;
  /** Which loop is the one at work: an older one ends at its next frame. */
  #loop = 0;

  constructor(store: PlayerStore, runs: RunStore, nextFrame: NextFrame) {
    this.#store = store;
    this.#runs = runs;
    this.#nextFrame = nextFrame;
  }

  /** Plays what is shown from `fromMs` (or the start) at `speed` times true speed. */
  play(speed: number, fromMs = 0): void {
    this.#advance({ scene: "replay", fromMs, untilMs: this.#lengthMs(), speed }, () => this.end());
  }

  pause(): void {
    this.#store.setState({ playing: false });
  }

  resume(): void {
    const { playheadMs, speed } = this.#store.getState();
    this.play(speed, playheadMs ?? 0);
  }

  /** To the end of the token before or after the playhead. */
  step(direction: 1 | -1): void {
    const tokens = this.#focused();
    const at = this.#store.getState().playheadMs ?? (direction > 0 ? 0 : this.#lengthMs() + 1);
    const next = direction > 0 ? tokens.find((token) => token.atMs > at) : tokens.findLast((token) => token.atMs < at);
    if (next !== undefined) this.seek(next.atMs);
  }

  seek(ms: number): void {
    this.#loop++;
    const playheadMs = Math.min(this.#lengthMs(), Math.max(0, ms));
    this.#store.setState({ playheadMs, playing: false, scene: "replay" });
  }

  /** Ends playing: runs are shown whole again. */
  end(): void {
    this.#loop++;
    this.#store.setState({ playheadMs: null, playing: false, scene: null });
  }

  /** One token slowly, then everything at true speed. The first decode token is the one to follow: prefill is not typical. */
  open(): void {
    const tokens = this.#focused();
    const index = Math.min(1, tokens.length - 1);
    const token = tokens[index];
    if (token === undefined) return;
    this.#journey(startOf(tokens, index), token.atMs, 0, () => this.#wholeRun());
  }

  /** One token of the run in focus; a speed of 0 is one that the eye follows. */
  watch(index: number, speed: number): void {
    const tokens = this.#focused();
    const token = tokens[index];
    if (token === undefined) return;
    this.#journey(startOf(tokens, index), token.atMs, speed, () => this.end());
  }

  #journey(fromMs: number, untilMs: number, speed: number, after: () => void): void {
    const own = speed > 0 ? speed : (untilMs - fromMs) / JOURNEY_MS;
    this.#advance({ scene: "journey", fromMs, untilMs, speed: own }, () => this.#linger(after));
  }

  #wholeRun(): void {
    this.#advance({ scene: "true-speed", fromMs: 0, untilMs: this.#lengthMs(), speed: 1 }, () => this.end());
  }

  #focused(): readonly TokenEvent[] {
    const facts = this.#runs.getState();
    return laneOf(facts, facts.focus)?.tokens ?? [];
  }

  #lengthMs(): number {
    const facts = this.#runs.getState();
    return Math.max(0, ...facts.shown.map((key) => laneOf(facts, key)?.tokens.at(-1)?.atMs ?? 0));
  }

  /** Runs until `untilMs` is reached, then `after`. */
  #advance({ scene, fromMs, untilMs, speed }: Stretch, after: () => void): void {
    const mine = ++this.#loop;
    let last: number | null = null;
    this.#store.setState({ scene, playheadMs: fromMs, untilMs, speed, playing: true });
    const tick = (nowMs: number): void => {
      const { playing, playheadMs, speed: current } = this.#store.getState();
      if (mine !== this.#loop || !playing || playheadMs === null) return;
      const next = playheadMs + (last === null ? 0 : (nowMs - last) * current);
      last = nowMs;
      if (next < untilMs) {
        this.#store.setState({ playheadMs: next });
        this.#nextFrame(tick);
        return;
      }
      this.#store.setState({ playheadMs: untilMs, playing: false });
      after();
    };
    this.#nextFrame(tick);
  }

  /** A still moment between two scenes. */
  #linger(after: () => void): void {
    const mine = this.#loop;
    let firstMs: number | null = null;
    const wait = (nowMs: number): void => {
      firstMs ??= nowMs;
      if (mine !== this.#loop) return;
      if (nowMs - firstMs >= LINGER_MS) after();
      else this.#nextFrame(wait);
    };
    this.#nextFrame(wait);
  }
}

/** What is played, and how fast. */
interface Stretch {
  readonly scene: PlayerFacts["scene"];
  readonly fromMs: number;
  readonly untilMs: number;
  readonly speed: number;
}
