/** Rows in, each block's keys and values out, whatever the steps they came in. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { HostKv } from "./host-kv.ts";

const SHAPE = { blocks: 3, kvHeads: 2, headSize: 2 };
const WIDTH = SHAPE.kvHeads * SHAPE.headSize;

/** What position, block, part (0 keys, 1 values) and place in the row are told apart by. */
const number = (position: number, block: number, part: number, place: number): number =>
  position * 100 + block * 10 + part * 5 + place / 10;

/** [count, blocks · 2 · kvHeads · headSize] */
function rows(position: number, count: number): Float32Array {
  const all: number[] = [];
  for (let row = position; row < position + count; row++)
    for (let block = 0; block < SHAPE.blocks; block++)
      for (const part of [0, 1]) for (let place = 0; place < WIDTH; place++) all.push(number(row, block, part, place));
  return Float32Array.from(all);
}

/** [kvHeads, positions, headSize] */
function expected(positions: number, block: number, part: number): Float32Array {
  const all: number[] = [];
  for (let head = 0; head < SHAPE.kvHeads; head++)
    for (let position = 0; position < positions; position++)
      for (let i = 0; i < SHAPE.headSize; i++) all.push(number(position, block, part, head * SHAPE.headSize + i));
  return Float32Array.from(all);
}

test("rows of steps of any length come back block by block, also past where the arrays grow", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 }), async (steps) => {
      const kv = new HostKv(SHAPE, 300);
      let position = 0;
      for (const count of steps) {
        kv.append(position, rows(position, count));
        position += count;
      }
      for (let block = 0; block < SHAPE.blocks; block++) {
        const { keys, values } = await kv.read(block, position);
        expect(keys).toEqual(expected(position, block, 0));
        expect(values).toEqual(expected(position, block, 1));
      }
    }),
    { numRuns: 30 },
  );
});

test("a repeated step writes over what was there, and the memory follows what is held", async () => {
  const kv = new HostKv(SHAPE, 300);
  const small = kv.bytes;
  kv.append(0, rows(0, 10));
  kv.append(4, rows(4, 2));
  expect((await kv.read(1, 10)).keys).toEqual(expected(10, 1, 0));
  kv.append(10, rows(10, 100));
  expect(kv.bytes).toBe(2 * small);
  expect(kv.dims).toEqual([1, SHAPE.kvHeads, 128, SHAPE.headSize]);
});
