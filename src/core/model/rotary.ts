/**
 * The rotary tables: cos and sin of position · frequency, one row a position, one column a pair.
 * Sources: Su et al. 2021 (RoFormer); linear and "llama3" stretching as in Hugging Face's
 * modeling_rope_utils. Computed in float64, kept in float32.
 */
import type { Architecture, Rope } from "./architecture.ts";

export interface RotaryTables {
  readonly rows: number;
  readonly columns: number; // headSize / 2
  readonly cosine: Float32Array; // [rows, columns]
  readonly sine: Float32Array;
}

export function rotaryTables(a: Architecture): RotaryTables {
  const columns = a.headSize / 2;
  const frequencies = Float64Array.from({ length: columns }, (_, i) =>
    stretched(a.rope, a.rope.theta ** (-i / columns)),
  );
  const cosine = new Float32Array(a.context * columns);
  const sine = new Float32Array(a.context * columns);
  for (let position = 0; position < a.context; position++) {
    frequencies.forEach((frequency, i) => {
      cosine[position * columns + i] = Math.cos(position * frequency);
      sine[position * columns + i] = Math.sin(position * frequency);
    });
  }
  return { rows: a.context, columns, cosine, sine };
}

function stretched({ scaling }: Rope, frequency: number): number {
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
  }
}
