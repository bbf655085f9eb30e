/**
 * A Llama-family decoder, or any segment of one, as an expression. What a tier runs is
 * embedding?, blocks [from, to), head?: so any cut, any number of hops, is a graph built on the
 * spot from the same few lines. Shapes trail: n positions of this step, d hidden size.
 * Source: Touvron et al. 2023 (LLaMA), in the layout of Hugging Face's LlamaForCausalLM.
 */
import type { Architecture, Segment } from "../model/architecture.ts";
import type { BlockRole } from "../model/llama-tensors.ts";
import {
  add,
  cast,
  concat,
  gather,
  groupedQueryAttention,
  matMul,
  multiply,
  rmsNorm,
  rotaryEmbedding,
  silu,
  transpose,
} from "./operators.ts";
import { encodeModel, input, type Output, type Result, type Value, type Weight } from "./graph.ts";

/** Names of a graph's inputs and outputs; caches carry the block's place in the segment. */
export const PORTS = {
  ids: "ids", // int32 [1, n]
  hidden: "hidden", // float32 [1, n, d]
  wanted: "wanted", // int32 [m]: which of the n positions the head computes
  lastPosition: "last_position", // int32 [1]
  total: "total", // int32 [1]
  start: "start", // int64 [1]: position of the step's first token
  cosine: "cosine", // float32 [context, headSize / 2]
  sine: "sine",
  logits: "logits", // float32 [1, m, vocabulary]
  output: "output", // float32 [1, n, d]
  pastKey: (block: number): string => `past_key_${block}`,
  pastValue: (block: number): string => `past_value_${block}`,
  presentKey: (block: number): string => `present_key_${block}`,
  presentValue: (block: number): string => `present_value_${block}`,
  rows: "rows", // float32 [1, n, blocks · 2 · kvHeads · headSize]: of each block its new keys, then its new values
  embeds: "embeds", // bool [], of a model's graph: whether the embedding runs
  runs: (block: number): string => `runs_${block}`, // bool []: whether the block does
  heads: "heads", // bool []: whether the head does
  noRows: "no_rows", // float32 [1, n, 0]: what a block that does not run adds to the rows
} as const;

/** Where the graph's weights are found: `weightsOfShards` makes one from a manifest. */
export interface SegmentWeights {
  readonly embedding: Weight;
  readonly norm: Weight;
  readonly head: Weight;
  block(index: number, role: BlockRole): Weight | null;
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
  const step = stepInputs(a, options.rotary);
  const caches: BlockResult[] = [];
  let x: Value = segment.embedding
    ? embed(weights.embedding, input(PORTS.ids, "I32", [1, "n"]))
    : input(PORTS.hidden, "F32", [1, "n", a.hidden]);
  for (let index = segment.from; index < segment.to; index++) {
    const place = index - segment.from;
    const past = options.cache === "none" ? null : pastOf(a, place);
    const block = llamaBlock(a, x, (role) => dense(weights.block(index, role)), step, past, options.cache === "rows");
    x = block.x;
    caches.push(block);
  }
  return encodeModel(`blocks ${segment.from} to ${segment.to}`, [
    segment.head ? headOutput(a, x, weights, segment.exit) : hiddenOutput(a, x),
    ...cacheOutputs(a, options.cache, caches),
  ]);
}

export interface BlockResult {
  readonly x: Result;
  /** The caches with this step in them, or this step's rows alone. */
  readonly keys: Result;
  readonly values: Result;
}

/** One transformer block: x + attention(norm(x)), then + feed-forward(norm(x)). */
export function llamaBlock(
  a: Architecture,
  x: Value,
  w: (role: BlockRole) => Value | null,
  step: StepInputs,
  past: { key: Value; value: Value } | null,
  rowsOnly = false,
): BlockResult {
  const h = rmsNorm(x, required(w("attentionNorm")), a.normEpsilon); // [1, n, d]
  const query = linear(h, w("query"), w("queryBias")); // [1, n, heads · headSize]
  const key = linear(h, w("key"), w("keyBias")); // [1, n, kvHeads · headSize]
  const value = linear(h, w("value"), w("valueBias"));
  const { attended, keys, values } = (rowsOnly ? attendRows : attendInPlace)(a, { query, key, value }, step, past);
  const y = add(x, linear(attended, w("output"), w("outputBias"))); // [1, n, d]

  const g = rmsNorm(y, required(w("feedForwardNorm")), a.normEpsilon);
  const gated = multiply(silu(linear(g, w("gate"), w("gateBias"))), linear(g, w("up"), w("upBias"))); // [1, n, intermediate]
  return { x: add(y, linear(gated, w("down"), w("downBias"))), keys, values };
}

interface Projections {
  readonly query: Result;
  readonly key: Result;
  readonly value: Result;
}

type Attended = { readonly attended: Result; readonly keys: Result; readonly values: Result };

