/**
 * A matrix times one row, W · x, as WebAssembly. Such a product waits for memory, so weights stay as narrow as the file
 * stores them: numbers of 16 bits become float32 in the register, exactly. Packed, four rows of W lie side by side, four
 * numbers of each in turn, so that one stream of addresses passes them all.
 * A float16 moved into float32's place is its value times 2⁻¹¹², and a subnormal one would stay subnormal, which
 * processors are slow with. Packing multiplies all of a matrix by a power of two that leaves none of these, and x is
 * multiplied by what takes both back: powers of two, so that no bit is lost.
 */
import type { StoredType } from "../model/stored-type.ts";
import { halfToNumber } from "../model/half-numbers.ts";
import { type Constants, sumsOfLanes } from "./lanes.ts";
import { f32x4, i32, i32x4, loop, type Code, type Local } from "./module.ts";

/** How a packed matrix is read: `type` is that of its numbers in memory. */
export interface PackedForm {
  readonly type: StoredType;
  readonly rows: number;
  readonly columns: number;
  /** What x is multiplied by, or a number that is read. */
  readonly scale: number;
}

export interface PackedMatrix {
  readonly form: PackedForm;
  readonly data: Uint8Array;
}

/** Rows, and numbers of each, that lie together. */
const SIDE = 4;
const upToSide = (count: number): number => Math.ceil(count / SIDE) * SIDE;
/** Numbers that a row of so many takes in the memory. */
export const packedWidth = upToSide;
const bytesOf = (type: StoredType): number => (type === "F32" ? 4 : 2);

/** What the kernel makes of a half that is 1. */
const HALF_SHIFTED = 2 ** -112;

/**
 * `bytes`: numbers of `type`, little-endian, of a matrix of `rows` and `columns`, a multiple of 4, that is stored by
 * rows, or `byColumns`. Float16 that no power of two takes out of the subnormal range becomes float32.
 */
export function packMatrix(
  { type, rows, columns }: Omit<PackedForm, "scale">,
  bytes: Uint8Array,
  byColumns: boolean,
): PackedMatrix {
  const own = bytes.slice().buffer;
  const stored = type === "F32" ? new Uint32Array(own) : new Uint16Array(own);
  const room = type === "F16" && stored instanceof Uint16Array ? raise(stored) : 0;
  if (room === null) {
    const wide = new Uint8Array(Float32Array.from(stored, halfToNumber).buffer);
    return packMatrix({ type: "F32", rows, columns }, wide, byColumns);
  }
  const data = sideBySide(byColumns ? turned(stored, rows, columns) : stored, rows, columns);
  return { form: { type, rows, columns, scale: type === "F16" ? 2 ** -room / HALF_SHIFTED : 1 }, data };
}

type Stored = Uint32Array | Uint16Array;

/** By words of 32 bits, since four numbers of a row stay together. */
function sideBySide(stored: Stored, rows: number, columns: number): Uint8Array {
  const words = new Uint32Array(stored.buffer);
  const four = stored.BYTES_PER_ELEMENT; // in words
  const [rowWords, turn] = [(columns / SIDE) * four, SIDE * four];
  const packed = new Uint32Array(upToSide(rows) * rowWords);
  for (let row = 0; row < rows; row++) {
    let to = (row - (row % SIDE)) * rowWords + (row % SIDE) * four;
    for (let from = row * rowWords; from < (row + 1) * rowWords; from += four, to += turn)
      for (let i = 0; i < four; i++) packed[to + i] = words[from + i] ?? 0;
  }
  return new Uint8Array(packed.buffer);
}

/** Stored by columns, given by rows. */
function turned(stored: Stored, rows: number, columns: number): Stored {
  const byRows = stored.slice();
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) byRows[row * columns + column] = stored[column * rows + row] ?? 0;
  return byRows;
}

/** The least subnormal float16, 2⁻²⁴, is ten powers of two below the others. */
const LEAST_ROOM = 10;
const exponentOf = (half: number): number => (half >> 10) & 0x1f;

