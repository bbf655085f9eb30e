/** Attention over pages against the same sums in float64: our kernel and the runtime's operator, any heads, window and position. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { AttentionHeads } from "#core/wasm/attention.ts";
import type { PagedKv, SequenceRows } from "#engine/ports.ts";
import { pagedAttention, type AttentionPlace } from "#engine/model/paged-attention.ts";
import { nodeRuntime } from "./onnx-runtime.ts";

const runtime = await nodeRuntime({ backend: "cpu", threads: 1 });
const PLACE: AttentionPlace = { tier: "edge", compile: (graph) => runtime.compile(graph, new Map()) };

const CONTEXT = 200;
const HEADS: readonly AttentionHeads[] = [
  { heads: 4, kvHeads: 2, headSize: 16, scale: 0.25 },
  { heads: 6, kvHeads: 2, headSize: 8, scale: 1 },
  { heads: 3, kvHeads: 3, headSize: 24, scale: 0.1 },
  { heads: 5, kvHeads: 1, headSize: 8, scale: 2 },
];

/** What a row projects to: queries, keys and values of every head, from the position and a seed. */
const projected = ({ heads, kvHeads, headSize }: AttentionHeads, seed: number, position: number): Float32Array =>
  Float32Array.from({ length: (heads + 2 * kvHeads) * headSize }, (_, i) => Math.sin(seed + 37 * position + 1.7 * i));

/** softmax(scale · q·k) · v of one row: [heads · headSize]. */
function attended(a: AttentionHeads, seed: number, position: number, window: number | null): readonly number[] {
  const first = Math.max(0, position + 1 - (window ?? CONTEXT));
  const past = Array.from({ length: position + 1 - first }, (_, i) => projected(a, seed, first + i));
  const query = projected(a, seed, position);
  const of = (row: Float32Array, head: number): Float32Array =>
    row.subarray(head * a.headSize, (head + 1) * a.headSize);
  return Array.from({ length: a.heads }, (_, head) => {
    const group = Math.floor(head / (a.heads / a.kvHeads));
    const scores = past.map((row) => a.scale * dot(of(query, head), of(row, a.heads + group)));
    const largest = Math.max(...scores);
    const powers = scores.map((score) => Math.exp(score - largest));
    const total = powers.reduce((x, y) => x + y, 0);
    return Array.from({ length: a.headSize }, (__, i) =>
      past.reduce(
        (sum, row, p) => sum + ((powers[p] ?? 0) / total) * (of(row, a.heads + a.kvHeads + group)[i] ?? 0),
        0,
      ),
    );
  }).flat();
}

const dot = (x: Float32Array, y: Float32Array): number => x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);

test.each(HEADS)("$heads heads of $headSize over $kvHeads", async (heads) => {
  const window = fc.option(fc.integer({ min: 1, max: CONTEXT }));
  const pieces = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(pieces, window, fc.integer({ min: 0, max: 99 }), async (counts, within, seed) => {
      const attention = pagedAttention(heads, CONTEXT, PLACE);
      if (attention === null) throw new Error("these heads fit");
      const [mine, other] = [attention.allocate(2, CONTEXT), attention.allocate(1, CONTEXT)];
      let position = 0;
      for (const count of counts.filter((_, i) => counts.slice(0, i + 1).reduce((x, y) => x + y) <= CONTEXT)) {
        mine.reserve(position + count);
        other.reserve(1);
        const rows = Array.from({ length: count }, (_, i) => projected(heads, seed, position + i));
        const sequences: SequenceRows[] = [
          { kv: other, place: 0, position: 0, count: 1, window: null },
          { kv: mine, place: 1, position, count, window: within },
        ];
        const all = Float32Array.from([projected(heads, seed + 1, 0), ...rows].flatMap((row) => [...row]));
        const got = (await attention.attend(sequences, all)).subarray(heads.heads * heads.headSize);
        const expected = rows.flatMap((_, i) => attended(heads, seed, position + i, within));
        expect(got.length).toBe(expected.length);
        expect(Math.max(...expected.map((value, i) => Math.abs(value - (got[i] ?? Number.NaN))))).toBeLessThan(2e-5);
        position += count;
      }
      mine.close();
      other.close();
      expect(attention.pages).toBe(0);
      await attention.close();
    }),
    { numRuns: 12 },
  );
});

test("heads whose size is no multiple of eight have none", () => {
  expect(pagedAttention({ heads: 2, kvHeads: 1, headSize: 12, scale: 1 }, CONTEXT, PLACE)).toBe(null);
});

/** 4096 pages to a GiB; pages that nobody writes to take no memory. */
const LARGE: AttentionHeads = { heads: 8, kvHeads: 8, headSize: 64, scale: 0.125 };
const PAGE_BYTES = 1 << 18;

test("who finds no room takes none, and the others have what is left", async () => {
  const attention = pagedAttention(LARGE, CONTEXT, PLACE);
  if (attention === null) throw new Error("these heads fit");
  const [greedy, modest] = [attention.allocate(2 ** 14, CONTEXT), attention.allocate(4, CONTEXT)];
  modest.reserve(1);
  expect(() => greedy.reserve(1)).toThrow(
    expect.objectContaining({
      failure: expect.objectContaining({ code: "out-of-memory", bytes: 2 ** 14 * PAGE_BYTES }),
    }),
  );
  expect([greedy.bytes, attention.pages]).toEqual([0, 4]);
  modest.reserve(65);
  expect(modest.bytes).toBe(8 * PAGE_BYTES);
  await attention.close();
});

test("pages above two gibibytes are as good as those below", async () => {
  const attention = pagedAttention(LARGE, CONTEXT, PLACE);
  if (attention === null) throw new Error("these heads fit");
  const row = projected(LARGE, 1, 0);
  const outputOf = async (kv: PagedKv): Promise<Float32Array> => {
    kv.reserve(1);
    return attention.attend([{ kv, place: 0, position: 0, count: 1, window: null }], row);
  };
  const below = await outputOf(attention.allocate(1, CONTEXT));
  attention.allocate(2 ** 13, CONTEXT).reserve(1);
  expect(await outputOf(attention.allocate(1, CONTEXT))).toEqual(below);
  await attention.close();
});
