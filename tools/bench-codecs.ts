/**
 * `npm run bench:codecs`: how long each codec takes for a prompt's activations, there and back, as a
 * ratio to float32's own in the same round. Rounds go over all codecs in turn.
 *
 * --rounds N (15), --positions N (512), --width N (256)
 */
import type { Codec } from "#core/codec/codec.ts";
import { allCodecs } from "#core/codec/registry.ts";
import { quantile } from "#core/measure/summary.ts";
import { unwrap } from "#core/run/failure.ts";
import { readFlags } from "./read-flags.ts";

const { values } = readFlags({
  options: {
    rounds: { type: "string", default: "15" },
    positions: { type: "string", default: "512" },
    width: { type: "string", default: "256" },
  },
});
const [rounds, positions, width] = [Number(values.rounds), Number(values.positions), Number(values.width)];

const activations = Float32Array.from({ length: positions * width }, (_, index) => Math.sin(index) * 3); // [positions, width]

function timeOf(codec: Codec): number {
  const startMs = performance.now();
  unwrap(codec.decode(codec.encode(activations, positions, width), positions, width));
  return performance.now() - startMs;
}

const codecs = allCodecs();
for (const codec of codecs) timeOf(codec); // compiled, and its tables made
const times = new Map<string, number[]>(codecs.map(({ name }) => [name, []]));
for (let round = 0; round < rounds; round++) for (const codec of codecs) times.get(codec.name)?.push(timeOf(codec));

const first = times.get("f32") ?? [];
const spread = (numbers: readonly number[]): string =>
  [0.5, 0.25, 0.75].map((share) => (quantile(numbers, share) ?? NaN).toFixed(2).padStart(8)).join(" ");
console.log(`${positions} positions of ${width} values, there and back; n = ${rounds}, median, quartiles`);
console.log(`${"codec".padEnd(12)} ${"ms".padStart(8)} ${"".padStart(17)} ${"times f32".padStart(9)}`);
for (const [name, each] of times)
  console.log(`${name.padEnd(12)} ${spread(each)} ${spread(each.map((ms, round) => ms / (first[round] ?? NaN)))}`);
