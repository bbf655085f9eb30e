/**
 * Products with matrices whose numbers stay in blocks of four or eight bits, as `model/packed-blocks.ts` lays them out.
 * Activations stay float32: the sums are those of the decoded matrix but for rounding.
 */
import { BLOCK, packBlocks, packedBytes, packedForm, packedPlaces } from "../model/packed-blocks.ts";
import { aloneAs, type Blocks, type OperatorResult, type Value, type Weight } from "./graph.ts";
import { rowsOf } from "./layers.ts";
import {
  add,
  concat,
  gather,
  gatherBlocks,
  matMul,
  matMulBlocks,
  reshape,
  slice,
  sum,
  transpose,
} from "./operators.ts";
import type { BlockMatrices } from "./shard-weights.ts";

/** Blocks as onnxruntime's CPU kernels read them. */
export const packedMatrices: BlockMatrices = {
  packedBytes,
  packBlocks,
  blocksAt(type, whole) {
    const form = packedForm(type);
    if (form === null) throw new Error(`${whole.name} is decoded before a graph reads it`);
    const [rows = 0] = whole.shape;
    const { blocks, scales, offsets, bytes } = packedPlaces(form, whole.shape);
    const perRow = form.planes * blocks;
    const part = (what: string, dtype: "U8" | "F32", shape: readonly number[], from: number, to: number): Weight => ({
      ...whole,
      name: `${whole.name} ${what}`,
      type: dtype,
      shape,
      offset: whole.offset + from,
      bytes: to - from,
    });
    return blocksOf({
      planes: form.planes,
      codes: part("codes", "U8", [rows, perRow, BLOCK / 2], 0, scales),
      table: part("table", "U8", [rows, (perRow * BLOCK) / 2], 0, scales),
      scales: part("scales", "F32", [rows, perRow], scales, offsets),
      offsets: form.offsets ? part("offsets", "F32", [rows, blocks], offsets, bytes) : null,
    });
  },
};

/** A row has `planes` times as many blocks as its numbers fill. */
interface Parts {
  readonly planes: 1 | 2;
  readonly codes: Weight; // uint8 [rows, planes · blocks, 16]
  /** The same bytes. */
  readonly table: Weight; // uint8 [rows, planes · blocks · 16]
  readonly scales: Weight; // float32 [rows, planes · blocks]
  readonly offsets: Weight | null; // float32 [rows, blocks]
}

const blocksOf = (parts: Parts): Blocks => ({
  product: (x) => aloneAs(product(x, parts), "BlockProduct", [x, parts.codes, parts.scales, parts.offsets]),
  lookUp: (ids) => aloneAs(lookUp(ids, parts), "BlockLookUp", [ids, parts.codes, parts.scales, parts.offsets]),
  rows: (from, to) =>
    blocksOf({
      planes: parts.planes,
      codes: rowsOf(parts.codes, from, to),
      table: rowsOf(parts.table, from, to),
      scales: rowsOf(parts.scales, from, to),
      offsets: parts.offsets && rowsOf(parts.offsets, from, to),
    }),
});

function product(x: Value, { planes, codes, scales, offsets }: Parts): OperatorResult {
  const all = matMulBlocks(planes === 1 ? x : concat([x, x], -1), codes, scales);
  if (offsets === null) return all;
  const sums = sum(reshape(x, [0, 0, -1, BLOCK])); // [a, b, columns / 32]
  return add(all, matMul(sums, transpose(offsets)));
}

function lookUp(ids: Value, { planes, table, scales, offsets }: Parts): OperatorResult {
  const columns = ((table.shape[1] ?? 0) * 2) / planes;
  const numbers = gatherBlocks(table, ids, scales);
  const rows = planes === 1 ? numbers : add(slice(numbers, 0, columns, -1), slice(numbers, columns, 2 * columns, -1));
  if (offsets === null) return rows;
  const added = reshape(gather(offsets, ids, 0), [0, 0, -1, 1]); // [a, b, columns / 32, 1]
  return reshape(add(reshape(rows, [0, 0, -1, BLOCK]), added), [0, 0, columns]);
}
