/**
 * What a config comes to once the model is known: the cut as a number of blocks, which segments
 * each tier runs, how many positions the caches must hold. What the model makes impossible is
 * refused here.
 */
import type { Segment } from "../../model/architecture.ts";
import { draftsByExit, factsOf } from "../../strategies/table.ts";
import type { Cut, Mode, RunConfig } from "../config.ts";
import { ok, refuse, type Result } from "../failure.ts";
import type { Path } from "../path.ts";

/** Blocks [0, cut) are the device's. A share is rounded to the nearest block. */
export function resolveCut(cut: Cut, blocks: number): Result<number> {
  const resolved = typeof cut === "number" ? cut : Math.round((Number.parseFloat(cut) / 100) * blocks);
  return Number.isInteger(resolved) && resolved >= 0 && resolved <= blocks
    ? ok(resolved)
    : refuse({ code: "cut-out-of-range", cut: resolved, blocks });
}

export interface ResolvedCut {
  readonly cut: number;
  /** Blocks the device keeps at the end: 0 but under u-split. */
  readonly tail: number;
  /** Under split-speculative, blocks in front of the trained exit that drafts; left out, the model's own end does, behind the cut. */
  readonly exit?: number;
}

/** Of the trained exits the device can reach, the deepest: behind `cut` blocks or fewer. Null where there is none, or the model's own end is asked for. */
export function exitFor(
  { mode, exit }: Pick<RunConfig, "mode" | "exit">,
  cut: number,
  depths: readonly number[],
): number | null {
  const reached = draftsByExit(mode) && exit === "trained" ? depths.filter((depth) => depth <= cut) : [];
  return reached.length === 0 ? null : Math.max(...reached);
}

/** The cut a mode comes to. Where the device has the last blocks too, a middle must be left for the edge: cut + tail < L. */
export function resolveSplit(config: Pick<RunConfig, "mode" | "cut" | "tail">, blocks: number): Result<ResolvedCut> {
  const { cut: cuts, needs, returns } = factsOf(config.mode);
  if (cuts === "none") return ok({ cut: needs.edge ? 0 : blocks, tail: 0 });
  const cut = resolveCut(config.cut, blocks);
  if (!cut.ok) return cut;
  if (!returns) return ok({ cut: cut.value, tail: 0 });
  const { tail } = config;
  return cut.value + tail < blocks
    ? ok({ cut: cut.value, tail })
    : refuse({ code: "empty-middle", cut: cut.value, tail, blocks });
}

/** What each tier runs of the model, in the order a position passes through. */
export interface TierSegments {
  readonly device: readonly Segment[];
  /** What the device drafts with beside a position's path: the exit of a model that drafts for itself. */
  readonly beside: readonly Segment[];
  readonly edge: Segment | null;
}

/** How the link is crossed says nothing about which blocks are where. */
const ANYHOW = { link: "loopback", codec: "f32" } as const;

export function tiersOf(mode: Mode, { cut, tail, exit: trained }: ResolvedCut, blocks: number): TierSegments {
  const exit = trained ?? null;
  const path = factsOf(mode).place({ ...ANYHOW, cut, tail, exit }, blocks);
  return { ...tiersAlong(path), beside: draftsByExit(mode) ? [exitOf(blocks, exit)] : [] };
}

/** Of a path through one device and one edge server. */
const tiersAlong = (path: Path): Omit<TierSegments, "beside"> => ({
  device: path.flatMap((hop) => (hop.tier === "device" ? [hop.segment] : [])),
  edge: path.find((hop) => hop.tier === "edge")?.segment ?? null,
});

/** A trained exit, or the model's own end. */
const exitOf = (blocks: number, exit: number | null): Segment => ({
  embedding: false,
  from: blocks,
  to: blocks,
  head: true,
  ...(exit === null ? {} : { exit }),
});

/**
 * Positions the caches must hold: the prompt and what may follow it, bounded by the model's
 * context. A prompt that fills the context exactly still yields one token.
 */
export function resolveCapacity(
  promptTokens: number,
  config: Pick<RunConfig, "mode" | "maxTokens">,
  context: number,
): Result<number> {
  if (promptTokens > context) return refuse({ code: "prompt-too-long", tokens: promptTokens, capacity: context });
  return ok(
    factsOf(config.mode).yields === "log-probs" ? promptTokens : Math.min(context, promptTokens + config.maxTokens),
  );
}
