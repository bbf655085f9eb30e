/** What becomes of a frame on its way: nothing, or one of the ways in which frames go wrong. */
import { FRAME_HEADER_BYTES, HEADER_LAYOUT } from "#core/frames/frame-header.ts";
import type { Chance } from "./chance.ts";

/** A table over all ways, so that a figure can be given for each. */
const MUTATIONS = {
  "bits flipped": (chance, frame) => {
    const changed = frame.slice();
    for (let count = chance.between(1, 4); count > 0; count--) {
      const at = chance.below(changed.length);
      changed[at] = (changed[at] ?? 0) ^ (1 << chance.below(8));
    }
    return changed;
  },
  "a field replaced": (chance, frame) => {
    const changed = frame.slice();
    const { offset, bytes } = chance.one(HEADER_LAYOUT);
    const value = chance.u32();
    for (let at = 0; at < bytes; at++) changed[offset + at] = (value >>> (8 * at)) & 255;
    return changed;
  },
  "cut short": (chance, frame) => frame.slice(0, chance.below(frame.length)),
  "bytes behind the end": (chance, frame) => Uint8Array.from([...frame, ...chance.bytes(chance.between(1, 40))]),
  "header alone": (_, frame) => frame.slice(0, FRAME_HEADER_BYTES),
  "random bytes": (chance) => chance.bytes(chance.below(80)),
  "random behind a header": (chance, frame) =>
    Uint8Array.from([...frame.subarray(0, FRAME_HEADER_BYTES), ...chance.bytes(chance.below(200))]),
  "two in one": (_, frame) => Uint8Array.from([...frame, ...frame]),
  "much too long": (chance, frame) => {
    const long = new Uint8Array(chance.between(1 << 10, 1 << 18));
    long.set(frame.subarray(0, Math.min(frame.length, long.length)));
    return long;
  },
} as const satisfies Readonly<Record<string, (chance: Chance, frame: Uint8Array) => Uint8Array>>;

export type Mutation = keyof typeof MUTATIONS;
const NAMES = Object.keys(MUTATIONS) as Mutation[];
/** One that is dear to send. */
const RARE: Mutation = "much too long";
const COMMON = NAMES.filter((name) => name !== RARE);

export function mutated(
  chance: Chance,
  frame: Uint8Array,
): { readonly mutation: Mutation; readonly bytes: Uint8Array } {
  const mutation = chance.of(0.02) ? RARE : chance.one(COMMON);
  return { mutation, bytes: MUTATIONS[mutation](chance, frame) };
}
