/** A step of a segment session as a step through pieces, and which pieces a segment runs. */
import type { Architecture, Segment } from "#core/model/architecture.ts";
import type { Piece } from "#core/onnx/piece-graph.ts";
import type { Want } from "#wire/messages.ts";
import type { PagedKv, SegmentOutput } from "../ports.ts";
import type { Batcher } from "./batcher.ts";
import { NO_ROWS, type PieceRun, type PieceStep, type Rows } from "./piece-batch.ts";
import type { SessionParts } from "./segment-session.ts";

/** In order; none for a segment that does nothing. */
export function piecesOf({ embedding, from, to, head }: Segment, blocks: number): readonly Piece[] {
  const runs = from === to ? [] : Array.from({ length: to - from + 1 }, (_, i) => from + i);
  const pieces = new Set([...(embedding ? [0] : []), ...runs, ...(head ? [blocks] : [])]);
  return [...pieces].map((index) => ({
    index,
    before: index === 0 ? embedding : index > from && index <= to,
    after: index === blocks ? head : index >= from && index < to,
  }));
}

export interface PiecedSegment {
  readonly architecture: Architecture;
  readonly segment: Segment;
  /** The pieces that it runs, in order. */
  readonly runs: readonly PieceRun[];
  readonly kv: PagedKv | null;
}

export function throughPieces(
  { architecture: a, segment, runs, kv }: PiecedSegment,
  batcher: Batcher<PieceStep>,
): SessionParts["compute"] {
  return async (input, position, count, want) => {
    kv?.reserve(position + count);
    const step: PieceStep = {
      runs,
      kv,
      from: segment.from,
      ids: input.kind === "ids" ? Int32Array.from(input.ids) : null,
      position,
      count,
      wanted: segment.head ? rowsWanted(want, count) : [],
      hidden: input.kind === "ids" ? NO_ROWS : { data: input.hidden, from: 0, count: input.hidden.length },
      attended: NO_ROWS,
      logits: NO_ROWS,
    };
    await batcher.run(step);
    return outputOf(a, segment, step, want);
  };
}

const rowsWanted = (want: Want, count: number): readonly number[] => {
  if (want === "none") return [];
  return want === "all" ? Array.from({ length: count }, (_, row) => row) : [count - 1];
};

function outputOf(a: Architecture, segment: Segment, step: PieceStep, want: Want): SegmentOutput {
  if (segment.head) return { kind: "logits", logits: own(step.logits), positions: step.wanted.length };
  const hidden = own(step.hidden);
  return want === "last"
    ? { kind: "hidden", hidden: hidden.slice((step.count - 1) * a.hidden), positions: 1 }
    : { kind: "hidden", hidden, positions: step.count };
}

/** An array of these rows alone: others hold their own rows of what a pass gave, and this may be transferred. */
const own = ({ data, from, count }: Rows): Float32Array =>
  count === data.length ? data : data.slice(from, from + count);
