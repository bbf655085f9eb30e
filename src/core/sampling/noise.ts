/**
 * Gumbel noise without a generator: the value for (seed, position, token) is a function of those
 * three alone, so any tier computes the same noise for the same token in any order, and a step
 * can be repeated, skipped or computed elsewhere without upsetting what follows.
 *
 * The hash is MurmurHash3 x86_32 (Appleby, public domain) of token as one little-endian word,
 * seeded by the same hash of (seed, position). Adding Gumbel noise to log-probabilities and
 * taking the largest draws from their distribution (Gumbel-max, Maddison et al. 2014).
 */
import { log } from "./exact-math.ts";

const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;
/** A little more than ln 2, so that rounding cannot push a bound below what it bounds. */
const LN2_ABOVE = 0.69314718056;

function mixWord(state: number, word: number): number {
  let k = Math.imul(word, C1);
  k = Math.imul((k << 15) | (k >>> 17), C2);
  const h = state ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(state: number, bytes: number): number {
  let h = state ^ bytes;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** What all tokens of one position share: the hash before the token enters it. */
export const noiseKey = (seed: number, position: number): number => finish(mixWord(seed | 0, position), 4);

/** Uniform in [0, 2^32). */
export const noiseHash = (key: number, id: number): number => finish(mixWord(key | 0, id), 4);

/** Uniform in (0, 1), both ends excluded, exact in a double. */
export const unitOf = (hash: number): number => (hash + 0.5) / 4294967296;

/** -log(-log u) of the hash's uniform: in [-3.2, 22.9]. */
export const gumbelOf = (hash: number): number => -log(-log(unitOf(hash)));

/**
 * Never less than `gumbelOf(hash)`, without a logarithm: -log u ≥ 1 - u, and 1 - u ≥ 2^-(z+1)
 * where z counts the leading one bits of the hash.
 */
export const gumbelBound = (hash: number): number => (Math.clz32(~hash) + 1) * LN2_ABOVE;

/** No hash has more noise than this. */
export const GUMBEL_MAX = 33 * LN2_ABOVE;
