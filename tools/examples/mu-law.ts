/**
 * A codec in one file: 8 bits a value on a logarithmic scale, as telephones have it. First each
 * position's largest magnitude [count] float32, then the codes [count, width]. Small values keep
 * about the same relative precision that large ones have; int8 rounds them all by the same amount.
 * A position that holds anything but finite numbers decodes to NaN throughout.
 * Source: ITU-T G.711 (mu-law), with the continuous curve in place of its segments.
 */
import type { OwnCodec } from "#core/codec/registry.ts";
import { checkBytes, requireValues } from "#core/codec/lengths.ts";
import { largestOf } from "#core/codec/magnitude.ts";
import { ok } from "#core/run/failure.ts";

const MU = 255;
const LEVELS = 127;
const TINY = 2 ** -149; // the smallest float32 above 0

const compressed = (share: number): number => Math.log1p(MU * share) / Math.log1p(MU);
const expanded = (share: number): number => Math.expm1(share * Math.log1p(MU)) / MU;
/** The curve is steepest at 1: half a code there is the largest error. */
const WORST = 1 - expanded(1 - 0.5 / LEVELS);

const muLaw: OwnCodec = {
  name: "mu-law",
  summary: "8 bits on a logarithmic scale, a quarter of the bytes",
  exact: false,
  bytesPerPosition: (width) => width + 4,
  errorBound: (largest) => largest * (WORST * 1.02 + 2 ** -20) + TINY, // 2% for the codes on either side of that half
  encode(values, count, width) {
    requireValues(values, count, width);
    const scales = Float32Array.from({ length: count }, (_, position) => largestOf(values, position * width, width));
    const codes = Int8Array.from(values, (value, at) => {
      const scale = scales[Math.floor(at / width)] ?? 0;
      return scale > 0 ? Math.sign(value) * Math.round(LEVELS * compressed(Math.abs(value) / scale)) : 0;
    });
    const bytes = new Uint8Array(count * (width + 4));
    bytes.set(new Uint8Array(scales.buffer));
    bytes.set(new Uint8Array(codes.buffer), count * 4);
    return bytes;
  },
  decode(bytes, count, width) {
    const wrong = checkBytes(bytes, count * (width + 4), "mu-law");
    if (wrong !== null) return wrong;
    const scales = new Float32Array(bytes.slice(0, count * 4).buffer);
    const codes = new Int8Array(bytes.slice(count * 4).buffer);
    return ok(
      Float32Array.from(
        codes,
        (code, at) => (scales[Math.floor(at / width)] ?? 0) * Math.sign(code) * expanded(Math.abs(code) / LEVELS),
      ),
    );
  },
};

export default muLaw;
