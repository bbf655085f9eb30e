/**
 * int4 with a scale for every 32 neighbouring values.
 * Source: ggml's block format Q4_0 (32 codes and a 16-bit scale), with bfloat16 for the scale and
 * symmetric codes in [-7, 7].
 */
import { groupedIntegers } from "./grouped-integers.ts";

export const int4g32 = groupedIntegers({
  name: "int4-g32",
  summary: "4-bit integers with a scale per 32 values, 4.5 bits a value",
  bits: 4,
  group: 32,
});
