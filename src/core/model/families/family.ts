/**
 * What a family of models has to say, once, so that everything else can work with it: how its config
 * is known and read, which tensors its checkpoints have, and what embedding, block, norm and head
 * compute, as a graph and in float64 beside it. Shapes trail: n positions, d hidden size.
 *
 * `Role` names the family's weights. Whoever holds the table asks by any string and gets null for a
 * role that is not there; inside the family a role that is misspelt does not compile.
 */
import type { OperatorResult, Value } from "../../onnx/graph.ts";
import type { BlockResult, BlockStep, Weights } from "../../onnx/layers.ts";
import type { Matrix, NamedWeights } from "../../reference/layers.ts";
import type { Architecture } from "../architecture.ts";
import type { ModelTensors } from "../tensors.ts";
import type { ConfigReader } from "./config-reader.ts";
import type { GgufWords } from "./gguf-words.ts";

export interface Family<Role extends string = string> {
  /** What transformers, and transformers.js with it, calls the family: `model_type` and the class of the model. */
  readonly transformers: {
    readonly modelType: string;
    readonly className: string;
    /** Keys of its config that only this family has. */
    readonly keys?: Readonly<Record<string, "blocks" | "heads" | "hidden">>;
  };
  /** Left out where there are no GGUF files of the family. */
  readonly gguf?: GgufWords;
  /** Whether a config.json is one of this family's. */
  match(config: ConfigReader): boolean;
  /** Throws Failed: model-broken for what is missing or no number, model-unsupported for what we cannot run. */
  readConfig(config: ConfigReader): Omit<Architecture, "family">;
  tensors(a: Architecture): ModelTensors<Role>;
  /** Token ids [1, n], and the positions they are at, to hidden states [1, n, d]. */
  embedding(a: Architecture, ids: Value, w: Weights<Role>, positions: Value): Value;
  /** One block: [1, n, d] to [1, n, d]. */
  block(a: Architecture, x: Value, w: Weights<Role>, step: BlockStep): BlockResult;
  /** The final norm, in whose place a trained exit may stand: [1, m, d] to [1, m, d]. */
  norm(a: Architecture, x: Value, w: Weights<Role>): OperatorResult;
  /** Normed states [1, m, d] to logits [1, m, vocabulary]. */
  head(a: Architecture, x: Value, w: Weights<Role>): OperatorResult;
  /** What a block keeps of each position: keys and values of so many heads of this size. */
  kv(a: Architecture): KvRow;
  /** The same computations in float64, from tensors by their names in the checkpoint. */
  reference(a: Architecture, weights: NamedWeights): Reference;
}

export interface KvRow {
  readonly kvHeads: number;
  readonly headSize: number;
}

/** Each takes and gives rows, one a position, the first being position 0. */
export interface Reference {
  embedding(ids: readonly number[]): Matrix;
  block(index: number, x: Matrix): Matrix;
  norm(x: Matrix): Matrix;
  head(x: Matrix): Matrix;
}
