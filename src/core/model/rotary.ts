/**
 * The rotary tables: cos and sin of position · frequency, one row a position, one column a pair.
 * Sources: Su et al. 2021 (RoFormer); Peng et al. 2023 (YaRN); linear and "llama3" stretching as in
 * Hugging Face's modeling_rope_utils. Computed in float64, kept in float32.
 */
import type { Architecture, Rope } from "./architecture.ts";

export interface RotaryTables {
  readonly rows: number;
  readonly columns: number; // headSize / 2
  readonly cosine: Float32Array; // [rows, columns]
  readonly sine: Float32Array;
}

/** Without columns where the model turns nothing; the blocks with frequencies of their own have theirs below the others'. */
export function rotaryTables({ rope, localRope, headSize, context }: Architecture): RotaryTables {
  const ropes = rope === null ? [] : localRope === undefined ? [rope] : [rope, localRope.rope];
  const columns = ropes.length === 0 ? 0 : headSize / 2;
  const cosine = new Float32Array(ropes.length * context * columns);
  const sine = new Float32Array(ropes.length * context * columns);
  ropes.forEach((each, table) => {
    const frequencies = Float64Array.from({ length: columns }, (_, i) => stretched(each, i, columns));
    const size = each.scaling.kind === "yarn" ? each.scaling.attentionFactor : 1;
    for (let position = 0; position < context; position++) {
      const row = (table * context + position) * columns;
      frequencies.forEach((frequency, i) => {
        cosine[row + i] = size * Math.cos(position * frequency);
        sine[row + i] = size * Math.sin(position * frequency);
      });
    }
  });
  return { rows: Math.max(1, ropes.length) * context, columns, cosine, sine };
}

/** The row at which a block's table begins: it has one for each position. */
export const firstRow = ({ localRope, context }: Architecture, block: number): number =>
  localRope?.blocks[block] === true ? context : 0;

/** A block's own tables. */
export function tablesOf(a: Architecture, { columns, cosine, sine }: RotaryTables, block: number): RotaryTables {
  const [from, to] = [firstRow(a, block) * columns, (firstRow(a, block) + a.context) * columns];
  return { rows: a.context, columns, cosine: cosine.subarray(from, to), sine: sine.subarray(from, to) };
}

/** The frequency of pair i out of `columns`. */
function stretched({ theta, scaling }: Rope, i: number, columns: number): number {
  const frequency = theta ** (-i / columns);
  switch (scaling.kind) {
    case "none":
      return frequency;
    case "linear":
      return frequency / scaling.factor;
    case "factors":
      return frequency / (scaling.factors[i] ?? 1);
    case "llama3": {
      const turns = (scaling.originalContext * frequency) / (2 * Math.PI);
      const keep = (turns - scaling.lowFreqFactor) / (scaling.highFreqFactor - scaling.lowFreqFactor);
      const smooth = Math.min(1, Math.max(0, keep));
      return (1 - smooth) * (frequency / scaling.factor) + smooth * frequency;
    }
    case "yarn": {
      // The pair that turns so often over the original context: YaRN's correction range.
      const pairOf = (turns: number): number =>
        (columns * Math.log(scaling.originalContext / (turns * 2 * Math.PI))) / Math.log(theta);
      const [fast, slow] = [pairOf(scaling.fastTurns), pairOf(scaling.slowTurns)];
      const low = Math.max(scaling.wholePairs ? Math.floor(fast) : fast, 0);
      const high = Math.min(scaling.wholePairs ? Math.ceil(slow) : slow, 2 * columns - 1);
      const ramp = Math.min(1, Math.max(0, (i - low) / (high === low ? 0.001 : high - low)));
      return ramp * (frequency / scaling.factor) + (1 - ramp) * frequency;
    }
  }
}
