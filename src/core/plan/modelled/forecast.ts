/**
 * What a run would take at every cut, modelled: the tiers' measured times, the codec's bytes and
 * the link's mean, added up. The activation is as wide at every cut, so TPOT over the cut is a
 * straight line and its best end is whichever tier is faster; what bends it is a constraint. Show
 * every figure from here as modelled.
 */
import type { Codec } from "../../codec/codec.ts";
import { messageBytes } from "../../codec/lengths.ts";
import { expectedPassageMs } from "../../link/link-model.ts";
import type { LinkFigures, Mode } from "../../run/config.ts";
import { FRAME_HEADER_BYTES } from "../../frames/frame-header.ts";
import { factsOf } from "../../strategies/table.ts";
import type { TierLine, TierPace } from "../measured/tier-line.ts";

export interface ForecastInput {
  /** Whether activations come back to the device; otherwise its tokens do. */
  readonly mode: Mode;
  readonly blocks: number;
  readonly hidden: number;
  /** Blocks the device keeps at the end under u-split. */
  readonly tail: number;
  readonly codec: Codec;
  readonly link: LinkFigures;
  /** The real link's own round trip, where it is longer than what is asked. */
  readonly realRttMs: number;
  readonly promptPositions: number;
  readonly edgeLoad: number;
  readonly device: TierPace;
  readonly edge: TierPace;
}

export interface ForecastStep {
  readonly deviceMs: number;
  readonly edgeMs: number;
  readonly linkMs: number;
  readonly totalMs: number;
  readonly upBytes: number;
  readonly downBytes: number;
}

export interface ForecastPoint {
  readonly cut: number;
  readonly ttftMs: number;
  readonly tpotMs: number;
  readonly prefill: ForecastStep;
  readonly decode: ForecastStep;
}

const TOKEN_BYTES = 4;

/** One point for every cut the mode allows, in order. */
export function forecast(input: ForecastInput): readonly ForecastPoint[] {
  const { returns } = factsOf(input.mode);
  const tail = returns ? input.tail : 0;
  const cuts = returns ? input.blocks - tail : input.blocks + 1;
  return Array.from({ length: Math.max(0, cuts) }, (_, cut) => {
    const prefill = stepAt(input, cut, tail, input.promptPositions, "prefill");
    const decode = stepAt(input, cut, tail, 1, "decode");
    return { cut, ttftMs: prefill.totalMs, tpotMs: decode.totalMs, prefill, decode };
  });
}

function stepAt(
  input: ForecastInput,
  cut: number,
  tail: number,
  positions: number,
  phase: "prefill" | "decode",
): ForecastStep {
  const upBytes = FRAME_HEADER_BYTES + messageBytes(input.codec, positions, input.hidden);
  const downBytes =
    FRAME_HEADER_BYTES + (factsOf(input.mode).returns ? input.codec.bytesPerPosition(input.hidden) : TOKEN_BYTES);
  const link = { ...input.link, rttMs: Math.max(input.link.rttMs, input.realRttMs) };
  const deviceMs = stageMs(input.device[phase], cut + tail) * positions;
  const edgeMs = stageMs(input.edge[phase], input.blocks - cut - tail) * positions * input.edgeLoad;
  const linkMs = expectedPassageMs(link, "up", upBytes) + expectedPassageMs(link, "down", downBytes);
  return { deviceMs, edgeMs, linkMs, totalMs: deviceMs + edgeMs + linkMs, upBytes, downBytes };
}

const stageMs = (line: TierLine, blocks: number): number => line.fixedMs + line.perBlockMs * blocks;
