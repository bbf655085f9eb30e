/**
 * `log` and `exp` from additions and multiplications only. The language leaves the last bits of
 * `Math.log` and `Math.exp` to each engine; IEEE arithmetic it does not, so these give the same
 * bits in every browser and in Node, and two tiers draw the same noise.
 *
 * log: x = 2^k m with m in [√½, √2), log m = 2 atanh((m-1)/(m+1)) as a series.
 * exp: x = k ln 2 + r with |r| ≤ ln 2 / 2, e^r as a Taylor series. ln 2 is split in two parts so
 * that k ln 2 loses nothing. Both are within a few units in the last place.
 */

const LN2_HIGH = 0.69314718036912381649; // 33 bits: k times it is exact
const LN2_LOW = 1.90821492927058770002e-10;
const SQRT_HALF = Math.SQRT1_2;

const scratch = new Float64Array(1);
const words = new Uint32Array(scratch.buffer);
scratch[0] = 1;
/** Which half of a double holds its exponent: depends on the host's byte order. */
const HIGH = words[1] === 0 ? 0 : 1;

/** Natural logarithm of a positive normal number; below that -Infinity at 0 and NaN for the rest. */
export function log(x: number): number {
  if (!(x >= 2.2250738585072014e-308)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return Infinity;
  scratch[0] = x;
  const high = words[HIGH] ?? 0;
  let k = (high >>> 20) - 1022;
  words[HIGH] = (high & 0xfffff) | 0x3fe00000; // m in [½, 1)
  let m = scratch[0] ?? 0;
  if (m < SQRT_HALF) {
    m *= 2;
    k -= 1;
  }
  const s = (m - 1) / (m + 1);
  const q = s * s; // at most 0.0295: ten terms reach the last place
  const series =
    q *
    (1 / 3 +
      q *
        (1 / 5 +
          q *
            (1 / 7 +
              q * (1 / 9 + q * (1 / 11 + q * (1 / 13 + q * (1 / 15 + q * (1 / 17 + q * (1 / 19 + q * (1 / 21))))))))));
  return k * LN2_HIGH + (k * LN2_LOW + 2 * s * series + 2 * s);
}

/** e^x; 0 below -708, Infinity above 709. */
export function exp(x: number): number {
  if (x !== x) return NaN;
  if (x < -708) return 0;
  if (x > 709) return Infinity;
  const k = Math.round(x * Math.LOG2E);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  const series =
    1 +
    r *
      (1 +
        (r / 2) *
          (1 +
            (r / 3) *
              (1 +
                (r / 4) *
                  (1 +
                    (r / 5) *
                      (1 +
                        (r / 6) *
                          (1 +
                            (r / 7) *
                              (1 +
                                (r / 8) *
                                  (1 +
                                    (r / 9) * (1 + (r / 10) * (1 + (r / 11) * (1 + (r / 12) * (1 + r / 13))))))))))));
  scratch[0] = 1;
  words[HIGH] = (k + 1023) << 20; // 2^k
  return series * (scratch[0] ?? 0);
}
