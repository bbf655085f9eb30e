/** A distribution in float16, two bytes a token of the vocabulary: rounded, then renormalised by whoever reads it. */
import { f16 } from "../../codec/floats/f16.ts";
import { ok, type Result } from "../../run/failure.ts";
import { normalised, type Distribution } from "../distribution.ts";
import { badEvidence } from "./rule.ts";

export const HALF_BYTES = 2;

export const writeHalves = (distribution: Distribution): Uint8Array =>
  f16.encode(new Float32Array(distribution), 1, distribution.length);

/** Refuses what is not a distribution over `vocabulary` tokens. */
export function readHalves(bytes: Uint8Array, vocabulary: number): Result<Distribution> {
  const halves = f16.decode(bytes, 1, vocabulary);
  if (!halves.ok) return halves;
  const weights = new Float64Array(halves.value);
  if (!weights.every((weight) => weight >= 0 && weight < Infinity))
    return badEvidence("float16 distribution", "a probability that is none");
  return weights.some((weight) => weight > 0)
    ? ok(normalised(weights))
    : badEvidence("float16 distribution", "no token is possible");
}
