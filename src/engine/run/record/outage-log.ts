/**
 * When a run's edge server was away, from the notices of its link: from when it was last known to be
 * there until a session goes on, over another socket or as a new one. On the clock of the notices.
 */
import type { Outage } from "#core/run/record.ts";
import type { LinkNotice } from "../../link/edge-link.ts";

interface Stretch {
  readonly after: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly attempts: number;
}

export class OutageLog {
  #open: Stretch | null = null;
  readonly #over: Stretch[] = [];

  /** `after`: tokens that are there. */
  hear(notice: Extract<LinkNotice, { kind: "link" }>, after: number): void {
    if (notice.state === "reconnecting")
      this.#open = {
        after,
        fromMs: this.#open?.fromMs ?? notice.atMs,
        toMs: Number.POSITIVE_INFINITY,
        attempts: notice.attempt,
      };
    else this.end(notice.atMs);
  }

  /** Nobody waits for it any longer than this. */
  end(atMs: number): void {
    if (this.#open !== null) this.#over.push({ ...this.#open, toMs: atMs });
    this.#open = null;
  }

  /** How much of the stretch from `fromMs` to `toMs` it was away. */
  within(fromMs: number, toMs: number): number {
    const all = this.#open === null ? this.#over : [...this.#over, this.#open];
    return all.reduce((sum, each) => sum + Math.max(0, Math.min(toMs, each.toMs) - Math.max(fromMs, each.fromMs)), 0);
  }

  get outages(): readonly Outage[] {
    return this.#over.map(({ after, fromMs, toMs, attempts }) => ({ after, ms: toMs - fromMs, attempts }));
  }
}
