/**
 * Moving the cut in mid-answer, modelled: the caches of the blocks that change tiers are carried
 * over the link as they are, or computed anew from the text so far, whichever is predicted to take
 * less. Towards the edge a rebuild sends the activations at the new cut, which are far fewer bytes
 * than keys and values of many blocks; towards the device it sends nothing at all.
 */
import type { Codec } from "../../codec/codec.ts";
import { messageBytes } from "../../codec/lengths.ts";
import { expectedPassageMs } from "../../link/link-model.ts";
import type { LinkFigures, MoveWay } from "../../run/config.ts";
import { FRAME_HEADER_BYTES } from "../../frames/frame-header.ts";
import type { TierLine, TierPace } from "../measured/tier-line.ts";
import type { TierTimes } from "../measured/tier-times.ts";

export interface MoveInput {
  /** Blocks on the device before and after. */
  readonly from: number;
  readonly to: number;
  /** Positions that the caches hold. */
  readonly positions: number;
  readonly hidden: number;
  readonly codec: Codec;
  /** Keys and values of one position in one block. */
  readonly kvBytes: number;
  readonly link: LinkFigures;
  /** The real link's own round trip, where it is longer than what is asked. */
  readonly realRttMs: number;
  /** What was measured of either tier; where nothing was, the other's stands in. */
  readonly tiers: TierTimes;
}

export interface MoveEstimate {
  readonly way: MoveWay;
  /** Null where neither tier was measured. */
  readonly carryMs: number | null;
  readonly rebuildMs: number | null;
  readonly carryBytes: number;
  readonly rebuildBytes: number;
}

export function estimateMove(input: MoveInput): MoveEstimate {
  const { from, to, positions, kvBytes, codec, hidden, tiers } = input;
  const moving = Math.abs(to - from);
  const outward = to < from; // blocks go to the edge
  const carryBytes = moving * positions * kvBytes;
  const rebuildBytes = outward ? messageBytes(codec, positions, hidden) : 0;
  const commitMs = crossing(input, 0, "up") + crossing(input, 0, "down");
  const carryMs =
    commitMs + crossing(input, carryBytes, outward ? "up" : "down") + crossing(input, 0, outward ? "down" : "up");
  const device = tiers.device ?? tiers.edge;
  const edge = tiers.edge ?? tiers.device;
  if (device === null || edge === null)
    return { way: "carry", carryMs: null, rebuildMs: null, carryBytes, rebuildBytes };
  // The device computes from the text on, so its blocks before the new cut all take part.
  const computeMs = prefillMs(device, to, positions) + (outward ? prefillMs(edge, moving, positions) : 0);
  const rebuildMs =
    commitMs + computeMs + (outward ? crossing(input, rebuildBytes, "up") + crossing(input, 0, "down") : 0);
  return { way: carryMs <= rebuildMs ? "carry" : "rebuild", carryMs, rebuildMs, carryBytes, rebuildBytes };
}

const crossing = ({ link, realRttMs }: MoveInput, bytes: number, direction: "up" | "down"): number =>
  expectedPassageMs({ ...link, rttMs: Math.max(link.rttMs, realRttMs) }, direction, FRAME_HEADER_BYTES + bytes);

const prefillMs = ({ prefill }: TierPace, blocks: number, positions: number): number =>
  lineMs(prefill, blocks) * positions;
const lineMs = ({ fixedMs, perBlockMs }: TierLine, blocks: number): number => fixedMs + perBlockMs * blocks;
