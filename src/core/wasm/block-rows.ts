/**
 * A matrix in blocks times one row, as WebAssembly, and one of its rows. Four rows of the matrix lie side by side, block
 * by block: codes, then scales, then offsets. A vector of 32-bit lanes has as many codes in each lane as fit, four
 * neighbours of the matrix' row in its four lanes; a mask leaves one of each lane, larger by a power of two than the
 * code, and x has been divided by that power beforehand, exactly. So a code costs no shift.
 * W = scale · (code - centre) + offset: the sum over a block begins at -centre times the sum of x.
 */
import { BLOCK } from "../model/packed-blocks.ts";
import type { Weight } from "../onnx/graph.ts";
import { sumsOfLanes } from "./lanes.ts";
import { f32x4, i32, i32x4, loop, type Code, type Local } from "./module.ts";
import type { Row, RowBuilder, RowCall, RowOperator } from "./row-operators.ts";

/** Rows side by side. */
const SIDE = 4;
const VECTOR = 16;

/** How the matrix lies in memory; all in bytes, from the beginning of a block of four rows. */
interface Form {
  readonly rows: number;
  readonly columns: number;
  readonly bits: 4 | 8;
  /** Of one row's codes. */
  readonly codeBytes: number;
  readonly scales: number;
  /** Null where there are none. */
  readonly offsets: number | null;
  readonly bytes: number;
}

interface Parts {
  readonly codes: Weight;
  readonly scales: Weight;
  readonly offsets: Weight | null;
}

/** By the names that `onnx/blocks.ts` gives them. */
export const BLOCK_ROWS: Readonly<Record<string, RowOperator>> = { BlockProduct: product, BlockLookUp: lookUp };

function formOf({ codes, offsets }: Parts): Form {
  const [rows = 0, blocks = 0] = codes.shape;
  const bits = planesOf(codes, offsets) === 1 ? 4 : 8;
  const codeBytes = 4 * bits;
  const scales = SIDE * codeBytes;
  const extra = bits === 4 && offsets !== null ? VECTOR : 0;
  const columns = (blocks * BLOCK * 4) / bits;
  return {
    rows,
    columns,
    bits,
    codeBytes,
    scales,
    offsets: extra === 0 ? null : scales + VECTOR,
    bytes: scales + VECTOR + extra,
  };
}

/** Two where a row has two blocks of codes for each of offsets: the high halves of eight bits, then the low ones. */
const planesOf = (codes: Weight, offsets: Weight | null): number =>
  offsets === null ? 1 : (codes.shape[1] ?? 0) / (offsets.shape[1] ?? 1);

const centreOf = ({ bits }: Form): number => 2 ** (bits - 1);
/** Codes in a lane. */
const perLane = ({ bits }: Form): number => 32 / bits;
/** What the mask of the `place`th code of a lane leaves it larger by. */
const raisedBy = ({ bits }: Form, place: number): number => (place === 32 / bits - 1 ? 1 : 2 ** (bits * place));

function partsOf({ operands }: RowCall): Parts | null {
  const [, codes, scales, offsets] = operands;
  if (codes?.kind !== "stored" || scales?.kind !== "stored") return null;
  if (offsets?.kind === "stored") return { codes: codes.weight, scales: scales.weight, offsets: offsets.weight };
  return { codes: codes.weight, scales: scales.weight, offsets: null };
}

/** As the runtime's kernel has them (`model/packed-blocks.ts`), to four rows side by side. */
function sideBySide(form: Form, [codes, scales, offsets]: readonly Uint8Array[]): Uint8Array {
  const { rows, columns, bits, codeBytes, bytes } = form;
  const blocks = columns / BLOCK;
  const perRow = bits === 4 ? blocks : 2 * blocks;
  const packed = new Uint8Array(Math.ceil(rows / SIDE) * blocks * bytes);
  const view = new DataView(packed.buffer);
  const [scaleAt, offsetAt] = [floatsAt(scales), floatsAt(offsets)];
  const nibble = (block: number, i: number): number => ((codes?.[block * 16 + (i >> 1)] ?? 0) >> (4 * (i & 1))) & 15;
  for (let row = 0; row < rows; row++)
    for (let block = 0; block < blocks; block++) {
      const group = ((row >> 2) * blocks + block) * bytes;
      const low = row * perRow + block + (bits === 4 ? 0 : blocks);
      for (let i = 0; i < BLOCK; i++) {
        const code = bits === 4 ? nibble(low, i) : nibble(low, i) | (nibble(low - blocks, i) << 4);
        putCode(packed, group + (row & 3) * codeBytes, code, i, bits);
      }
      view.setFloat32(group + form.scales + 4 * (row & 3), scaleAt(low), true);
      if (form.offsets !== null) {
        const offset = offsetAt(row * blocks + block) / -centreOf(form);
        view.setFloat32(group + form.offsets + 4 * (row & 3), offset, true);
      }
    }
  return packed;
}

