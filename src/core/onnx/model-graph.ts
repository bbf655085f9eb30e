/**
 * A whole model as one graph that is entered and left anywhere: embedding, every block and head each
 * stand in an `If`, and a run says which of them are computed. So every cut of every client is one
 * run of one compiled graph, the weights are in memory once, and a moved cut builds nothing.
 * A block that is left out passes the hidden state on and gives no rows; its past may be empty.
 */
import type { Architecture } from "../model/architecture.ts";
import {
  dense,
  embed,
  llamaBlock,
  llamaHead,
  pastOf,
  PORTS,
  stepInputs,
  type GraphOptions,
  type SegmentWeights,
  type StepInputs,
} from "./llama-graph.ts";
import { choose, concat, identity } from "./operators.ts";
import { encodeModel, input, type Result, type Value } from "./graph.ts";

type Tables = Extract<GraphOptions["rotary"], { kind: "weights" }>;

/** Outputs: `output`, the hidden state behind the last block that ran; `logits`, where the head does; `rows` of the blocks that ran. */
export function modelGraph(a: Architecture, weights: SegmentWeights, rotary: Tables): Uint8Array {
  const step = stepInputs(a, rotary);
  let x = entered(a, weights);
  const rows: Result[] = [];
  for (let index = 0; index < a.blocks; index++) {
    const block = optionalBlock(a, weights, index, x, step);
    x = block.x;
    rows.push(block.rows);
  }
  return encodeModel("the whole model", [
    { name: PORTS.output, value: x, type: "F32", shape: [1, "n", a.hidden] },
    { name: PORTS.logits, value: optionalHead(a, weights, x), type: "F32", shape: [1, "m", "width"] },
    { name: PORTS.rows, value: concat(rows, -1), type: "F32", shape: [1, "n", "rows"] },
  ]);
}

const one = ([result]: readonly Result[]): Result => {
  if (result === undefined) throw new Error("an operation has as many results as it declares");
  return result;
};

/** Where the embedding runs its output, else the hidden state that was given. */
function entered(a: Architecture, weights: SegmentWeights): Result {
  const hidden = { type: "F32", shape: [1, "n", a.hidden] } as const;
  const embedded = embed(weights.embedding, input(PORTS.ids, "I32", [1, "tokens"]));
  const given = identity(input(PORTS.hidden, "F32", [1, "given", a.hidden]));
  return one(
    choose(
      input(PORTS.embeds, "BOOL", []),
      { outputs: [{ ...hidden, value: embedded }], captured: [] },
      { outputs: [{ ...hidden, value: given }], captured: [] },
    ),
  );
}

function optionalBlock(
  a: Architecture,
  weights: SegmentWeights,
  index: number,
  x: Value,
  step: StepInputs,
): { readonly x: Result; readonly rows: Result } {
  const hidden = { type: "F32", shape: [1, "n", a.hidden] } as const;
  const rows = { type: "F32", shape: [1, "n", "width"] } as const;
  const block = llamaBlock(a, x, (role) => dense(weights.block(index, role)), step, pastOf(a, index), true);
  const [behind, added] = choose(
    input(PORTS.runs(index), "BOOL", []),
    {
      outputs: [
        { ...hidden, value: block.x },
        { ...rows, value: concat([block.keys, block.values], -1) },
      ],
      captured: [x],
    },
    {
      outputs: [
        { ...hidden, value: identity(x) },
        { ...rows, value: identity(input(PORTS.noRows, "F32", [1, "n", 0])) },
      ],
      captured: [x],
    },
  );
  return { x: one(behind === undefined ? [] : [behind]), rows: one(added === undefined ? [] : [added]) };
}

/** Without the head nobody asks for this output, and it is the hidden state. */
function optionalHead(a: Architecture, weights: SegmentWeights, x: Value): Result {
  const wanted = input(PORTS.wanted, "I32", ["m"]);
  return one(
    choose(
      input(PORTS.heads, "BOOL", []),
      {
        outputs: [{ type: "F32", shape: [1, "m", a.vocabulary], value: llamaHead(a, x, weights, wanted) }],
        captured: [x],
      },
      { outputs: [{ type: "F32", shape: [1, "n", a.hidden], value: identity(x) }], captured: [x] },
    ),
  );
}
