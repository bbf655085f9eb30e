/**
 * What a config comes to once the model is known: the cut as a number of blocks, which segments
 * each tier runs, how many positions the caches must hold. What the model makes impossible is
 * refused here.
 */
import type { Segment } from "../model/architecture.ts";
import type { Cut, Mode, RunConfig } from "./config.ts";
import { ok, refuse, type Result } from "./failure.ts";

/** Blocks [0, cut) are the device's. A share is rounded to the nearest block. */
export function resolveCut(cut: Cut, blocks: number): Result<number> {
  const resolved = typeof cut === "number" ? cut : Math.round((Number.parseFloat(cut) / 100) * blocks);
  return Number.isInteger(resolved) && resolved >= 0 && resolved <= blocks
    ? ok(resolved)
    : refuse({ code: "cut-out-of-range", cut: resolved, blocks });
}

const WHOLE_AT_EDGE: readonly Mode[] = ["edge-only", "speculative", "colocated", "cooperative"];

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
  const reached = mode === "split-speculative" && exit === "trained" ? depths.filter((depth) => depth <= cut) : [];
  return reached.length === 0 ? null : Math.max(...reached);
}

/** The cut a mode comes to. Under u-split a middle must be left for the edge: cut + tail < L. */
export function resolveSplit(config: Pick<RunConfig, "mode" | "cut" | "tail">, blocks: number): Result<ResolvedCut> {
  if (config.mode === "device-only" || config.mode === "baseline") return ok({ cut: blocks, tail: 0 });
  if (WHOLE_AT_EDGE.includes(config.mode)) return ok({ cut: 0, tail: 0 });
  const cut = resolveCut(config.cut, blocks);
  if (!cut.ok) return cut;
  if (config.mode !== "u-split") return ok({ cut: cut.value, tail: 0 });
  const { tail } = config;
  return cut.value + tail < blocks
    ? ok({ cut: cut.value, tail })
    : refuse({ code: "empty-middle", cut: cut.value, tail, blocks });
}

/** What each tier runs, in the order a position passes through. */
export interface Tiers {
  readonly device: readonly Segment[];
  readonly edge: Segment | null;
}

export function tiersOf(mode: Mode, { cut, tail, exit }: ResolvedCut, blocks: number): Tiers {
  const whole: Segment = { embedding: true, from: 0, to: blocks, head: true };
  const front: Segment = { embedding: true, from: 0, to: cut, head: false };
  switch (mode) {
    case "device-only":
    case "baseline":
      return { device: [whole], edge: null };
    case "edge-only":
    case "colocated":
    case "cooperative":
    case "speculative": // the device's own segment is of another model, the draft
      return { device: [], edge: whole };
    case "auto": // what it comes to is the planner's to say; until then, a cut
    case "split":
    case "score":
      return { device: [front], edge: { embedding: false, from: cut, to: blocks, head: true } };
    case "split-speculative":
      return {
        device: draftingSegments(cut, blocks, exit),
        edge: { embedding: false, from: cut, to: blocks, head: true },
      };
    case "u-split":
      return {
        device: [front, { embedding: false, from: blocks - tail, to: blocks, head: true }],
        edge: { embedding: false, from: cut, to: blocks - tail, head: false },
      };
  }
}

/**
 * What the device drafts with under split-speculative: blocks up to the exit, the exit, and those between
 * it and the cut, which only the smashed data needs.
 */
function draftingSegments(cut: number, blocks: number, exit: number | undefined): readonly Segment[] {
  const front = { embedding: true, from: 0, to: exit ?? cut, head: false };
  const end = { embedding: false, from: blocks, to: blocks, head: true };
  if (exit === undefined) return [front, end];
  const rest = { embedding: false, from: exit, to: cut, head: false };
  return [front, { ...end, exit }, ...(exit < cut ? [rest] : [])];
}

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
  return ok(config.mode === "score" ? promptTokens : Math.min(context, promptTokens + config.maxTokens));
}
