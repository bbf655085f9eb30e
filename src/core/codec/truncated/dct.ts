/**
 * Frequency-domain truncation: the orthonormal DCT-II of a position's values along the hidden
 * axis, of which the lower quarter travels as float16. It pays where neighbouring channels are
 * alike, which nothing in a transformer asks them to be: the experiment shows what is left.
 * Source: after FourierCompress (Ma et al. 2025, arXiv:2510.16418), which keeps the low frequencies of activations; the
 * transform is Ahmed, Natarajan and Rao, Discrete Cosine Transform, 1974.
 */
import { ok } from "../../run/failure.ts";
import type { Codec } from "../codec.ts";
import { fromHalves, toHalves } from "../floats/f16.ts";
import { checkBytes, requireValues } from "../lengths.ts";

const KEPT_SHARE = 1 / 4;
const F16_MAX = 65504;

const keptOf = (width: number): number => Math.ceil(width * KEPT_SHARE);

export const dct: Codec = {
  name: "dct-4",
  summary: "the lower quarter of the frequencies along the hidden axis, as float16",
  exact: false,
  bytesPerPosition: (width) => 2 * keptOf(width),
  // What is cut away has at most the energy of the whole; a coefficient can hold all of it.
  errorBound: (largest, width) => {
    const norm = largest * Math.sqrt(width);
    return norm > F16_MAX ? Infinity : norm * (1 + 2 ** -8) + width * 2 ** -25;
  },
  encode(values, count, width) {
    requireValues(values, count, width);
    const waves = wavesOf(width);
    const kept = keptOf(width);
    const coefficients = new Float32Array(count * kept);
    for (let position = 0; position < count; position++) {
      for (let k = 0; k < kept; k++) {
        let sum = 0;
        for (let n = 0; n < width; n++) sum += (values[position * width + n] ?? 0) * (waves[k * width + n] ?? 0);
        coefficients[position * kept + k] = sum;
      }
    }
    return new Uint8Array(toHalves(coefficients).buffer);
  },
  decode(bytes, count, width) {
    const kept = keptOf(width);
    const wrong = checkBytes(bytes, count * kept * 2, "dct-4");
    if (wrong !== null) return wrong;
    const waves = wavesOf(width);
    const coefficients = fromHalves(new Uint16Array(bytes.slice().buffer));
    const values = new Float32Array(count * width);
    for (let position = 0; position < count; position++) {
      const sums = new Float64Array(width);
      for (let k = 0; k < kept; k++) {
        const coefficient = coefficients[position * kept + k] ?? 0;
        for (let n = 0; n < width; n++) sums[n] = (sums[n] ?? 0) + coefficient * (waves[k * width + n] ?? 0);
      }
      values.set(sums, position * width);
    }
    return ok(values);
  },
};

/** The kept basis vectors [kept, width], each of length 1. */
function wavesOf(width: number): Float64Array {
  const cosine = Float64Array.from({ length: 4 * width }, (_, m) => Math.cos((Math.PI * m) / (2 * width))); // a whole turn
  const waves = new Float64Array(keptOf(width) * width);
  for (let k = 0; k < keptOf(width); k++) {
    const norm = Math.sqrt((k === 0 ? 1 : 2) / width);
    for (let n = 0; n < width; n++) waves[k * width + n] = norm * (cosine[((2 * n + 1) * k) % (4 * width)] ?? 0);
  }
  return waves;
}
