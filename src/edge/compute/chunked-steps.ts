/**
 * A step that has begun at a seat. It is run in chunks of its units, one call after another, and then gives its
 * outcome. What it holds between the chunks (decoded activations, rows computed so far) is its own.
 *
 * A pass computes the step's positions through the seat's segment; `edgeLoad` asks for it several times. Unit `u` is
 * position `u % count` of pass `u / count`. Only the last pass counts: those before it are the same work, and what
 * they give is thrown away. A session may repeat positions that it has seen, so each pass starts over in place.
 */
import type { Want } from "#wire/messages.ts";
import type { SegmentOutput } from "#engine/ports.ts";
import type { DecodedToken, Outcome } from "./compute.ts";

export interface ChunkedStep {
  /** Set where it may decode in a row, as long as its call does. */
  readonly inARow?: true;
  /** Positions that others had computed. */
  readonly reused?: number;
  /** Computes units [from, to) and says how many of them it really had to. */
  run(from: number, to: number, call: Call): Promise<number>;
  finish(): Outcome | Promise<Outcome>;
  /** It failed, or nobody waits for it any more: left out where it holds nothing then. */
  giveUp?(why: "failed" | "dropped"): Promise<void>;
}

/** The call that a chunk is run in. */
export interface Call {
  /** Whether a seat that decodes in a row may do so once more. */
  goesOn(): boolean;
  /** A seat has nothing more to decode: the others answer too. */
  end(): void;
  tell(token: Omit<DecodedToken, "batch">): void;
}

/** A step in one piece. */
export const whole = (outcome: () => Outcome | Promise<Outcome>): ChunkedStep => ({
  run: (from, to) => Promise.resolve(to - from),
  finish: outcome,
});

export interface Pass {
  /** Positions. */
  readonly count: number;
  readonly passes: number;
  /** The first position whose output is wanted; `count` where none is. */
  readonly wantedFrom: number;
  /** Positions whose outputs may be held at once. */
  readonly outputsMost: number;
  /** Computes positions [from, to) of the step. */
  compute(from: number, to: number, want: Want): Promise<SegmentOutput>;
  /** The outputs of positions [from, ...) in the pass that counts, in their order. */
  take(output: SegmentOutput, from: number): void;
  finish(): Outcome | Promise<Outcome>;
}

export const passStep = (pass: Pass): ChunkedStep => ({
  async run(from, to) {
    for (const piece of piecesOf(pass, from, to)) {
      const output = await pass.compute(piece.from, piece.to, piece.want);
      if (piece.counts && piece.want !== "none") pass.take(output, piece.want === "last" ? piece.to - 1 : piece.from);
    }
    return to - from;
  },
  finish: () => pass.finish(),
});

interface Piece {
  readonly from: number;
  readonly to: number;
  readonly want: Want;
  readonly counts: boolean;
}

/** What a session computes in one go, in order: within one pass, and all or none of its outputs wanted. */
export function* piecesOf(
  { count, passes, wantedFrom, outputsMost }: Omit<Pass, "compute" | "take" | "finish">,
  from: number,
  to: number,
): Generator<Piece, void, undefined> {
  for (let unit = from; unit < to;) {
    const row = unit % count;
    const end = Math.min(count, row + to - unit);
    const last = wantedFrom === count - 1 && end === count; // a session gives the last row alone without a cut
    const stop = row >= wantedFrom ? Math.min(end, row + outputsMost) : last ? end : Math.min(end, wantedFrom);
    const want = last && stop === count ? "last" : row >= wantedFrom ? "all" : "none";
    yield { from: row, to: stop, want, counts: unit >= count * (passes - 1) };
    unit += stop - row;
  }
}

/** Outputs one behind the other: [positions, width]. */
export function joinedRows(parts: readonly Float32Array[]): Float32Array {
  const [only, ...others] = parts;
  if (only !== undefined && others.length === 0) return only;
  const rows = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    rows.set(part, at);
    at += part.length;
  }
  return rows;
}
