/** Tensors as a checkpoint has them, out of what the converter to GGUF made of them. */
import { HALF_ENCODINGS } from "../../encodings.ts";
import type { StoredTensor } from "../format.ts";
import type { Change } from "../../families/gguf-words.ts";

type Floats = Float32Array<ArrayBuffer>;
type Heads = { readonly query: number; readonly key: number };

/** The tensor with what undoes the change; as it is where there is none. */
export function undone(stored: StoredTensor, change: Change | null, heads: Heads): StoredTensor {
  if (change === null) return stored;
  const tensor = widened(stored);
  const { shape } = tensor;
  switch (change) {
    case "less-one":
      return { ...tensor, arrange: (values) => values.map((value) => value - 1) };
    case "transposed":
      return { ...tensor, shape: shape.toReversed(), arrange: (values) => transposed(values, shape) };
    case "interleaved-query":
      return { ...tensor, arrange: (values) => halves(values, shape, heads.query) };
    case "interleaved-key":
      return { ...tensor, arrange: (values) => halves(values, shape, heads.key) };
  }
}

/** Only float32 is arranged. */
const widened = (tensor: StoredTensor): StoredTensor =>
  tensor.type === "F32"
    ? tensor
    : { ...tensor, type: "F32", bytes: 2 * tensor.bytes, encoding: HALF_ENCODINGS[tensor.type] };

/** Of each head the even rows, then the odd: the two halves that are turned together. [rows, in] */
function halves(values: Floats, [rows = 0]: readonly number[], heads: number): Floats {
  const [width, size] = [values.length / rows, rows / heads];
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    const place = row % size;
    const from = row - place + (place < size / 2 ? 2 * place : 2 * place - size + 1);
    result.set(values.subarray(from * width, (from + 1) * width), row * width);
  }
  return result;
}

/** [rows, columns] to [columns, rows]. */
function transposed(values: Floats, [rows = 0, columns = 0]: readonly number[]): Floats {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) result[column * rows + row] = values[row * columns + column] ?? 0;
  return result;
}
