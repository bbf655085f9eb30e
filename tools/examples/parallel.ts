/**
 * An example of a family: attention and feed-forward side by side on one norm (as in GPT-J, Wang and
 * Komatsuzaki 2021), the feed-forward without a gate. Copied to src/core/model/families and given a
 * row it is read, cut, run and compared with its reference: tools/additions.test.ts does just that.
 */
import { readHeads, readRope, refuseQuantised } from "#core/model/families/config-parts.ts";
import type { Family } from "#core/model/families/family.ts";
import { rotaryTables } from "#core/model/rotary.ts";
import type { TensorMap, TensorSpec } from "#core/model/tensors.ts";
import { attention, linear, lookUp, rmsNorm } from "#core/onnx/layers.ts";
import { add, silu } from "#core/onnx/operators.ts";
import * as float64 from "#core/reference/layers.ts";

type Role = "tokens" | "last" | "head" | "norm" | "query" | "key" | "value" | "output" | "inner" | "outer";

export const parallel: Family<Role> = {
  transformers: { modelType: "parallel", className: "ParallelForCausalLM" },
  match: (config) => config.text("model_type") === "parallel",

  readConfig(config) {
    refuseQuantised(config);
    const hidden = config.size("hidden_size");
    return {
      blocks: config.size("num_hidden_layers"),
      hidden,
      ...readHeads(config, hidden),
      intermediate: config.size("intermediate_size"),
      vocabulary: config.size("vocab_size"),
      context: config.size("max_position_embeddings"),
      normEpsilon: config.positive("rms_norm_eps"),
      rope: readRope(config),
      tiedEmbedding: false,
      attentionBias: false,
      mlpBias: false,
    };
  },

  tensors(a) {
    const [queries, keys] = [a.heads * a.headSize, a.kvHeads * a.headSize];
    const tensor = (name: string, ...shape: number[]): TensorSpec => ({ name: `${name}.weight`, shape });
    return {
      embedding: new Map([["tokens", tensor("tokens", a.vocabulary, a.hidden)]]),
      block: (i) =>
        new Map<Role, TensorSpec>([
          ["norm", tensor(`h.${i}.norm`, a.hidden)],
          ["query", tensor(`h.${i}.q`, queries, a.hidden)],
          ["key", tensor(`h.${i}.k`, keys, a.hidden)],
          ["value", tensor(`h.${i}.v`, keys, a.hidden)],
          ["output", tensor(`h.${i}.out`, a.hidden, queries)],
          ["inner", tensor(`h.${i}.inner`, a.intermediate, a.hidden)],
          ["outer", tensor(`h.${i}.outer`, a.hidden, a.intermediate)],
        ]),
      norm: new Map([["last", tensor("last", a.hidden)]]),
      head: new Map([["head", tensor("head", a.vocabulary, a.hidden)]]),
    };
  },

  embedding: (_, ids, w) => lookUp(w("tokens"), ids),

  block(a, x, w, step) {
    const h = rmsNorm(x, w("norm"), a.normEpsilon); // [1, n, d]
    const projections = { query: linear(h, w("query")), key: linear(h, w("key")), value: linear(h, w("value")) };
    const { attended, keys, values } = attention(a, projections, step);
    const fed = linear(silu(linear(h, w("inner"))), w("outer"));
    return { x: add(add(x, linear(attended, w("output"))), fed), keys, values };
  },

  norm: (a, x, w) => rmsNorm(x, w("last"), a.normEpsilon),
  head: (_, x, w) => linear(x, w("head")),
  kv: ({ kvHeads, headSize }) => ({ kvHeads, headSize }),

  reference(a, weights) {
    const rotary = rotaryTables(a);
    const all = parallel.tensors(a);
    const of = (part: TensorMap<Role>) => float64.weightsOf(part, weights);
    const each = (x: float64.Matrix, weight: float64.Vector | null) => x.map((row) => float64.linear(row, weight));
    const normed = (x: float64.Matrix, scale: float64.Vector | null) =>
      x.map((row) => float64.rmsNorm(row, scale, a.normEpsilon));
    return {
      embedding: (ids) => float64.lookUp(of(all.embedding)("tokens"), ids, a.hidden),
      block(index, x) {
        const w = of(all.block(index));
        const h = normed(x, w("norm"));
        const projections = { query: each(h, w("query")), key: each(h, w("key")), value: each(h, w("value")) };
        const attended = each(float64.attention(a, rotary, projections, index), w("output"));
        const inner = each(h, w("inner")).map((row) => row.map((value) => value / (1 + Math.exp(-value))));
        return float64.addRows(float64.addRows(x, attended), each(inner, w("outer")));
      },
      norm: (x) => normed(x, of(all.norm)("last")),
      head: (x) => each(x, all.head && of(all.head)("head")),
    };
  },
};