/** Its numbers by their places; 0 each where there are none. */
function floatsAt(bytes: Uint8Array | undefined): (at: number) => number {
  if (bytes === undefined) return () => 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return (at) => view.getFloat32(4 * at, true);
}

/** Number 4 p + l of a vector's is the pth code of lane l. */
function putCode(packed: Uint8Array, at: number, code: number, i: number, bits: 4 | 8): void {
  const perVector = 128 / bits;
  const place = i % perVector;
  const bit = bits * (place >> 2);
  const byte = at + VECTOR * Math.floor(i / perVector) + 4 * (place & 3) + (bit >> 3);
  packed[byte] = (packed[byte] ?? 0) | (code << (bit & 7));
}

const packedAt = (form: Form, { codes, scales, offsets }: Parts, build: RowBuilder): number =>
  build.shared([codes, scales, ...(offsets === null ? [] : [offsets])], "four rows side by side", (stored) =>
    sideBySide(form, stored),
  );

/** The codes of one place of each lane, as float32, larger by `raisedBy`. */
function codesAt(form: Form, vector: Code, place: number, build: RowBuilder): Code {
  const { bits } = form;
  const one =
    place === perLane(form) - 1
      ? i32x4.shiftRightUnsigned(vector, 32 - bits)
      : i32x4.and(vector, build.constants.bits(((2 ** bits - 1) << (bits * place)) | 0));
  return f32x4.fromIntegers(one);
}

/** W · x: x in the order of the codes is read from `scaled`, its sums over blocks from `sums`, four lanes each. */
function product(call: RowCall): Row | null {
  const [x] = call.operands;
  const { build } = call;
  const parts = partsOf(call);
  if (x?.kind !== "row" || parts === null) return null;
  const form = formOf(parts);
  const matrix = packedAt(form, parts, build);
  const scaled = build.row(x.width);
  const sums = build.row(x.width / 8);
  const out = build.row(form.rows);
  const at = { matrix, scaled: scaled.at, sums: sums.at, out: out.at };
  return build.compute(out, [...prepared(form, x.at, at, build), ...products(form, at, build)]);
}

interface Places {
  readonly matrix: number;
  readonly scaled: number;
  readonly sums: number;
  readonly out: number;
}

function prepared(form: Form, x: number, to: Places, { locals, constants }: RowBuilder): Code {
  const { at, numbers, n } = locals;
  const fours = Array.from({ length: BLOCK / 4 }, (_, four): Code => {
    const scale = 1 / raisedBy(form, four % perLane(form));
    return [
      ...numbers.set(f32x4.load(at.get, x + VECTOR * four)),
      ...n.set(four === 0 ? numbers.get : f32x4.add(n.get, numbers.get)),
      ...f32x4.store(at.get, f32x4.multiply(numbers.get, constants.get(scale)), to.scaled + VECTOR * four),
    ];
  });
  const sum = f32x4.multiply(n.get, constants.get(-centreOf(form)));
  return [
    ...at.set(i32.const(0)),
    ...loop(at, i32.const(4 * form.columns), 4 * BLOCK, [
      ...fours.flat(),
      ...f32x4.store(i32.shiftRight(at.get, i32.const(3)), sum, to.sums),
    ]),
  ];
}

function products(form: Form, places: Places, build: RowBuilder): Code {
  const { constants, locals } = build;
  const { matrix, x, y, sums } = locals;
  return [
    ...matrix.set(i32.const(places.matrix)),
    ...y.set(i32.const(0)),
    ...loop(y, i32.const(4 * Math.ceil(form.rows / SIDE) * SIDE), 4 * SIDE, [
      ...sums.flatMap((sum) => sum.set(constants.get(0))),
      ...x.set(i32.const(0)),
      ...loop(x, i32.const(4 * form.columns), 4 * BLOCK, oneBlock(form, places, build)),
      ...f32x4.store(y.get, sumsOfLanes(sums.map((sum) => sum.get)), places.out),
    ]),
  ];
}

