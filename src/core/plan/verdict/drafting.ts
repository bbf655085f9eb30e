/**
 * What a race's verdict says of arms that draft: how far their round trips carry, and, of the one
 * kind of arm that is lossy, what its text is worth under the target. A lossy arm is never ranked
 * among the others: it says another text.
 */
import { median } from "../../measure/summary.ts";
import { unwrap } from "../../run/failure.ts";
import type { RunRecord } from "../../run/record.ts";
import { factsOf } from "../../strategies/table.ts";
import { ruleNamed } from "../../speculation/rules/registry.ts";

/** Medians over an arm's rounds. */
export interface DraftingFigures {
  /** Drafted and judged where the target is. */
  readonly atEdge: boolean;
  readonly tokensPerRoundTrip: number;
  /** Drafted tokens a window. */
  readonly draftedPerWindow: number;
  /** Of the drafted tokens, those that stood. */
  readonly standingShare: number;
}

export interface LossyFigures {
  /** Share of its tokens that the target said. */
  readonly touchedShare: number;
  /** Null until the text was checked: the share that the target would have said too, and perplexities under it. */
  readonly quality: {
    readonly agreement: number;
    readonly perplexity: number;
    readonly targetPerplexity: number;
  } | null;
}

export const isLossy = ({ config }: RunRecord): boolean => factsOf(config.mode).lossless === "lossy";

/** Its text is another sample of the target's distribution, so tokens cannot be compared one by one. */
export const onlyInDistribution = ({ config }: Pick<RunRecord, "config">): boolean =>
  factsOf(config.mode).lossless === "by-rule" &&
  config.temperature > 0 &&
  unwrap(ruleNamed(config.verify)).lossless === "in-distribution";

/** Null where nothing was drafted and judged. */
export function draftingOf(records: readonly RunRecord[]): DraftingFigures | null {
  const drafting = records.flatMap((record) =>
    record.totals.speculation === undefined ? [] : [record.totals.speculation],
  );
  const tokensPerRoundTrip = median(drafting.flatMap((each) => each.tokensPerRoundTrip ?? []));
  const draftedPerWindow = median(drafting.flatMap(({ drafted, rounds }) => (rounds > 0 ? [drafted / rounds] : [])));
  const standingShare = median(drafting.flatMap(({ accepted, drafted }) => (drafted > 0 ? [accepted / drafted] : [])));
  if (tokensPerRoundTrip === null || draftedPerWindow === null || standingShare === null) return null;
  return {
    atEdge: records.every(({ config }) => factsOf(config.mode).drafts?.where === "edge"),
    tokensPerRoundTrip,
    draftedPerWindow,
    standingShare,
  };
}

export function lossyOf(records: readonly RunRecord[]): LossyFigures {
  const qualities = records.flatMap(({ quality }) => (quality === undefined ? [] : [quality]));
  const middle = (of: (quality: (typeof qualities)[number]) => number): number => median(qualities.map(of)) ?? NaN;
  return {
    touchedShare: median(records.flatMap(({ totals }) => totals.cooperation?.touchedShare ?? [])) ?? 0,
    quality:
      qualities.length === 0
        ? null
        : {
            agreement: middle((each) => each.agreement),
            perplexity: middle((each) => each.perplexity),
            targetPerplexity: middle((each) => each.targetPerplexity),
          },
  };
}
