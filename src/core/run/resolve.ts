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
  return Number.isInteger(resolved) && resolved >= 0 && resolved <= blocks ? ok(resolved) : refuse({ code: "cut-out-of-range", cut: resolved, blocks });
}

const WHOLE_AT_EDGE: readonly Mode[] = ["edge-only", "speculative", "colocated", "cooperative"];

export interface ResolvedCut {
  readonly cut: number;
  /** Blocks the device keeps at the end: 0 but under u-split. */
  readonly tail: number;
}

/** The cut a mode comes to. Under u-split a middle must be left for the edge: cut + tail < L. */
export function resolveSplit(config: Pick<RunConfig, "mode" | "cut" | "tail">, blocks: number): Result<ResolvedCut> {
  if (config.mode === "device-only" || config.mode === "baseline") return ok({ cut: blocks, tail: 0 });
  if (WHOLE_AT_EDGE.includes(config.mode)) return ok({ cut: 0, tail: 0 });
  const cut = resolveCut(config.cut, blocks);
  if (!cut.ok) return cut;
  if (config.mode !== "u-split") return ok({ cut: cut.value, tail: 0 });
  const { tail } = config;
  return cut.value + tail < blocks ? ok({ cut: cut.value, tail }) : refuse({ code: "empty-middle", cut: cut.value, tail, blocks });
}

/** What each tier runs, in the order a position passes through. */
export interface Tiers {
  readonly device: readonly Segment[];
  readonly edge: Segment | null;
}

export function tiersOf(mode: Mode, { cut, tail }: ResolvedCut, blocks: number): Tiers {
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
    case "split":
    case "score":
      return { device: [front], edge: { embedding: false, from: cut, to: blocks, head: true } };
    case "split-speculative": // the device drafts through the model's own end, right behind its blocks
      return { device: [front, { embedding: false, from: blocks, to: blocks, head: true }], edge: { embedding: false, from: cut, to: blocks, head: true } };
    case "u-split":
      return {
        device: [front, { embedding: false, from: blocks - tail, to: blocks, head: true }],
        edge: { embedding: false, from: cut, to: blocks - tail, head: false },
      };
  }
}

/**
 * Positions the caches must hold: the prompt and what may follow it, bounded by the model's
 * context. A prompt that fills the context exactly still yields one token.
 */
export function resolveCapacity(promptTokens: number, config: Pick<RunConfig, "mode" | "maxTokens">, context: number): Result<number> {
  if (promptTokens > context) return refuse({ code: "prompt-too-long", tokens: promptTokens, capacity: context });
  return ok(config.mode === "score" ? promptTokens : Math.min(context, promptTokens + config.maxTokens));
}