/** Multiplies all of them by the power of two that it gives, the largest that they have room for; null leaves them as they are. */
function raise(halves: Uint16Array): number | null {
  let largest = 1;
  for (let i = 0; i < halves.length; i++) {
    const exponent = exponentOf(halves[i] ?? 0);
    if (exponent > largest) largest = exponent;
  }
  const room = 30 - largest;
  if (room < LEAST_ROOM) return null;
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i] ?? 0;
    halves[i] = exponentOf(half) > 0 ? half + (room << 10) : raisedSubnormal(half, room);
  }
  return room;
}

function raisedSubnormal(half: number, room: number): number {
  const fraction = half & 0x3ff;
  if (fraction === 0) return half;
  const shift = Math.clz32(fraction) - 21; // to where the leading one is left out
  return (half & 0x8000) | ((room + 1 - shift) << 10) | ((fraction << shift) & 0x3ff);
}

/** Sign, five bits of exponent and ten of fraction of a half, where float32 has them. */
const HALF_BITS = 0x8fffe000 | 0;

/** Four numbers of a row as float32; of a half still to be scaled. */
function wide(type: StoredType, address: Code, offset: number, constants: Constants): Code {
  if (type === "F32") return f32x4.load(address, offset);
  if (type === "BF16") return i32x4.shiftLeft(i32x4.loadUnsigned16(address, offset), 16);
  return i32x4.and(i32x4.shiftLeft(i32x4.loadSigned16(address, offset), 13), constants.bits(HALF_BITS));
}

/** What these take of a function's locals: addresses, a vector, and four sums. */
export interface ProductLocals {
  readonly matrix: Local;
  readonly x: Local;
  readonly y: Local;
  readonly numbers: Local;
  readonly sums: readonly Local[];
}

interface At {
  /** Of bytes. */
  readonly matrix: number;
  readonly x: number;
  readonly y: number;
}

/** y [rows, up to a multiple of 4] = W · x, where x has been scaled. */
export function matrixVector(form: PackedForm, at: At, locals: ProductLocals, constants: Constants): Code {
  const { matrix, x, y, numbers, sums } = locals;
  const { type, rows, columns } = form;
  const bytes = bytesOf(type) * SIDE; // of four numbers of a row
  const fourColumns = (place: number): Code => [
    ...numbers.set(f32x4.load(x.get, at.x + 4 * SIDE * place)),
    ...sums.flatMap((sum, row) => {
      const weights = wide(type, matrix.get, (place * SIDE + row) * bytes, constants);
      return sum.set(f32x4.add(sum.get, f32x4.multiply(numbers.get, weights)));
    }),
  ];
  const columnsAtOnce = (times: number): Code => [
    ...Array.from({ length: times }, (_, place) => fourColumns(place)).flat(),
    ...matrix.set(i32.add(matrix.get, i32.const(times * SIDE * bytes))),
  ];
  const inPairs = columns - (columns % (2 * SIDE));
  return [
    ...matrix.set(i32.const(at.matrix)),
    ...y.set(i32.const(0)),
    ...loop(y, i32.const(4 * upToSide(rows)), 4 * SIDE, [
      ...sums.flatMap((sum) => sum.set(constants.get(0))),
      ...x.set(i32.const(0)),
      ...loop(x, i32.const(4 * inPairs), 4 * 2 * SIDE, columnsAtOnce(2)),
      ...(inPairs < columns ? columnsAtOnce(1) : []),
      ...f32x4.store(y.get, sumsOfLanes(sums.map((sum) => sum.get)), at.y),
    ]),
  ];
}

/** y [columns] = row `index` of W. */
export function matrixRow(
  form: PackedForm,
  at: Omit<At, "x">,
  index: Code,
  locals: ProductLocals,
  constants: Constants,
): Code {
  const { matrix, y } = locals;
  const { type, columns, scale } = form;
  const bytes = bytesOf(type) * SIDE;
  const group = i32.multiply(i32.shiftRight(index, i32.const(2)), i32.const(columns * bytes));
  const lane = i32.multiply(i32.and(index, i32.const(SIDE - 1)), i32.const(bytes));
  const read = wide(type, matrix.get, at.matrix, constants);
  return [
    ...matrix.set(i32.add(group, lane)),
    ...y.set(i32.const(0)),
    ...loop(y, i32.const(4 * columns), 4 * SIDE, [
      ...f32x4.store(y.get, f32x4.multiply(read, constants.get(scale)), at.y),
      ...matrix.set(i32.add(matrix.get, i32.const(SIDE * bytes))),
    ]),
  ];
}
