/**
 * Planning again while a planned answer is under way: when its link is changed, or when the round
 * trips of its tokens drift from what the plan took them to be. The codec and the caches stay; the
 * cut may move, where what it saves over the rest of the answer is more than the move costs.
 */
import { expectedPassageMs } from "#core/link/link-model.ts";
import { median } from "#core/measure/summary.ts";
import { estimateMove } from "#core/plan/modelled/move.ts";
import type { PlanRecord, Revision } from "#core/plan/plan-record.ts";
import { plan, type Limits, type Option, type PlannerInput } from "#core/plan/planner.ts";
import type { StrategyFacts } from "#core/strategies/facts.ts";
import { factsOf } from "#core/strategies/table.ts";
import type { LinkFigures } from "#core/run/config.ts";
import type { TokenEvent } from "#core/run/record.ts";
import type { FollowParts, PlanFollower } from "../run/run-context.ts";
import { figuresOf } from "../link/link-figures.ts";
import type { LinkSetting } from "../link/edge-link.ts";

/** Tokens whose median counts as measured. */
const WINDOW = 4;
/** A drift: this many times longer or shorter, and by this much at least. */
const DRIFT = { times: 1.5, ms: 4 } as const;

/** Less than a twentieth is within what was measured badly. */
const WORTH = 0.95;

/** Whether a token's time on the link is round trips: streamed ones come one behind the other. */
const PAYS_TRIPS: Readonly<Record<StrategyFacts["crosses"], boolean>> = {
  never: false,
  once: false,
  "each-token": true,
  "each-window": true,
  "when-unsure": true,
  "each-stretch": true,
};

export interface ReplanParts extends FollowParts {
  readonly record: PlanRecord;
  readonly input: PlannerInput;
  readonly limits: Limits;
}

export class Replanner implements PlanFollower {
  readonly #parts: ReplanParts;
  #plan: PlanRecord;
  #link: LinkFigures;
  #since = 0;

  constructor(parts: ReplanParts) {
    this.#parts = parts;
    this.#plan = parts.record;
    this.#link = parts.input.link;
  }

  behindToken(tokens: readonly TokenEvent[], positions: number, remaining: number): void {
    if (!PAYS_TRIPS[factsOf(this.#plan.choice.mode).crosses]) return; // its tokens say nothing about the round trip
    const recent = tokens.slice(Math.max(1, this.#since)).slice(-WINDOW);
    const measured = recent.length < WINDOW ? null : median(recent.map(({ linkMs }) => linkMs));
    const [token] = recent;
    if (measured === null || token === undefined) return;
    const expected = this.#linkMs(token);
    if (
      Math.abs(measured - expected) < DRIFT.ms ||
      (measured < expected * DRIFT.times && measured > expected / DRIFT.times)
    )
      return;
    this.#link = { ...this.#link, rttMs: Math.max(0, this.#link.rttMs + measured - expected) };
    this.#again("the round trip drifted", tokens.length, positions, remaining);
  }

  linkChanged(setting: LinkSetting, made: number, positions: number, remaining: number): void {
    this.#link = figuresOf(setting);
    this.#again("the link was changed", made, positions, remaining);
  }

  #linkMs({ upBytes, downBytes }: TokenEvent): number {
    const figures = { ...this.#link, rttMs: Math.max(this.#link.rttMs, this.#parts.input.realRttMs) };
    return expectedPassageMs(figures, "up", upBytes) + expectedPassageMs(figures, "down", downBytes);
  }

  #again(why: Revision["why"], after: number, positions: number, remaining: number): void {
    this.#since = after;
    const { input: known, limits, cut, move, onPlan } = this.#parts;
    const { choice } = this.#plan;
    const present = cut();
    const input = {
      ...known,
      link: this.#link,
      promptPositions: positions,
      outputTokens: Math.max(1, remaining),
    };
    const options = plan(input, limits).options.filter(
      ({ mode, codec, kvCache }) => mode === choice.mode && codec === choice.codec && kvCache === choice.kvCache,
    );
    const now = options.find((option) => option.cut === (present ?? choice.cut)) ?? choice;
    const best = present === null ? now : this.#bestOf(options, now, positions, remaining);
    const revision: Revision = {
      after,
      why,
      rttMs: this.#link.rttMs,
      choice: { mode: best.mode, cut: best.cut, codec: best.codec },
      tpotMs: best.tpotMs,
    };
    this.#plan = { ...this.#plan, revisions: [...this.#plan.revisions, revision] };
    onPlan(this.#plan);
    if (present !== null && best.cut !== present) move(best.cut);
  }

  /** What is not allowed any more gives way to anything that is; else a move has to pay for itself. */
  #bestOf(options: readonly Option[], now: Option, positions: number, remaining: number): Option {
    const { limits } = this.#parts;
    const least = limits.objective.kind === "least-time";
    const costOf = (option: Option): number =>
      least ? option.tpotMs * remaining + this.#moveMs(now.cut, option.cut, positions) : option.edgeMsPerToken;
    const allowed = options.filter(({ obstacle }) => obstacle === null);
    const best = allowed.reduce<Option | null>(
      (before, option) => (before === null || costOf(option) < costOf(before) ? option : before),
      null,
    );
    if (best !== null) return now.obstacle === null && costOf(best) > WORTH * costOf(now) ? now : best;
    // Too slow at every cut: the fastest is the least wrong.
    const slow = options.filter(({ obstacle }) => obstacle === "too-slow");
    return slow.reduce((before, option) => (option.tpotMs < before.tpotMs ? option : before), slow[0] ?? now);
  }

  #moveMs(from: number, to: number, positions: number): number {
    if (from === to) return 0;
    const { input } = this.#parts;
    const codec = input.codecs.find(({ name }) => name === this.#plan.choice.codec);
    if (codec === undefined) return 0;
    const { carryMs, rebuildMs } = estimateMove({
      from,
      to,
      positions,
      hidden: input.hidden,
      codec,
      kvBytes: input.kvBytes,
      link: this.#link,
      realRttMs: input.realRttMs,
      tiers: { device: input.device, edge: input.edge },
    });
    return Math.min(carryMs ?? 0, rebuildMs ?? 0);
  }
}
