/**
 * The families there are. Adding one is its file and its row here: configs are read, tensors checked,
 * shards cut, graphs built and compared with the reference through this table alone.
 */
import type { Architecture } from "../architecture.ts";
import type { Family, KvRow } from "./family.ts";
import { llama } from "./llama.ts";

const FAMILIES = { llama } satisfies Readonly<Record<string, Family>>;

export type FamilyName = keyof typeof FAMILIES;

const isFamily = (name: string): name is FamilyName => Object.hasOwn(FAMILIES, name);

export const FAMILY_NAMES: readonly FamilyName[] = Object.keys(FAMILIES).filter(isFamily);

export const familyNamed = (name: FamilyName): Family => FAMILIES[name];

export const familyOf = ({ family }: Pick<Architecture, "family">): Family => FAMILIES[family];

/** What a block keeps of each position. */
export const kvOf = (a: Architecture): KvRow => familyOf(a).kv(a);

/** Bytes of keys and values that one position costs in one block, float32. */
export function kvBytesPerPosition(a: Architecture): number {
  const { kvHeads, headSize } = kvOf(a);
  return 2 * kvHeads * headSize * 4;
}
