/** How often places are given back: where clients come and go, the next one goes sooner than any has to. */

const LATELY_MS = 60_000;
/** Fewer say nothing of how often. */
const ENOUGH = 3;
const KEPT_MOST = 1_000;

export class Turnover {
  readonly #beganMs: number;
  #ends: number[] = [];

  constructor(nowMs: number) {
    this.#beganMs = nowMs;
  }

  note(nowMs: number): void {
    this.#ends = [...this.#ends.slice(1 - KEPT_MOST), nowMs];
  }

  /** Mean time between two, over the last minute; infinite where there were hardly any. */
  everyMs(nowMs: number): number {
    const fromMs = Math.max(this.#beganMs, nowMs - LATELY_MS);
    const count = this.#ends.filter((atMs) => atMs >= fromMs).length;
    return count < ENOUGH ? Infinity : (nowMs - fromMs) / count;
  }
}
