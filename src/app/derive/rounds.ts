/**
 * Drafted windows on the run's time axis: drafting on the tab's row, the flight on the link's,
 * judging at the edge, so that overlapping windows are seen to overlap. The way back is what is
 * left of the flight after the edge: one clock cannot tell up from down, so judging is drawn in the
 * middle of it and said to be.
 */
import type { CooperationQuality } from "#core/run/record/cooperation-quality.ts";
import type { DraftFate, RoundEvent, TokenFate } from "#core/run/record.ts";
import type { CooperationTotals, SpeculationTotals } from "#core/run/record/record-totals.ts";
import type { GlossaryKey } from "#core/glossary/glossary.ts";
import type { Readout } from "../charts/readout/readout.tsx";
import { legsOf } from "./moments.ts";
import { duration, exactDuration, share, size } from "../format/units.ts";

export interface RoundBars {
  readonly index: number;
  readonly dropped: boolean;
  /** Each [from, to] in ms since the run began. */
  readonly draft: readonly [number, number];
  readonly flight: readonly [number, number];
  readonly judging: readonly [number, number] | null;
  /** What became of each token drafted, and of the bonus behind them, where there is one. */
  readonly marks: readonly RoundMark[];
  /** What came of it, in words. */
  readonly said: string;
  readonly label: string;
}

export type RoundMark = DraftFate | "bonus";

export const FATE_NAMES: Readonly<Record<TokenFate | DraftFate, string>> = {
  accepted: "drafted, and it stood",
  corrected: "put in place of a drafted token",
  wasted: "drafted in vain: behind one that fell",
  bonus: "the one after a window that stood",
  confident: "the draft's own, unchecked",
  asked: "the edge's",
};

const DRAFT_FATES: Readonly<Record<DraftFate, string>> = {
  accepted: "accepted",
  corrected: "corrected",
  wasted: "wasted",
};

export function barsOf(round: RoundEvent): RoundBars {
  const { index, draftFromMs, sentMs, answeredMs, dropped } = round;
  const judged = legsOf(round).find(({ part }) => part === "edgeMs");
  return {
    index,
    dropped,
    draft: [draftFromMs, sentMs],
    flight: [sentMs, answeredMs],
    judging: dropped || judged === undefined ? null : [judged.fromMs, judged.toMs],
    marks: marksOf(round),
    said: saidOf(round),
    label: `Round ${index + 1}: ${saidOf(round)}`,
  };
}

const marksOf = ({ fates, accepted, gained }: RoundEvent): readonly RoundMark[] =>
  gained > accepted && !fates.includes("corrected") ? [...fates, "bonus"] : fates;

function saidOf({ drafted, fates, gained, dropped, sentMs, answeredMs }: RoundEvent): string {
  const counts = (["accepted", "corrected", "wasted"] as const)
    .map((fate) => [fates.filter((each) => each === fate).length, DRAFT_FATES[fate]] as const)
    .filter(([n]) => n > 0);
  const what = dropped ? "dropped unseen" : `${gained} ${gained === 1 ? "token" : "tokens"} gained`;
  return `${drafted.length} drafted${counts.length > 0 ? ` (${counts.map(([n, name]) => `${n} ${name}`).join(", ")})` : ""}, ${what}, answered after ${duration(answeredMs - sentMs)}`;
}

/** One window, exactly. */
export function roundReadout({ index, said, draft, flight, judging, dropped }: RoundBars): Readout {
  const length = ([from, to]: readonly [number, number]): string => exactDuration(to - from);
  return {
    title: `Round ${index + 1}`,
    rows: [
      { name: "Drafting", value: length(draft) },
      { name: "Way and answer", value: length(flight) },
      ...(judging === null ? [] : [{ name: "Judging at the edge", value: length(judging) }]),
    ],
    notes: [said, ...(dropped ? ["Dropped: nobody waited for its answer."] : [])],
  };
}

export interface RoundFigure {
  readonly name: string;
  /** What it is a figure of. */
  readonly term: GlossaryKey;
  readonly meaning: string;
  readonly value: string;
}

/** What drafting came to, each figure with what it means; those that were not measured are left out, and so are round trips where rounds stream from the edge and pay none. */
export function roundFigures(totals: SpeculationTotals, streamed = false): readonly RoundFigure[] {
  const figure = (
    term: GlossaryKey,
    name: string,
    meaning: string,
    value: number | null,
    as: (value: number) => string,
  ): readonly RoundFigure[] => (value === null ? [] : [{ name, term, meaning, value: as(value) }]);
  const plain = (value: number): string => value.toFixed(2);
  return [
    ...figure(
      "acceptanceRate",
      "acceptance rate \u03b1",
      "of the judged drafts, those that stood",
      totals.acceptance,
      (value) => share(value, 1),
    ),
    ...figure(
      "blockEfficiency",
      "block efficiency \u03c4",
      "tokens gained a pass at the edge",
      totals.blockEfficiency,
      plain,
    ),
    ...figure(
      "tokensPerRoundTrip",
      "tokens a round trip",
      "windows drafted behind others share one",
      streamed ? null : totals.tokensPerRoundTrip,
      plain,
    ),
    ...figure("targetPass", "edge passes a token", "1 without drafting", totals.edgePassesPerToken, plain),
    ...figure("edgeComputePerToken", "edge time a token", "computing at the edge", totals.edgeMsPerToken, duration),
    ...figure("accepted", "bytes an accepted token", "both directions", totals.bytesPerAcceptedToken, size),
    ...figure(
      "wasted",
      "wasted drafts",
      `of ${totals.drafted} drafted, those that nothing came of`,
      totals.wasted,
      String,
    ),
  ];
}

/** What cooperation came to; the quality once it was checked. */
export function cooperationFigures(
  { touchedShare, edgeMsPerToken }: CooperationTotals,
  quality: CooperationQuality | undefined,
): readonly RoundFigure[] {
  const figures: readonly RoundFigure[] = [
    {
      name: "said by the large model",
      term: "touchedShare",
      meaning: "share of the tokens; the rest is the draft's, unchecked",
      value: share(touchedShare, 1),
    },
    {
      name: "edge time a token",
      term: "edgeComputePerToken",
      meaning: "computing at the edge",
      value: duration(edgeMsPerToken),
    },
  ];
  if (quality === undefined) return figures;
  const { agreement, perplexity, targetPerplexity, targetTokens } = quality;
  return [
    ...figures,
    {
      name: "agreement",
      term: "agreement",
      meaning: "of its tokens, those that the target would have said too",
      value: share(agreement, 1),
    },
    { name: "perplexity", term: "perplexity", meaning: "of its text, under the target", value: perplexity.toFixed(2) },
    {
      name: "the target's own",
      term: "perplexity",
      meaning: `perplexity of the ${targetTokens} tokens that the target says by itself to this prompt and seed`,
      value: targetPerplexity.toFixed(2),
    },
  ];
}
