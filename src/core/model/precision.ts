/**
 * In what a model's weights are kept, as whoever opens it asks: as its file has them; decoded to float32 where the edge
 * would keep their blocks; or, of a checkpoint in floats, in blocks of 32 that are made of them when it is opened.
 */
import { fail } from "../run/failure.ts";
import type { LocatedTensors } from "./formats/format.ts";
import type { QuantisedType } from "./quantise.ts";
import { isBlocks } from "./stored-type.ts";

export const PRECISIONS = ["stored", "f32", "q8", "q4"] as const;
export type WeightPrecision = (typeof PRECISIONS)[number];

const MADE: { readonly [P in WeightPrecision]: QuantisedType | null } = {
  stored: null,
  f32: null,
  q8: "Q8_0",
  q4: "Q4_0",
};

/** The blocks to make; null for none. Throws Failed: model-unsupported where the file has blocks already. */
export function blocksToMake(
  model: string,
  precision: WeightPrecision,
  { tensors }: LocatedTensors,
): QuantisedType | null {
  const made = MADE[precision];
  if (made === null) return null;
  const types = new Set([...tensors.values()].map(({ type }) => type).filter(isBlocks));
  if (types.size === 0) return made;
  return fail({
    code: "model-unsupported",
    model,
    what: `precision ${precision}`,
    found: `weights in blocks already (${[...types].join(", ")})`,
    supported: "stored, f32",
    advice: `Leave --precision out to keep the file's blocks, or make ${precision} of a checkpoint in float32 or float16.`,
  });
}
