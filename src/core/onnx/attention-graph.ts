/** Attention alone, without weights: what stands outside a model's graphs, by the runtime's own operator. */
import type { AttentionHeads } from "../wasm/attention.ts";
import { encodeModel, input, type Value } from "./graph.ts";
import { groupedQueryAttention } from "./operators.ts";
import { PORTS } from "./ports.ts";

/** Inputs by the names of PORTS, queries and keys turned already; a past of at least one row, of which those before the step count. */
export function attentionGraph({ heads, kvHeads, headSize, scale }: AttentionHeads, window: number | null): Uint8Array {
  const rows = (name: string, count: number): Value => input(name, "F32", [1, "n", count * headSize]);
  const past = (name: string): Value => input(name, "F32", [1, kvHeads, "past", headSize]);
  const [attended] = groupedQueryAttention({
    query: rows(PORTS.query, heads),
    key: rows(PORTS.key, kvHeads),
    value: rows(PORTS.value, kvHeads),
    past: { key: past(PORTS.pastKey(0)), value: past(PORTS.pastValue(0)) },
    lastPosition: input(PORTS.lastPosition, "I32", [1]),
    total: input(PORTS.total, "I32", [1]),
    rotary: null,
    heads,
    kvHeads,
    window,
    scale,
  });
  return encodeModel("attention", [
    { name: PORTS.attended, value: attended, type: "F32", shape: [1, "n", heads * headSize] },
  ]);
}