function attendInPlace(
  a: Architecture,
  projections: Projections,
  step: StepInputs,
  past: { key: Value; value: Value } | null,
): Attended {
  const [attended, keys, values] = groupedQueryAttention({
    ...projections,
    past,
    ...step,
    rotary: step,
    heads: a.heads,
    kvHeads: a.kvHeads,
  });
  return { attended, keys, values };
}

/** The same with the rotation written out, so that the turned keys of this step are at hand. */
function attendRows(
  a: Architecture,
  { query, key, value }: Projections,
  step: StepInputs,
  past: { key: Value; value: Value } | null,
): Attended {
  const turned = (x: Value, heads: number): Result => rotaryEmbedding(x, step.start, step.cosine, step.sine, heads);
  const keys = turned(key, a.kvHeads);
  const [attended] = groupedQueryAttention({
    query: turned(query, a.heads),
    key: keys,
    value,
    past,
    ...step,
    rotary: null,
    heads: a.heads,
    kvHeads: a.kvHeads,
  });
  return { attended, keys, values: value };
}

/** Token ids [1, n] to hidden states [1, n, d]. */
export const embed = (table: Weight, ids: Value): Result => gather(required(dense(table)), ids, 0);

/** The final norm and the head, at the wanted positions [m] only: [1, m, vocabulary]. */
export function llamaHead(a: Architecture, x: Value, weights: SegmentWeights, wanted: Value): Result {
  const h = rmsNorm(gather(x, wanted, 1), required(dense(weights.norm)), a.normEpsilon); // [1, m, d]
  return linear(h, dense(weights.head), null);
}

/**
 * A trained exit in front of the head, at the wanted positions [m]: logits = head · (projection · norm(x)), [1, m, vocabulary].
 * Source: Belrose et al. 2023 (tuned lens), with a norm in place of the bias and no residual.
 */
function exitHead(a: Architecture, x: Value, weights: SegmentWeights, depth: number, wanted: Value): Result {
  const { norm, projection } = weights.exit(depth);
  const h = rmsNorm(gather(x, wanted, 1), required(dense(norm)), a.normEpsilon); // [1, m, d]
  return linear(linear(h, dense(projection), null), dense(weights.head), null);
}

function headOutput(a: Architecture, x: Value, weights: SegmentWeights, exit: number | undefined): Output {
  const wanted = input(PORTS.wanted, "I32", ["m"]);
  const value = exit === undefined ? llamaHead(a, x, weights, wanted) : exitHead(a, x, weights, exit, wanted);
  return { name: PORTS.logits, value, type: "F32", shape: [1, "m", a.vocabulary] };
}

function hiddenOutput(a: Architecture, x: Value): Output {
  if (x.kind !== "result") throw new Error("a segment without embedding, blocks and head computes nothing");
  return { name: PORTS.output, value: x, type: "F32", shape: [1, "n", a.hidden] };
}

/** x · Wᵀ + b with W as stored, [out, in]; the runtime folds the cast and the transpose when it loads. */
function linear(x: Value, weight: Value | null, bias: Value | null): Result {
  const product = matMul(x, transpose(required(weight)));
  return bias === null ? product : add(product, bias);
}

/** A weight as float32, whatever the file stores. */
export const dense = (weight: Weight | null): Value | null =>
  weight === null || weight.type === "F32" ? weight : cast(weight, "F32");

/** Where this step stands, and the rotary tables. */
export interface StepInputs {
  readonly start: Value;
  readonly lastPosition: Value;
  readonly total: Value;
  readonly cosine: Value;
  readonly sine: Value;
}

export function stepInputs(a: Architecture, rotary: GraphOptions["rotary"]): StepInputs {
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
export function pastOf(a: Architecture, place: number): { key: Value; value: Value } {
  const cache = (name: string): Value => input(name, "F32", [1, a.kvHeads, "past", a.headSize]);
  return { key: cache(PORTS.pastKey(place)), value: cache(PORTS.pastValue(place)) };
}

function cacheOutputs(a: Architecture, style: CacheStyle, blocks: readonly BlockResult[]): readonly Output[] {
  if (style === "none" || blocks.length === 0) return [];
  if (style === "rows")
    return [
      rowsOutput(
        a,
        blocks.length,
        blocks.flatMap(({ keys, values }) => [keys, values]),
      ),
    ];
  const shape = [1, a.kvHeads, "present", a.headSize];
  return blocks.flatMap(({ keys, values }, place): readonly Output[] => [
    { name: PORTS.presentKey(place), value: keys, type: "F32", shape },
    { name: PORTS.presentValue(place), value: values, type: "F32", shape },
  ]);
}

/** In one piece: each output more costs a run some microseconds. */
function rowsOutput(a: Architecture, blocks: number, rows: readonly Value[]): Output {
  const shape = [1, "n", blocks * 2 * a.kvHeads * a.headSize];
  return { name: PORTS.rows, value: concat(rows, -1), type: "F32", shape };
}

function required<T>(value: T | null): T {
  if (value === null) throw new Error("the architecture has no such weight: its tensor list and its graph disagree");
  return value;
}
