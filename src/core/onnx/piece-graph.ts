/**
 * A whole model in pieces, which attend outside the graphs. A piece is what lies between two attentions: the end of one
 * block and the beginning of the next, up to its turned projections; the first begins with the embedding, the last ends
 * with the head. What is left in a graph treats every row alike, so that one run takes rows of many sequences, each at
 * its own position, prompts and single tokens side by side.
 * The first half stands in an `If`, since a segment may begin behind it: every cut runs on the same graphs. Where one
 * ends there the graph has that half alone.
 * Rows lie along the first axis, as if each were a sequence of one: the rotation's operator takes no longer sequences
 * than its table has rows.
 * Source: Yu et al. 2022 (Orca), section 3.2: selective batching.
 */
import type { Architecture } from "../model/architecture.ts";
import { familyOf } from "../model/families/registry.ts";
import { encodeModel, input, type Branch, type OperatorResult, type Output, type Value } from "./graph.ts";
import type { BlockStep, Projections } from "./layers.ts";
import { choose, concat, gather, identity } from "./operators.ts";
import { PORTS } from "./ports.ts";
import { embedded, headOf, stepInputs, turnedBy, type GraphOptions, type SegmentWeights } from "./segment-graph.ts";

type Tables = Extract<GraphOptions["rotary"], { kind: "weights" }>;
type Place = ReturnType<typeof stepInputs>;

/** Which part of which piece: of a model's `blocks` + 1. */
export interface Piece {
  readonly index: number;
  /** The end of the block before it, or the embedding. */
  readonly before: boolean;
  /** The beginning of the next block, or the head. */
  readonly after: boolean;
}

/** Of a piece whose second half is not computed the graph has the first alone. Outputs: `output`, the hidden state behind the first half, where there is more than the head; `projections`, or of the last piece `logits`. */
export function pieceGraph(
  a: Architecture,
  weights: SegmentWeights,
  rotary: Tables,
  { index, after }: Omit<Piece, "before">,
): Uint8Array {
  const place = stepInputs(a, rotary);
  const x = entered(a, weights, index, place);
  const heads = after && index === a.blocks;
  return encodeModel(`piece ${index} of ${a.blocks + 1}`, [
    ...(heads ? [] : [rows(PORTS.output, x, a.hidden)]),
    ...(heads ? [headed(a, weights, x)] : after ? [begun(a, weights, index, x, place)] : []),
  ]);
}

const rows = (name: string, value: OperatorResult, width: number): Output => ({
  name,
  value,
  type: "F32",
  shape: ["n", 1, width],
});

/** What a piece does to one row, whose scores are wanted where it has the head: no graph to encode, but the same expressions. */
export function pieceRow(
  a: Architecture,
  weights: SegmentWeights,
  rotary: Tables,
  { index, before, after }: Piece,
): readonly Output[] {
  const place = stepInputs(a, rotary);
  const { ended, given } = halves(a, weights, index, place);
  const x = before ? ended : given;
  if (after && index === a.blocks)
    return [{ name: PORTS.logits, value: headOf(a, x, weights, undefined), type: "F32", shape: [1, 1, a.vocabulary] }];
  return [
    ...(x.kind === "result" ? [rows(PORTS.output, x, a.hidden)] : []),
    ...(after ? [begun(a, weights, index, x, place)] : []),
  ];
}

/** The first half's result, and the hidden state that is given in its place. */
function halves(
  a: Architecture,
  weights: SegmentWeights,
  index: number,
  place: Place,
): { readonly ended: Value; readonly given: Value } {
  const given = input(PORTS.hidden, "F32", ["given", 1, a.hidden]);
  const ended = index === 0 ? embedded(a, weights, ["n", 1]) : partedBlock(a, weights, index - 1, given, place).x;
  return { ended, given };
}

/** One of both, as each run is told. */
function entered(a: Architecture, weights: SegmentWeights, index: number, place: Place): OperatorResult {
  const { ended, given } = halves(a, weights, index, place);
  const branch = (value: Value): Branch => ({ outputs: [rows("", identity(value), a.hidden)], captured: [] });
  const [x] = choose(input(PORTS.before, "BOOL", []), branch(ended), branch(given));
  if (x === undefined) throw new Error("a branch has as many results as it has outputs");
  return x;
}

function headed(a: Architecture, weights: SegmentWeights, x: Value): Output {
  const wanted = gather(x, input(PORTS.wanted, "I32", ["m"]), 0); // [m, 1, d]
  return {
    name: PORTS.logits,
    value: headOf(a, wanted, weights, undefined),
    type: "F32",
    shape: ["m", 1, a.vocabulary],
  };
}

function begun(a: Architecture, weights: SegmentWeights, index: number, x: Value, place: Place): Output {
  const [projections] = partedBlock(a, weights, index, x, place).attentions;
  if (projections === undefined) throw new Error("a block that does not attend cannot be parted");
  const { query, key, value } = projections;
  return rows(PORTS.projections, concat([query, key, value], -1), (a.heads + 2 * a.kvHeads) * a.headSize);
}

/** Whether each of its blocks attends exactly once, by the layer that can be put outside. */
export function canBeParted(a: Architecture, weights: SegmentWeights, rotary: Tables): boolean {
  const x = input(PORTS.hidden, "F32", ["n", 1, a.hidden]);
  const blocks = Array.from({ length: a.blocks }, (_, index) => index);
  return blocks.every((index) => partedBlock(a, weights, index, x, stepInputs(a, rotary)).attentions.length === 1);
}

/** A block whose attention is an input; what it would attend with comes beside it. */
function partedBlock(
  a: Architecture,
  weights: SegmentWeights,
  index: number,
  x: Value,
  place: Place,
): { readonly x: OperatorResult; readonly attentions: readonly Projections[] } {
  const attentions: Projections[] = [];
  const step: BlockStep = {
    ...place,
    ...turnedBy(a, place, index),
    start: input(PORTS.rowPositions, "I64", ["n", 1]),
    block: index,
    past: null,
    rowsOnly: true,
    outside(projections) {
      attentions.push(projections);
      return input(PORTS.attended, "F32", ["attending", 1, a.heads * a.headSize]);
    },
  };
  return { x: familyOf(a).block(a, x, weights.block(index), step).x, attentions };
}
