/**
 * int8 with a scale for every 32 neighbouring values.
 * Source: ggml's block format Q8_0 (32 codes and a 16-bit scale), with bfloat16 for the scale.
 */
import { groupedIntegers } from "./grouped-integers.ts";

export const int8g32 = groupedIntegers({
  name: "int8-g32",
  summary: "8-bit integers with a scale per 32 values, about half of float16",
  bits: 8,
  group: 32,
});
