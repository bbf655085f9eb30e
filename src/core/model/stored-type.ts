/** How numbers are stored, in a model's file and in its shards. */
import { oneOf, type Value } from "../schema/schema.ts";

const FLOAT_TYPES = ["F32", "F16", "BF16"] as const;
export type FloatType = (typeof FLOAT_TYPES)[number];

/** Blocks of numbers that share a scale, in GGUF's layouts: `formats/gguf/blocks.ts`. */
export const BLOCK_TYPES = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K"] as const;
export type BlockType = (typeof BLOCK_TYPES)[number];

export const storedType = oneOf(...FLOAT_TYPES, ...BLOCK_TYPES);
export type StoredType = Value<typeof storedType>;

export const isBlocks = (type: StoredType): type is BlockType => BLOCK_TYPES.some((each) => each === type);
