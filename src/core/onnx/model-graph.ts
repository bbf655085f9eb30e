/**
 * A whole model as one graph that is entered and left anywhere: embedding, every block and head each
 * stand in an `If`, and a run says which of them are computed. So every cut of every client is one
 * run of one compiled graph, the weights are in memory once, and a moved cut builds nothing.
 * A block that is left out passes the hidden state on and gives no rows; its past may be empty.
 */
import type { Architecture } from "../model/architecture.ts";
import { familyOf } from "../model/families/registry.ts";
import { encodeModel, input, type Branch, type OperatorResult, type Value } from "./graph.ts";
import { type BlockStep } from "./layers.ts";
import { choose, concat, identity } from "./operators.ts";
import { PORTS } from "./ports.ts";
import {
  embedded as embeddedIds,
  headOf,
  pastOf,
  stepInputs,
  turnedBy,
  type GraphOptions,
  type SegmentWeights,
} from "./segment-graph.ts";

type Tables = Extract<GraphOptions["rotary"], { kind: "weights" }>;

/** Outputs: `output`, the hidden state behind the last block that ran; `logits`, where the head does; `rows` of the blocks that ran. */
export function modelGraph(a: Architecture, weights: SegmentWeights, rotary: Tables): Uint8Array {
  const place = stepInputs(a, rotary);
  let x = entered(a, weights);
  const rows: OperatorResult[] = [];
  for (let index = 0; index < a.blocks; index++) {
    const block = optionalBlock(a, weights, index, x, place);
    x = block.x;
    rows.push(block.rows);
  }
  return encodeModel("the whole model", [
    { name: PORTS.output, value: x, type: "F32", shape: [1, "n", a.hidden] },
    { name: PORTS.logits, value: optionalHead(a, weights, x), type: "F32", shape: [1, "m", "width"] },
    { name: PORTS.rows, value: concat(rows, -1), type: "F32", shape: [1, "n", "rows"] },
  ]);
}

type Place = Omit<BlockStep, "block" | "past" | "rowsOnly">;
type BranchOutput = Branch["outputs"][number];

const hidden = (a: Architecture, value: OperatorResult): BranchOutput => ({
  value,
  type: "F32",
  shape: [1, "n", a.hidden],
});
const rowsOf = (value: OperatorResult): BranchOutput => ({ value, type: "F32", shape: [1, "n", "width"] });

/** The results of one of two branches: as many as each has outputs. */
function either(
  port: string,
  then: readonly BranchOutput[],
  otherwise: readonly BranchOutput[],
  captured: readonly Value[],
) {
  const chosen = choose(input(port, "BOOL", []), { outputs: then, captured }, { outputs: otherwise, captured });
  return (place: number): OperatorResult => {
    const result = chosen[place];
    if (result === undefined) throw new Error("a branch has as many results as it has outputs");
    return result;
  };
}

/** Where the embedding runs its output, else the hidden state that was given. */
function entered(a: Architecture, weights: SegmentWeights): OperatorResult {
  const embedded = identity(embeddedIds(a, weights, "tokens"));
  const given = identity(input(PORTS.hidden, "F32", [1, "given", a.hidden]));
  return either(PORTS.embeds, [hidden(a, embedded)], [hidden(a, given)], [])(0);
}

function optionalBlock(
  a: Architecture,
  weights: SegmentWeights,
  index: number,
  x: Value,
  place: Place,
): { readonly x: OperatorResult; readonly rows: OperatorResult } {
  const step = { ...place, ...turnedBy(a, place, index), block: index, past: pastOf(a, index), rowsOnly: true };
  const block = familyOf(a).block(a, x, weights.block(index), step);
  const none = identity(input(PORTS.noRows, "F32", [1, "n", 0]));
  const chosen = either(
    PORTS.runs(index),
    [hidden(a, block.x), rowsOf(concat([block.keys, block.values], -1))],
    [hidden(a, identity(x)), rowsOf(none)],
    [x],
  );
  return { x: chosen(0), rows: chosen(1) };
}

/** Without the head nobody asks for this output, and it is the hidden state. */
function optionalHead(a: Architecture, weights: SegmentWeights, x: Value): OperatorResult {
  const logits: BranchOutput = { value: headOf(a, x, weights, undefined), type: "F32", shape: [1, "m", a.vocabulary] };
  return either(PORTS.heads, [logits], [hidden(a, identity(x))], [x])(0);
}
