/**
 * Any segment of any model as a graph. What a tier runs is embedding?, blocks [from, to), head?: so
 * any cut, any number of hops, is a graph built on the spot from the family's expressions. Shapes
 * trail: n positions of this step, m wanted ones, d hidden size.
 */
import type { Architecture, Segment } from "../model/architecture.ts";
import { familyOf } from "../model/families/registry.ts";
import { firstRow } from "../model/rotary.ts";
import { encodeModel, input, type Output, type OperatorResult, type Shape, type Value, type Weight } from "./graph.ts";
import { linear, rmsNorm, rowsOf, type BlockResult, type BlockStep, type Weights } from "./layers.ts";
import { concat, gather } from "./operators.ts";
import { PORTS } from "./ports.ts";

/** Where the graph's weights are found: `weightsOfShards` makes one from a manifest. */
export interface SegmentWeights {
  /** Of the embedding, the final norm and the head, whose roles are told apart by name. */
  readonly ends: Weights;
  block(index: number): Weights;
  /** Of the trained exit behind `depth` blocks. */
  exit(depth: number): { readonly norm: Weight; readonly projection: Weight };
}

/**
 * What a graph does about keys and values: updates the caches it is given and gives them back whole
 * ("in-place": they are the same memory), reads the past and gives only this step's rows ("rows":
 * where every byte in and out is copied), or keeps none.
 */
export type CacheStyle = "in-place" | "rows" | "none";

export interface GraphOptions {
  readonly cache: CacheStyle;
  /** Rotary tables as weights (fastest), or as inputs shared by many small graphs. */
  readonly rotary:
    | { readonly kind: "weights"; readonly cosine: Weight; readonly sine: Weight }
    | { readonly kind: "inputs" };
}

/** The ModelProto of a segment. Outputs: logits where there is a head, else the hidden state; caches where they are kept. */
export function segmentGraph(
  a: Architecture,
  segment: Segment,
  weights: SegmentWeights,
  options: GraphOptions,
): Uint8Array {
  const family = familyOf(a);
  const place = stepInputs(a, options.rotary);
  const caches: BlockResult[] = [];
  let x: Value = segment.embedding ? embedded(a, weights, [1, "n"]) : input(PORTS.hidden, "F32", [1, "n", a.hidden]);
  for (let index = segment.from; index < segment.to; index++) {
    const past = options.cache === "none" ? null : pastOf(a, index - segment.from);
    const step = { ...place, ...turnedBy(a, place, index), block: index, past, rowsOnly: options.cache === "rows" };
    const block = family.block(a, x, weights.block(index), step);
    x = block.x;
    caches.push(block);
  }
  return encodeModel(`blocks ${segment.from} to ${segment.to}`, [
    segment.head ? headOutput(a, x, weights, segment.exit) : hiddenOutput(a, x),
    ...cacheOutputs(a, options.cache, caches),
  ]);
}

/** Hidden states of ids in this shape. */
export const embedded = (a: Architecture, weights: SegmentWeights, shape: Shape): Value =>
  familyOf(a).embedding(a, input(PORTS.ids, "I32", shape), weights.ends, input(PORTS.positions, "I32", shape));

function headOutput(a: Architecture, x: Value, weights: SegmentWeights, exit: number | undefined): Output {
  const wanted = gather(x, input(PORTS.wanted, "I32", ["m"]), 1); // [1, m, d]
  const value = headOf(a, wanted, weights, exit);
  return { name: PORTS.logits, value, type: "F32", shape: [1, "m", a.vocabulary] };
}

/** The head at the wanted positions only, [1, m, d], behind the final norm or a trained exit: [1, m, vocabulary]. */
export function headOf(
  a: Architecture,
  wanted: Value,
  weights: SegmentWeights,
  exit: number | undefined,
): OperatorResult {
  const family = familyOf(a);
  const state = exit === undefined ? family.norm(a, wanted, weights.ends) : exitState(a, wanted, weights.exit(exit));
  return family.head(a, state, weights.ends);
}

/**
 * A trained exit in place of the final norm: projection · norm(x).
 * Source: Belrose et al. 2023 (tuned lens), with a norm in place of the bias and no residual.
 */
const exitState = (
  a: Architecture,
  x: Value,
  { norm, projection }: ReturnType<SegmentWeights["exit"]>,
): OperatorResult => linear(rmsNorm(x, norm, a.normEpsilon), projection);

function hiddenOutput(a: Architecture, x: Value): Output {
  if (x.kind !== "result") throw new Error("a segment without embedding, blocks and head computes nothing");
  return { name: PORTS.output, value: x, type: "F32", shape: [1, "n", a.hidden] };
}

/** A block's own tables: rows of those that are weights, else what it is fed. */
export function turnedBy(
  a: Architecture,
  { cosine, sine }: Pick<BlockStep, "cosine" | "sine">,
  block: number,
): Pick<BlockStep, "cosine" | "sine"> {
  if (a.localRope === undefined || cosine.kind !== "weight" || sine.kind !== "weight") return { cosine, sine };
  const first = firstRow(a, block);
  const own = (table: Weight): Weight => rowsOf(table, first, first + a.context);
  return { cosine: own(cosine), sine: own(sine) };
}

export function stepInputs(
  a: Architecture,
  rotary: GraphOptions["rotary"],
): Omit<BlockStep, "block" | "past" | "rowsOnly"> {
  const table = (name: string): Value => input(name, "F32", ["context", a.headSize / 2]);
  return {
    start: input(PORTS.start, "I64", [1]),
    lastPosition: input(PORTS.lastPosition, "I32", [1]),
    total: input(PORTS.total, "I32", [1]),
    cosine: rotary.kind === "weights" ? rotary.cosine : table(PORTS.cosine),
    sine: rotary.kind === "weights" ? rotary.sine : table(PORTS.sine),
  };
}

/** Past and present each have their own symbolic length: on the web differing static ones are refused. */
function pastOf(a: Architecture, place: number): { key: Value; value: Value } {
  const { kvHeads, headSize } = familyOf(a).kv(a);
  const cache = (name: string): Value => input(name, "F32", [1, kvHeads, "past", headSize]);
  return { key: cache(PORTS.pastKey(place)), value: cache(PORTS.pastValue(place)) };
}

function cacheOutputs(a: Architecture, style: CacheStyle, blocks: readonly BlockResult[]): readonly Output[] {
  if (style === "none" || blocks.length === 0) return [];
  const { kvHeads, headSize } = familyOf(a).kv(a);
  if (style === "rows") {
    const rows = blocks.flatMap(({ keys, values }) => [keys, values]);
    const shape = [1, "n", blocks.length * 2 * kvHeads * headSize];
    return [{ name: PORTS.rows, value: concat(rows, -1), type: "F32", shape }]; // each output more costs a run some microseconds
  }
  const shape = [1, kvHeads, "present", headSize];
  return blocks.flatMap(({ keys, values }, place): readonly Output[] => [
    { name: PORTS.presentKey(place), value: keys, type: "F32", shape },
    { name: PORTS.presentValue(place), value: values, type: "F32", shape },
  ]);
}
