/** The largest magnitude of one position's values; NaN when there is anything that is not finite. */
export function largestOf(values: Float32Array, start: number, length: number): number {
  let largest = 0;
  for (let at = start; at < start + length; at++) {
    const magnitude = Math.abs(values[at] ?? 0);
    if (!(magnitude < Infinity)) return NaN;
    if (magnitude > largest) largest = magnitude;
  }
  return largest;
}

/**
 * Indices within a position of its `keep` values of largest magnitude, ascending; of equal ones
 * the earlier. All values must be finite.
 */
export function largestIndices(values: Float32Array, start: number, width: number, keep: number): Uint16Array {
  const magnitudes = values.slice(start, start + width);
  for (let index = 0; index < width; index++) magnitudes[index] = Math.abs(magnitudes[index] ?? 0);
  const sorted = magnitudes.slice().sort();
  const threshold = sorted[width - keep] ?? 0;
  const above = width - 1 - sorted.lastIndexOf(threshold);
  let ties = keep - above;
  const indices = new Uint16Array(keep);
  let found = 0;
  for (let index = 0; index < width && found < keep; index++) {
    const magnitude = magnitudes[index] ?? 0;
    if (magnitude > threshold || (magnitude === threshold && ties-- > 0)) indices[found++] = index;
  }
  return indices;
}
