/**
 * Top-k sparsity: of each position only the eighth of its values with the largest magnitude
 * travels, as float16; the others become 0. Per position a bitmap of what is there, then the
 * values in order. A position that holds anything but finite numbers travels as NaN.
 * Source: Zheng et al., Reducing Communication for Split Learning by Randomized Top-k
 * Sparsification, IJCAI 2023; here without the randomness, as for inference there.
 */
import { ok } from "../../run/failure.ts";
import type { Codec } from "../codec.ts";
import { f16, fromHalves, toHalves } from "../floats/f16.ts";
import { checkBytes, requireValues } from "../lengths.ts";
import { largestIndices, largestOf } from "../magnitude.ts";

const KEPT_SHARE = 1 / 8;

const keptOf = (width: number): number => Math.ceil(width * KEPT_SHARE);
const bitmapBytes = (width: number): number => Math.ceil(width / 8);
const bytesPerPosition = (width: number): number => bitmapBytes(width) + 2 * keptOf(width);

export const topk: Codec = {
  name: "topk-8",
  summary: "the largest eighth of the values as float16, the others 0",
  exact: false,
  bytesPerPosition,
  // What is dropped is no larger than what is kept.
  errorBound: (largest, width) => Math.max(f16.errorBound(largest, width), width > keptOf(width) ? largest : 0),
  encode(values, count, width) {
    requireValues(values, count, width);
    const bytes = new Uint8Array(count * bytesPerPosition(width));
    const kept = new Float32Array(keptOf(width));
    for (let position = 0; position < count; position++) {
      const start = position * width;
      const at = position * bytesPerPosition(width);
      if (Number.isNaN(largestOf(values, start, width))) kept.fill(NaN);
      else
        largestIndices(values, start, width, kept.length).forEach((index, nth) => {
          const slot = at + (index >>> 3);
          bytes[slot] = (bytes[slot] ?? 0) | (1 << (index & 7));
          kept[nth] = values[start + index] ?? 0;
        });
      bytes.set(new Uint8Array(toHalves(kept).buffer), at + bitmapBytes(width));
    }
    return bytes;
  },
  decode(bytes, count, width) {
    const wrong = checkBytes(bytes, count * bytesPerPosition(width), "topk-8");
    if (wrong !== null) return wrong;
    const values = new Float32Array(count * width);
    for (let position = 0; position < count; position++) {
      const at = position * bytesPerPosition(width);
      const kept = fromHalves(
        new Uint16Array(bytes.slice(at + bitmapBytes(width), at + bytesPerPosition(width)).buffer),
      );
      if (Number.isNaN(kept[0])) values.fill(NaN, position * width, (position + 1) * width);
      else
        for (let index = 0, nth = 0; index < width; index++)
          if ((bytes[at + (index >>> 3)] ?? 0) & (1 << (index & 7)))
            values[position * width + index] = kept[nth++] ?? 0;
    }
    return ok(values);
  },
};
