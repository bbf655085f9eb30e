/**
 * Shapes of results from those of operands, as ONNX defines them. A dimension is a number or a name
 * that the run fills in; what cannot be told from these is null.
 * Source: ONNX operator specifications, "Multidirectional broadcasting".
 */
import type { Dimension, Shape } from "./graph.ts";

type Known = Shape | null;

/** Axes aligned at the right; 1 stretches to the other's length. */
export function broadcast(x: Known, y: Known): Known {
  if (x === null || y === null) return null;
  const rank = Math.max(x.length, y.length);
  const axes = Array.from({ length: rank }, (_, i) => together(x.at(i - rank) ?? 1, y.at(i - rank) ?? 1));
  return known(axes);
}

const together = (one: Dimension, other: Dimension): Dimension | null => {
  if (one === other || other === 1) return one;
  return one === 1 ? other : null;
};

/** A matrix product over the last two axes: [..., m, k] and [..., k, n] give [..., m, n]. */
export function product(x: Known, y: Known): Known {
  const batch = broadcast(x && x.slice(0, -2), y && y.slice(0, -2));
  const [rows, columns] = [x?.at(-2), y?.at(-1)];
  return batch === null || rows === undefined || columns === undefined ? null : [...batch, rows, columns];
}

export const permuted = (x: Known, order: readonly number[]): Known => x && known(order.map((axis) => x[axis] ?? null));

/** `table` with its axis replaced by the axes of `indices`. */
export const gathered = (table: Known, indices: Known, axis: number): Known =>
  table && indices && [...table.slice(0, axis), ...indices, ...table.slice(axis + 1)];

/** As ONNX's Reshape reads `lengths`: 0 keeps the axis in that place, -1 is what is left of the others. */
export function reshaped(x: Known, lengths: readonly number[]): Known {
  if (x === null) return null;
  const kept = lengths.map((length, axis) => (length === 0 ? (x[axis] ?? null) : length));
  // Axes that are kept under their names are on both sides and cancel out.
  const rest = (axes: readonly (Dimension | null)[]): number | null =>
    axes.reduce<number | null>(
      (all, length, axis) =>
        lengths[axis] === 0 ? all : typeof length === "number" && all !== null ? all * length : null,
      1,
    );
  const [before, others] = [rest(x), rest(kept.map((length) => (length === -1 ? 1 : length)))];
  const left = before === null || others === null ? null : before / others;
  return known(kept.map((length) => (length === -1 ? left : length)));
}

/** Parts one behind the other along `axis`; as they are along the others. */
export function chained(parts: readonly Known[], axis: number): Known {
  const [first = null] = parts;
  if (first === null) return null;
  const at = axis < 0 ? first.length + axis : axis;
  const lengths = parts.map((part) => part?.[at]);
  const length = lengths.reduce<number>((sum, each) => sum + (typeof each === "number" ? each : Number.NaN), 0);
  return Number.isNaN(length) ? null : first.with(at, length);
}

/** [1, n, count · size] by heads: [1, count, n, size]. */
export function heads(x: Known, count: number): Known {
  const [batch, positions, width] = x ?? [];
  if (batch === undefined || positions === undefined || typeof width !== "number") return null;
  return [batch, count, positions, width / count];
}

const known = (axes: readonly (Dimension | null)[]): Known => {
  const found = axes.filter((axis) => axis !== null);
  return found.length === axes.length ? found : null;
};
