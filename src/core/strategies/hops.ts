/** The hops that strategies are placed with: on the device, at the edge, and how the edge is reached. */
import type { Segment } from "../model/architecture.ts";
import type { Hop } from "../run/path.ts";
import type { Placing } from "./facts.ts";

export const wholeOf = (blocks: number): Segment => ({ embedding: true, from: 0, to: blocks, head: true });
export const frontOf = (cut: number): Segment => ({ embedding: true, from: 0, to: cut, head: false });
export const middleOf = (from: number, to: number): Segment => ({ embedding: false, from, to, head: false });
export const backOf = (from: number, blocks: number): Segment => ({ embedding: false, from, to: blocks, head: true });

const EXACT = { precision: "f32", adapter: null } as const;

/** Where the tab is already: nothing is crossed. */
export const onDevice = (segment: Segment): Hop => ({
  ...EXACT,
  tier: "device",
  endpoint: null,
  segment,
  link: null,
  codec: null,
});

/** Where activations come back to the tab over the link. */
export const backOnDevice = (segment: Segment, { link, codec }: Placing): Hop => ({
  ...onDevice(segment),
  link,
  codec,
});

/** Where activations come up to the edge server; where token ids come up there is no codec. */
export const atEdge = (segment: Segment, { link, codec, edge }: Placing): Hop => ({
  ...EXACT,
  tier: "edge",
  endpoint: edge ?? null,
  segment,
  link,
  codec: segment.embedding ? null : codec,
});
