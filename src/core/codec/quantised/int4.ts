/**
 * int4 with a scale per position: the fewest bits that rounding alone gets by with.
 * Source: Yao et al., ZeroQuant, NeurIPS 2022 (token-wise quantisation of activations).
 */
import { groupedIntegers } from "./grouped-integers.ts";

export const int4 = groupedIntegers({
  name: "int4",
  summary: "4-bit integers with a scale per position, a quarter of float16",
  bits: 4,
  group: Infinity,
});