/** Of four rows. */
function oneBlock(form: Form, places: Places, build: RowBuilder): Code {
  const { matrix, x, at, numbers, n, sums, codes, parts } = build.locals;
  const { codeBytes, scales, offsets, bytes } = form;
  const each = (make: (row: number) => Code): Code => sums.flatMap((_, row) => make(row));
  const here = (locals: readonly Local[], row: number): Local => locals[row] ?? n;
  const vectors = Array.from({ length: codeBytes / VECTOR }, (_, vector): Code => {
    const fours = Array.from({ length: perLane(form) }, (__, place): Code => {
      const four = vector * perLane(form) + place;
      return [
        ...numbers.set(f32x4.load(x.get, places.scaled + VECTOR * four)),
        ...each((row) => {
          const part = here(parts, row);
          const weights = codesAt(form, here(codes, row).get, place, build);
          return part.set(f32x4.add(part.get, f32x4.multiply(numbers.get, weights)));
        }),
      ];
    });
    const loaded = each((row) => here(codes, row).set(f32x4.load(matrix.get, row * codeBytes + VECTOR * vector)));
    return [...loaded, ...fours.flat()];
  });
  return [
    ...at.set(i32.shiftRight(x.get, i32.const(3))),
    ...n.set(f32x4.load(at.get, places.sums)),
    ...each((row) => here(parts, row).set(n.get)),
    ...vectors.flat(),
    ...each((row) => {
      const sum = here(sums, row);
      const scaled = f32x4.multiply(here(parts, row).get, f32x4.loadSplat(matrix.get, scales + 4 * row));
      const added = f32x4.add(sum.get, scaled);
      if (offsets === null) return sum.set(added);
      return sum.set(f32x4.add(added, f32x4.multiply(n.get, f32x4.loadSplat(matrix.get, offsets + 4 * row))));
    }),
    ...matrix.set(i32.add(matrix.get, i32.const(bytes))),
  ];
}

/** Row `index` of W. */
function lookUp(call: RowCall): Row | null {
  const [index] = call.operands;
  const { build } = call;
  const parts = partsOf(call);
  if (index?.kind !== "index" || parts === null) return null;
  const form = formOf(parts);
  const out = build.row(form.columns);
  const { matrix, x, y, n, r, numbers } = build.locals;
  const groupBytes = (form.columns / BLOCK) * form.bytes;
  const group = i32.multiply(i32.shiftRight(index.index, i32.const(2)), i32.const(groupBytes));
  const lane = i32.and(index.index, i32.const(SIDE - 1));
  const at = packedAt(form, parts, build);
  // x stands at the row's codes, y at its scale, both moving on from block to block; the numbers go to `matrix`.
  const vectors = Array.from({ length: form.codeBytes / VECTOR }, (_, vector): Code => {
    const stores = Array.from({ length: perLane(form) }, (__, place): Code => {
      const code = f32x4.multiply(
        codesAt(form, numbers.get, place, build),
        build.constants.get(1 / raisedBy(form, place)),
      );
      const centred = f32x4.subtract(code, build.constants.get(centreOf(form)));
      const value = f32x4.add(f32x4.multiply(centred, n.get), r.get);
      return f32x4.store(matrix.get, value, out.at + VECTOR * (vector * perLane(form) + place));
    });
    return [...numbers.set(f32x4.load(x.get, at + VECTOR * vector)), ...stores.flat()];
  });
  const { offsets } = form;
  const offset =
    offsets === null
      ? build.constants.get(0)
      : f32x4.multiply(f32x4.loadSplat(y.get, at + offsets), build.constants.get(-centreOf(form)));
  return build.compute(out, [
    ...x.set(i32.add(group, i32.multiply(lane, i32.const(form.codeBytes)))),
    ...y.set(i32.add(group, i32.multiply(lane, i32.const(4)))),
    ...matrix.set(i32.const(0)),
    ...loop(matrix, i32.const(4 * form.columns), 4 * BLOCK, [
      ...n.set(f32x4.loadSplat(y.get, at + form.scales)),
      ...r.set(offset),
      ...vectors.flat(),
      ...x.set(i32.add(x.get, i32.const(form.bytes))),
      ...y.set(i32.add(y.get, i32.const(form.bytes))),
    ]),
  ]);
}
