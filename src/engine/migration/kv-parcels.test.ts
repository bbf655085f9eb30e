import fc from "fast-check";
import { expect, test } from "vitest";
import { KvAssembly, packParcel, parcelBytes, parcelsOf, rowBytes } from "./kv-parcels.ts";
import type { KvSlice } from "../ports.ts";

const shapes = fc.record({ kvHeads: fc.integer({ min: 1, max: 3 }), headSize: fc.integer({ min: 1, max: 5 }) });
const slices = fc
  .record({
    shape: shapes,
    from: fc.nat(3),
    blocks: fc.integer({ min: 1, max: 4 }),
    positions: fc.integer({ min: 1, max: 20 }),
  })
  .map(({ shape, from, blocks, positions }) => {
    const rows = (seed: number): Float32Array =>
      Float32Array.from({ length: shape.kvHeads * positions * shape.headSize }, (_, at) => seed * 1000 + at);
    const slice: KvSlice = {
      from,
      to: from + blocks,
      positions,
      keys: Array.from({ length: blocks }, (_, block) => rows(block)),
      values: Array.from({ length: blocks }, (_, block) => rows(100 + block)),
    };
    return { shape, slice };
  });

test("whatever fits into a message, what is put together is what was taken apart", () => {
  fc.assert(
    fc.property(slices, fc.integer({ min: 1, max: 4000 }), fc.nat(9), ({ shape, slice }, room, spare) => {
      const parcels = parcelsOf(slice, slice.positions, shape, room);
      const assembly = new KvAssembly(slice, slice.positions + spare, shape);
      for (const parcel of [...parcels, ...parcels]) {
        // twice: a message asked again is no harm
        const bytes = packParcel(slice, parcel, shape);
        expect(bytes.byteLength).toBe(parcelBytes(parcel, shape));
        expect(bytes.byteLength).toBeLessThanOrEqual(Math.max(room, rowBytes(shape)));
        assembly.put(parcel, bytes);
      }
      expect(assembly.slice(slice.positions)).toEqual(slice);
    }),
  );
});

test("a gap, a stranger's block and bytes that are not there are refused, and nothing is taken for whole that is not", () => {
  const shape = { kvHeads: 1, headSize: 2 };
  const assembly = new KvAssembly({ from: 2, to: 4 }, 8, shape);
  const put =
    (from: number, to: number, position: number, count: number, bytes = (to - from) * count * 16) =>
    () =>
      assembly.put({ from, to, position, count }, new Uint8Array(bytes));
  expect(put(2, 3, 1, 1)).toThrow("position-gap");
  expect(put(1, 3, 0, 1)).toThrow("bad-frame");
  expect(put(2, 5, 0, 1)).toThrow("bad-frame");
  expect(put(2, 4, 0, 1, 15)).toThrow("bad-frame");
  expect(put(2, 4, 0, 9)).toThrow("context-full");
  put(2, 4, 0, 3)();
  put(2, 3, 3, 2)();
  expect(() => assembly.slice(4)).toThrow("position-gap"); // block 3 has three
  expect(assembly.slice(3).positions).toBe(3);
});
