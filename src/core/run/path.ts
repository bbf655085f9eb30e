/**
 * The way of a position through the tiers: hops in order, each a segment somewhere. Two tiers are
 * the shortest path with a cut, not a special case: the config's `cut`, `edge`, `link` and `codec`
 * are the short way to write it. Link and codec of a hop are those by which a position comes to it.
 */
import type { Segment } from "../model/architecture.ts";
import type { LinkChoice } from "./config.ts";

export type Tier = "device" | "edge" | "cloud";

export interface Hop {
  readonly tier: Tier;
  /** URL of the server that runs it; null is the end device, or the edge server that served the page. */
  readonly endpoint: string | null;
  readonly segment: Segment;
  /** Null where nothing is crossed: between hops of one tier, and where a path begins on the device. */
  readonly link: LinkChoice | null;
  /** How the activations travel to this hop, by name in the registry; null where none travel, as where token ids come to the first hop. */
  readonly codec: string | null;
  /** What the hop computes in; f32 is exact. */
  readonly precision: "f32";
  /** Of a low-rank adapter on the segment; null is the base model. */
  readonly adapter: string | null;
}

export type Path = readonly Hop[];
