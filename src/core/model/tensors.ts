/**
 * Which tensors a checkpoint has, by the part that holds them and the role they play there: names in
 * the file, and the shapes that follow from the config. A family lists them once; the reader checks
 * the file against the list, shards group by it and the graph asks by role.
 */
import type { Architecture } from "./architecture.ts";

export interface TensorSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** Of a matrix that is read by columns, [in, out]: it cannot be in blocks, which lie along rows. */
  readonly byColumns?: true;
}

/** A part's tensors in the order of their use. */
export type TensorMap<Role extends string = string> = ReadonlyMap<Role, TensorSpec>;

export interface ModelTensors<Role extends string = string> {
  readonly embedding: TensorMap<Role>;
  readonly block: (index: number) => TensorMap<Role>;
  /** The final norm. */
  readonly norm: TensorMap<Role>;
  /** Null where the head is the embedding's table. */
  readonly head: TensorMap<Role> | null;
}

/** A trained exit's tensors in `exits.safetensors`, ours and the same for every family: a norm and a projection in front of the head. */
export const exitTensors = (a: Architecture, depth: number): readonly TensorSpec[] => [
  { name: `exits.${depth}.norm.weight`, shape: [a.hidden] },
  { name: `exits.${depth}.projection.weight`, shape: [a.hidden, a.hidden] },
];
