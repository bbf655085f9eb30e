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

/** Without columns where the model turns nothing. */
export function rotaryTables({ rope, headSize, context }: Architecture): RotaryTables {
  if (rope === null) return { rows: context, columns: 0, cosine: new Float32Array(), sine: new Float32Array() };
  const columns = headSize / 2;
  const frequencies = Float64Array.from({ length: columns }, (_, i) => stretched(rope, i, columns));
  const size = rope.scaling.kind === "yarn" ? rope.scaling.attentionFactor : 1;
  const cosine = new Float32Array(context * columns);
  const sine = new Float32Array(context * columns);
  for (let position = 0; position < context; position++) {
    frequencies.forEach((frequency, i) => {
      cosine[position * columns + i] = size * Math.cos(position * frequency);
      sine[position * columns + i] = size * Math.sin(position * frequency);
    });
  }
  return { rows: context, columns, cosine, sine };
}

/** The frequency of pair i out of `columns`. */
function stretched({ theta, scaling }: Rope, i: number, columns: number): number {
  const frequency = theta ** (-i / columns);
  switch (scaling.kind) {
    case "none":
      return frequency;
    case "linear":
      return frequency / scaling.factor;
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
