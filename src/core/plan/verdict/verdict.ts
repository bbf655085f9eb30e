/**
 * A race's verdict: which arm is fastest by what ratio, what binds the one in question, and what
 * each cost the edge. As data, and as the one sentence the page prints largest.
 *
 * The arms ran interleaved, so times are compared within a round and the ratio is the median over
 * rounds; when its quartiles include 1 nobody wins. No speed without correctness: an arm whose
 * tokens are wrong cannot win, and until all are checked the verdict says so. An arm that is lossy by
 * design stands beside the comparison, with what its text is worth, and never in it.
 */
import { summarize } from "../../measure/summary.ts";
import type { RunRecord } from "../../run/record.ts";
import { NEAR_TIE } from "../../sampling/sample.ts";
import { bottleneckOf, partsPerToken, tpotOf, type Bottleneck } from "../measured/bottleneck.ts";
import {
  draftingOf,
  isLossy,
  lossyOf,
  onlyInDistribution,
  type DraftingFigures,
  type LossyFigures,
} from "./drafting.ts";

export interface RaceArm {
  readonly label: string;
  /** One record a round, in the order of the rounds. */
  readonly records: readonly RunRecord[];
}

export interface ArmSummary {
  readonly label: string;
  readonly n: number;
  /** Medians over rounds. */
  readonly tpotMs: number;
  readonly edgeMsPerToken: number;
  readonly bytesPerToken: number;
  readonly binds: Bottleneck;
  /** The largest part, ms a token, and its share of the sum. */
  readonly bindsMs: number;
  readonly bindsShare: number;
  /** Null where nothing was drafted and judged. */
  readonly drafting: DraftingFigures | null;
}

/** An arm whose text is not the target's, beside the fastest of those whose text is. */
export interface LossyArm extends LossyFigures {
  readonly label: string;
  readonly tpotMs: number;
  readonly edgeMsPerToken: number;
  /** Its time a token in that of `beside`, the fastest lossless arm; null where no round has both. */
  readonly share: Ratio | null;
  readonly beside: string | null;
}

export interface Ratio {
  readonly median: number;
  readonly q1: number;
  readonly q3: number;
  readonly n: number;
}

export type RaceVerdict =
  /** Too little ran to compare. */
  | {
      readonly kind: "none";
      readonly why: string;
      readonly arms: readonly ArmSummary[];
      readonly lossy: readonly LossyArm[];
    }
  | {
      readonly kind: "wrong-tokens";
      readonly label: string;
      readonly index: number;
      readonly arms: readonly ArmSummary[];
      readonly lossy: readonly LossyArm[];
    }
  /** The rounds do not tell them apart. */
  | Compared<"level">
  | Compared<"winner">;

interface Compared<K> {
  readonly kind: K;
  readonly winner: ArmSummary;
  readonly other: ArmSummary;
  /** How many times as fast the winner is: its TPOT into the other's. */
  readonly ratio: Ratio;
  /** The arm whose bottleneck is of interest: the one asked about. */
  readonly subject: ArmSummary;
  readonly unchecked: boolean;
  /** Something computed on a software adapter, or in a hidden tab. */
  readonly caveats: readonly string[];
  readonly arms: readonly ArmSummary[];
  readonly lossy: readonly LossyArm[];
}

/** `subject` is the label of the arm that the race is about, the first if left out. */
export function verdictOf(all: readonly RaceArm[], subject?: string): RaceVerdict {
  const timed = all.filter((arm) => arm.records.some((record) => tpotOf(record) !== null));
  const usable = timed.filter((arm) => !arm.records.some(isLossy));
  const summaries = usable.flatMap((arm) => summaryOf(arm) ?? []);
  const lossy = timed
    .filter((arm) => arm.records.some(isLossy))
    .flatMap((arm) => lossyArmOf(arm, usable, summaries) ?? []);
  const wrong = firstWrong(all);
  if (wrong !== null) return { kind: "wrong-tokens", ...wrong, arms: summaries, lossy };
  const about = summaries.find(({ label }) => label === subject) ?? summaries[0];
  const [winner, second] = [...summaries].sort((a, b) => a.tpotMs - b.tpotMs);
  if (about === undefined || winner === undefined || second === undefined)
    return { kind: "none", why: "two arms with at least two tokens each are needed", arms: summaries, lossy };
  const other = winner === about ? second : about;
  const ratio = ratioOf(recordsOf(usable, winner.label), recordsOf(usable, other.label));
  if (ratio === null) return { kind: "none", why: "no round has both arms", arms: summaries, lossy };
  const unchecked = usable.some((arm) =>
    arm.records.every((record) => record.agreement.kind === "unchecked" && !onlyInDistribution(record)),
  );
  const compared = {
    winner,
    other,
    ratio,
    subject: about,
    unchecked,
    caveats: caveatsOf(usable),
    arms: summaries,
    lossy,
  };
  return ratio.q1 <= 1 && (ratio.n > 1 || ratio.median <= 1)
    ? { kind: "level", ...compared }
    : { kind: "winner", ...compared };
}

