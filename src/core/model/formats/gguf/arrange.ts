/** Tensors as a checkpoint has them, out of what the converter to GGUF made of them. */
import type { Change } from "../../families/gguf-words.ts";
import { asFloat32 } from "../../tensor-source.ts";
import type { StoredTensor } from "../format.ts";

type Floats = Float32Array<ArrayBuffer>;
type Heads = { readonly query: number; readonly key: number };

/** The tensor with what undoes the change; as it is where there is none. */
export function undone(stored: StoredTensor, change: Change | null, heads: Heads): StoredTensor {
  const { shape } = stored;
  switch (change) {
    case null:
      return stored;
    case "less-one":
      return { ...asFloat32(stored), arrange: (values) => values.map((value) => value - 1) };
    case "transposed":
      return { ...asFloat32(stored), shape: shape.toReversed(), arrange: (values) => transposed(values, shape) };
    case "interleaved-query":
      return { ...stored, rowFrom: halves(shape, heads.query) };
    case "interleaved-key":
      return { ...stored, rowFrom: halves(shape, heads.key) };
  }
}

/** Of each head the even rows, then the odd: the two halves that are turned together. [rows, in] */
function halves([rows = 0]: readonly number[], heads: number): (row: number) => number {
  const size = rows / heads;
  return (row) => {
    const place = row % size;
    return row - place + (place < size / 2 ? 2 * place : 2 * place - size + 1);
  };
}

/** [rows, columns] to [columns, rows]. */
function transposed(values: Floats, [rows = 0, columns = 0]: readonly number[]): Floats {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) result[column * rows + row] = values[row * columns + column] ?? 0;
  return result;
}
