/**
 * The types of tensors in GGUF files by their numbers: those that are read, with how, and the others by
 * name, to say which one a file has. Source: ggml-org/ggml, docs/gguf.md and ggml.h (enum ggml_type).
 */
import type { StoredType } from "../../architecture.ts";
import { F64, type Encoding } from "../../encodings.ts";
import { Q4_0, Q4_1, Q4_K, Q5_0, Q5_1, Q5_K, Q6_K, Q8_0 } from "./blocks.ts";

export type TensorType = { readonly stored: StoredType; readonly size: number } | { readonly encoding: Encoding };

const encoded = (encoding: Encoding): readonly [string, TensorType] => [encoding.name, { encoding }];

const READ: ReadonlyMap<string, TensorType> = new Map<string, TensorType>([
  ["F32", { stored: "F32", size: 4 }],
  ["F16", { stored: "F16", size: 2 }],
  ["BF16", { stored: "BF16", size: 2 }],
  ...[F64, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K].map(encoded),
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
