/**
 * int8 with a scale per position: codes in [-127, 127], scale = largest magnitude / 127, so the
 * error is at most half a scale. First the scales [count] float32, then the codes [count, width].
 * A position that holds anything but finite numbers travels as a scale of NaN and decodes to NaN
 * throughout: a fault stays visible.
 */
import { ok } from "../../run/failure.ts";
import type { Codec } from "../codec.ts";
import { checkBytes, requireValues } from "../lengths.ts";
import { largestOf } from "../magnitude.ts";

const LEVELS = 127;
const FLOAT_SUBNORMAL = 2 ** -149;
const NEAR_FLOAT_MAX = 3.4028e38; // beyond it the rounded scale times 127 can overflow

export const int8: Codec = {
  name: "int8",
  summary: "8-bit integers with a scale per position, a quarter of the bytes",
  exact: false,
  bytesPerPosition: (width) => width + 4,
  // Half a scale, and the rounding of the scale itself and of the product to float32.
  errorBound: (largest) =>
    largest > NEAR_FLOAT_MAX ? Infinity : (largest / LEVELS) * 0.5 + largest * 2 ** -22 + LEVELS * FLOAT_SUBNORMAL,
  encode(values, count, width) {
    requireValues(values, count, width);
    const scales = new Float32Array(count);
    const bytes = new Uint8Array(count * (width + 4));
    const codes = new Int8Array(bytes.buffer, count * 4);
    for (let position = 0; position < count; position++) {
      const start = position * width;
      const scale = Math.fround(largestOf(values, start, width) / LEVELS); // as it travels
      const perUnit = scale > 0 ? 1 / scale : 0;
      scales[position] = scale;
      for (let at = start; at < start + width; at++)
        codes[at] = Math.max(-LEVELS, Math.min(LEVELS, Math.round((values[at] ?? 0) * perUnit)));
    }
    bytes.set(new Uint8Array(scales.buffer));
    return bytes;
  },
  decode(bytes, count, width) {
    const wrong = checkBytes(bytes, count * (width + 4), "int8");
    if (wrong !== null) return wrong;
    const scales = new Float32Array(bytes.slice(0, count * 4).buffer);
    const codes = new Int8Array(bytes.buffer, bytes.byteOffset + count * 4, count * width);
    const values = new Float32Array(count * width);
    for (let at = 0; at < values.length; at++) values[at] = (codes[at] ?? 0) * (scales[Math.floor(at / width)] ?? 0);
    return ok(values);
  },
};
