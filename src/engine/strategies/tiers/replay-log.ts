/**
 * What was put into a tier, row by row, and how much of it that tier is known to hold: whoever asks
 * a tier that can lose its cache (a strategy of its edge, an edge server of the next hop) keeps one,
 * and sends again what is missing. Rows are token ids, or activations as they travel.
 * Invariant: `held` is at most the number of rows, and 0 where the tier keeps nothing between steps.
 */
import { fail } from "#core/run/failure.ts";

export class ReplayLog<Row> {
  readonly #rows: Row[];
  /** Whether the tier has a cache. */
  readonly #keeps: boolean;
  #held: number;
  #version = 0;

  constructor({ rows = [], held = 0, keeps }: { rows?: readonly Row[]; held?: number; readonly keeps: boolean }) {
    this.#rows = [...rows];
    this.#held = keeps ? held : 0;
    this.#keeps = keeps;
  }

  get rows(): readonly Row[] {
    return this.#rows;
  }

  get held(): number {
    return this.#held;
  }

  /** Counts the caches that the tier has lost: an answer of an earlier one says nothing of this one. */
  get version(): number {
    return this.#version;
  }

  /** What is there behind `position` is forgotten. Throws Failed: position-gap. */
  put(position: number, rows: readonly Row[]): void {
    if (position > this.#rows.length) fail({ code: "position-gap", position, held: this.#rows.length });
    this.#rows.length = position;
    this.#rows.push(...rows);
    this.#held = Math.min(this.#held, position);
  }

  /** What the tier lacks, and from which position on. */
  missing(): { readonly position: number; readonly rows: readonly Row[] } {
    return { position: this.#held, rows: this.#rows.slice(this.#held) };
  }

  /** The tier has them all up to `position`, if it is still in this version. */
  took(position: number, version = this.#version): void {
    if (this.#keeps && version === this.#version) this.#held = Math.min(position, this.#rows.length);
  }

  /** The tier has lost its cache: all of it is missing. */
  lost(): void {
    this.#held = 0;
    this.#version++;
  }
}
