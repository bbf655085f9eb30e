/**
 * Which opened tiers each strategy's generator is given: one row a mode, over the whole union. What
 * else there is to know of a strategy stands in `core/strategies`.
 */
import type { Mode } from "#core/run/config.ts";
import { fail, unwrap } from "#core/run/failure.ts";
import { policyNamed } from "#core/speculation/policies/registry.ts";
import { ruleNamed } from "#core/speculation/rules/registry.ts";
import type { Rule } from "#core/speculation/rules/rule.ts";
import type { SegmentSession } from "../ports.ts";
import type { RunPlan } from "../run/run-plan.ts";
import type { WholeModelGenerator } from "../run/world.ts";
import { baseline } from "./baseline.ts";
import { colocated } from "./colocated.ts";
import { cooperative } from "./cooperative.ts";
import { deviceOnly } from "./device-only.ts";
import { windowBytesOf } from "./drafting/draft-limit.ts";
import { DraftModel, type Drafter } from "./drafting/drafter.ts";
import { EarlyExit } from "./drafting/early-exit.ts";
import { edgeOnly } from "./edge-only.ts";
import type { EdgeTier } from "./tiers/edge-tier.ts";
import { score } from "./score.ts";
import { speculative, type SpeculativeTiers } from "./speculative.ts";
import { split } from "./split.ts";
import type { Strategy, Task } from "./strategy.ts";
import { uSplit } from "./u-split.ts";
import { looksUp } from "#core/strategies/table.ts";
import { LookupDrafter } from "./drafting/lookup-drafter.ts";

export interface TiersAtHand {
  readonly plan: RunPlan;
  readonly task: Task;
  /** Of the device's hops, in the path's order. */
  readonly hops: readonly SegmentSession[];
  /** What drafts on the device beside the path. */
  readonly beside: SegmentSession | null;
  readonly edge: EdgeTier | null;
  readonly generator: WholeModelGenerator | null;
}

const STRATEGIES: { readonly [M in Mode]: (opened: TiersAtHand) => Strategy } = {
  "device-only": (opened) => deviceOnly(opened.task, { device: hopOf(opened, 0) }),
  "edge-only": (opened) => edgeOnly(opened.task, { edge: edgeOf(opened) }),
  split: (opened) => split(opened.task, cutIn(opened)),
  "u-split": (opened) => {
    const { device: front, ...cut } = cutIn(opened);
    return uSplit(opened.task, { ...cut, front, back: hopOf(opened, 1) });
  },
  score: (opened) => score(opened.task, cutIn(opened)),
  speculative: (opened) => speculative(opened.task, windowsOf(opened, drafterOf(opened, chosenRule(opened)))),
  "split-speculative": (opened) => speculative(opened.task, windowsOf(opened, exitOf(opened))),
  colocated: (opened) => colocated(opened.task, { edge: edgeOf(opened) }),
  cooperative: (opened) =>
    cooperative(opened.task, {
      drafter: draftModelOf(opened, unwrap(ruleNamed("coupled"))),
      edge: edgeOf(opened),
      threshold: opened.plan.config.threshold,
    }),
  baseline: (opened) => baseline(opened.task, { generator: needed(opened.generator, opened.plan.config.mode) }),
  auto: () => fail({ code: "internal", where: "startStrategy", what: "mode=auto was not planned" }),
};

export const startStrategy = (opened: TiersAtHand): Strategy => STRATEGIES[opened.plan.config.mode](opened);

/** A tier that the strategy's facts have opened; its absence is a bug. */
export function needed<T>(tier: T | null | undefined, mode: Mode): T {
  return tier ?? fail({ code: "internal", where: "openTiers", what: `${mode} was not given a tier that it needs` });
}

const hopOf = ({ hops, plan }: TiersAtHand, index: number): SegmentSession => needed(hops[index], plan.config.mode);
const edgeOf = ({ edge, plan }: TiersAtHand): EdgeTier => needed(edge, plan.config.mode);
const chosenRule = ({ plan }: TiersAtHand): Rule => unwrap(ruleNamed(plan.config.verify));

function cutIn(opened: TiersAtHand): Parameters<typeof split>[1] {
  const { codec, model } = opened.plan;
  const { hidden } = model.manifest.architecture;
  return { device: hopOf(opened, 0), edge: edgeOf(opened), codec, hidden };
}

function windowsOf(opened: TiersAtHand, drafter: Drafter): SpeculativeTiers {
  const { config } = opened.plan;
  const edge = edgeOf(opened);
  return {
    drafter,
    edge,
    rule: chosenRule(opened),
    policy: unwrap(policyNamed(config.draftLength)),
    windows: config.windows,
    windowBytes: windowBytesOf(opened.plan, edge),
  };
}

function drafterOf(opened: TiersAtHand, rule: Rule): Drafter {
  const { plan, task } = opened;
  if (!looksUp(plan.config)) return draftModelOf(opened, rule);
  const { vocabulary } = plan.model.manifest.architecture;
  return new LookupDrafter({ rule, sampling: task.sampling, vocabulary });
}

function draftModelOf({ plan, task, beside }: TiersAtHand, rule: Rule): DraftModel {
  const { vocabulary } = plan.model.manifest.architecture;
  const known = plan.deviceModel.manifest.architecture.vocabulary;
  return new DraftModel(needed(beside, plan.config.mode), { rule, sampling: task.sampling, vocabulary, known });
}

function exitOf(opened: TiersAtHand): EarlyExit {
  const { plan, task, hops, beside } = opened;
  const { codec, model, config } = plan;
  return new EarlyExit(
    { front: hopOf(opened, 0), exit: needed(beside, config.mode), afterExit: hops[1] ?? null },
    { codec, hidden: model.manifest.architecture.hidden, rule: chosenRule(opened), sampling: task.sampling },
  );
}
