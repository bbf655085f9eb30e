/**
 * Smashed data to try a codec on, drawn from a seed: the sizes and magnitudes that models have,
 * and those that break arithmetic (zeros, outliers, subnormals, the ends of float32 and float16).
 */
import { seededRandom, type Random } from "../link/random.ts";
import type { CodecCase } from "./codec-contract.ts";

const LANDMARKS = [
  0,
  -0,
  1,
  -1,
  2 ** -149,
  -(2 ** -126),
  2 ** -24,
  2 ** -25,
  65504,
  65520,
  -65536,
  3.4028234663852886e38,
].map(Math.fround);
const WIDTHS = [1, 2, 3, 7, 32, 33, 64, 128, 384];

/** Each draws one position's values from its own kind of distribution. */
const KINDS: readonly ((random: Random) => () => number)[] = [
  (random) => () => normal(random),
  (random) => () => (random() < 0.03 ? 60 : 1) * normal(random),
  (random) => {
    const scale = 10 ** (60 * random() - 30);
    return () => scale * normal(random);
  },
  (random) => {
    const one = normal(random);
    return () => one;
  },
  () => () => 0,
  (random) => () => LANDMARKS[Math.floor(random() * LANDMARKS.length)] ?? 0,
];

/** Box and Muller's. */
const normal = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

export function codecSamples(seed: number, howMany: number): readonly CodecCase[] {
  const random = seededRandom(seed);
  const oneOf = <T>(choices: readonly T[]): T | undefined => choices[Math.floor(random() * choices.length)];
  return Array.from({ length: howMany }, () => {
    const count = 1 + Math.floor(random() * 4);
    const width = oneOf(WIDTHS) ?? 1;
    const values = new Float32Array(count * width);
    for (let position = 0; position < count; position++) {
      const draw = oneOf(KINDS)?.(random) ?? random;
      for (let at = 0; at < width; at++) values[position * width + at] = draw();
    }
    return { count, width, values };
  });
}
