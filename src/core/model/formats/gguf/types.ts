/**
 * The types of tensors in GGUF files by their numbers: those that are read, with how, and the others by
 * name, to say which one a file has. Source: ggml-org/ggml, docs/gguf.md and ggml.h (enum ggml_type).
 */
import { BLOCK_TYPES, type StoredType } from "../../stored-type.ts";
import { F64, type Encoding } from "../../encodings.ts";
import { BLOCKS } from "./blocks.ts";

/** `values` of them take `size` bytes; they stay as they are, or are decoded when they are read. */
export type TensorType =
  | { readonly stored: StoredType; readonly values: number; readonly size: number }
  | { readonly encoding: Encoding };

const READ: ReadonlyMap<string, TensorType> = new Map<string, TensorType>([
  ["F32", { stored: "F32", values: 1, size: 4 }],
  ["F16", { stored: "F16", values: 1, size: 2 }],
  ["BF16", { stored: "BF16", values: 1, size: 2 }],
  ["F64", { encoding: F64 }],
  ...BLOCK_TYPES.map((stored): readonly [string, TensorType] => {
    const { values, bytes } = BLOCKS[stored];
    return [stored, { stored, values, size: bytes }];
  }),
]);

/** The place of a name is its number. */
const NAMES = (
  "F32 F16 Q4_0 Q4_1 Q4_2 Q4_3 Q5_0 Q5_1 Q8_0 Q8_1 Q2_K Q3_K Q4_K Q5_K Q6_K Q8_K IQ2_XXS IQ2_XS IQ3_XXS IQ1_S IQ4_NL " +
  "IQ3_S IQ2_S IQ4_XS I8 I16 I32 I64 F64 IQ1_M BF16 Q4_0_4_4 Q4_0_4_8 Q4_0_8_8 TQ1_0 TQ2_0 IQ4_NL_4_4 IQ4_NL_4_8 " +
  "IQ4_NL_8_8 MXFP4"
).split(" ");

export const READ_TYPES = [...READ.keys()].join(", ");

export const typeName = (number: number): string => NAMES[number] ?? `number ${number}, which is none that we know`;

/** Null for one that is not read. */
export const tensorType = (number: number): TensorType | null => READ.get(NAMES[number] ?? "") ?? null;