const recordsOf = (arms: readonly RaceArm[], label: string): readonly RunRecord[] =>
  arms.find((arm) => arm.label === label)?.records ?? [];

function summaryOf({ label, records }: RaceArm): ArmSummary | null {
  const rounds = records.flatMap((record) => {
    const tpotMs = tpotOf(record);
    const parts = partsPerToken(record);
    return tpotMs === null || parts === null ? [] : [{ tpotMs, parts, decode: record.totals.decode }];
  });
  const middle = (values: readonly number[]): number => summarize(values)?.median ?? 0;
  if (rounds.length === 0) return null;
  const of = (name: Bottleneck): number => middle(rounds.map(({ parts }) => parts[name]));
  const parts = {
    rtt: of("rtt"),
    bandwidth: of("bandwidth"),
    device: of("device"),
    edge: of("edge"),
    queue: of("queue"),
    other: of("other"),
  };
  const binds = bottleneckOf(parts);
  const sum = Object.values(parts).reduce((total, each) => total + each, 0);
  return {
    label,
    n: rounds.length,
    tpotMs: middle(rounds.map(({ tpotMs }) => tpotMs)),
    edgeMsPerToken: middle(rounds.map(({ decode }) => decode.edgeComputeMs / decode.tokens)),
    bytesPerToken: middle(rounds.map(({ decode }) => (decode.upBytes + decode.downBytes) / decode.tokens)),
    binds,
    bindsMs: parts[binds],
    bindsShare: sum > 0 ? parts[binds] / sum : 0,
    drafting: draftingOf(records),
  };
}

function lossyArmOf(arm: RaceArm, others: readonly RaceArm[], summaries: readonly ArmSummary[]): LossyArm | null {
  const own = summaryOf(arm);
  if (own === null) return null;
  const [fastest] = [...summaries].sort((a, b) => a.tpotMs - b.tpotMs);
  const share = fastest === undefined ? null : ratioOf(recordsOf(others, fastest.label), arm.records);
  return {
    label: arm.label,
    tpotMs: own.tpotMs,
    edgeMsPerToken: own.edgeMsPerToken,
    share,
    beside: fastest?.label ?? null,
    ...lossyOf(arm.records),
  };
}

/** Within each round that has both: how many times as long the other took. */
function ratioOf(winner: readonly RunRecord[], other: readonly RunRecord[]): Ratio | null {
  const ratios = winner.flatMap((record, round) => {
    const mine = tpotOf(record);
    const theirs = other[round] === undefined ? null : tpotOf(other[round]);
    return mine === null || theirs === null || mine <= 0 ? [] : [theirs / mine];
  });
  const summary = summarize(ratios);
  return summary === null ? null : { median: summary.median, q1: summary.q1, q3: summary.q3, n: summary.n };
}

/** The first arm whose tokens differ from the reference beyond a near tie. */
function firstWrong(arms: readonly RaceArm[]): { readonly label: string; readonly index: number } | null {
  for (const { label, records } of arms) {
    for (const { agreement } of records.filter((record) => !isLossy(record))) {
      if (agreement.kind !== "checked" || agreement.exact || agreement.firstDifference === null) continue;
      if (agreement.firstDifference.margin >= NEAR_TIE) return { label, index: agreement.firstDifference.index };
    }
  }
  return null;
}

/** Times a token leave an outage out; what was warm before it may be cold behind it. */
function outageCaveat(arms: readonly RaceArm[]): readonly string[] {
  const away = arms.filter(({ records }) => records.some(({ outages = [] }) => outages.length > 0));
  return away.length === 0
    ? []
    : [
        `the edge server was away for a while in ${away.map(({ label }) => label).join(" and ")}, which no time a token counts`,
      ];
}

function caveatsOf(arms: readonly RaceArm[]): readonly string[] {
  const provenances = arms.flatMap(({ records }) => records.map((record) => record.provenance));
  return [
    ...arms
      .filter((arm) => arm.records.some(onlyInDistribution))
      .map(
        ({ label }) =>
          `the text of ${label} is another sample of the same distribution, so its tokens cannot be compared one by one`,
      ),
    ...(provenances.some(({ device }) => device.software) ? ["the graphics adapter is a software one"] : []),
    ...(provenances.some(({ hidden }) => hidden) ? ["the tab was hidden for a while"] : []),
    ...outageCaveat(arms),
    ...(arms.some(({ records }) => records.some((record) => record.resolved?.link.met === false))
      ? ["the real link is slower than the one asked for"]
      : []),
  ];
}
