/** A verdict as sentences: the headline that the page prints largest, and what stands below it. */
import type { DraftingFigures } from "./drafting.ts";
import type { ArmSummary, LossyArm, RaceVerdict } from "./verdict.ts";

export interface VerdictText {
  readonly headline: string;
  /** Over how many rounds the headline's ratio is a median, and its quartiles; empty where there is no ratio. */
  readonly spread: string;
  /** What binds the arm in question, and whether fewer bytes would help. */
  readonly because: string;
  /** What each arm cost the edge. */
  readonly cost: string;
  readonly caveats: readonly string[];
  /** A sentence for each arm that cannot be compared, since its text is another. */
  readonly lossy: readonly string[];
}

export function verdictText(verdict: RaceVerdict): VerdictText {
  const cost = costText(verdict.arms);
  const lossy = verdict.lossy.map(lossyText);
  switch (verdict.kind) {
    case "none":
      return {
        headline: "Nothing to compare yet.",
        spread: "",
        because: `${capital(verdict.why)}.`,
        cost,
        caveats: [],
        lossy,
      };
    case "wrong-tokens":
      return {
        headline: `No verdict: ${verdict.label} gave a wrong token.`,
        spread: "",
        because: `Its token ${verdict.index + 1} differs from the uncut model's.`,
        cost,
        caveats: [],
        lossy,
      };
    case "level":
    case "winner": {
      const { winner, other, ratio, subject, unchecked } = verdict;
      const said =
        verdict.kind === "winner"
          ? `${capital(winner.label)} wins: ${times(ratio.median)} as fast as ${other.label}`
          : `${capital(winner.label)} and ${other.label} are level`;
      const spread =
        ratio.n > 1
          ? `Median of ${ratio.n} rounds, quartiles ${ratio.q1.toFixed(2)} to ${ratio.q3.toFixed(2)}.`
          : "One round.";
      return {
        headline: `${unchecked ? "Unchecked: " : ""}${said}.`,
        spread,
        because: bindsText(subject),
        cost,
        caveats: verdict.caveats,
        lossy,
      };
    }
  }
}

/** "Split is RTT-bound: fewer bytes would not help." */
function bindsText(arm: ArmSummary): string {
  const share = `${percent(arm.bindsShare)} of a token's time`;
  const name = capital(arm.label);
  if (arm.drafting !== null) return draftingText(arm, arm.drafting, name, share);
  switch (arm.binds) {
    case "rtt":
      return `${name} is RTT-bound (${share}): fewer bytes would not help.`;
    case "bandwidth":
      return `${name} is bandwidth-bound (${share}): fewer bytes would help.`;
    case "device":
      return `${name} is bound by this device's compute (${share}): an earlier cut would help if the edge is faster.`;
    case "edge":
      return `${name} is bound by the edge's compute (${share}): a later cut would help if this device is faster.`;
    case "queue":
      return `${name} waits for its turn at a busy edge (${share}): a later cut would ask less of it.`;
    case "other":
      return `${name} spends most outside compute and link (${share}): look at threads and at what else the machine does.`;
  }
}

/** Below this share of drafted tokens standing, a better draft gains more than anything done to the link. */
const MOST_STAND = 0.5;

/** "Speculative is bound by the round trip (62% of a token's time), at 3.1 tokens each: ..." */
function draftingText(
  { binds }: ArmSummary,
  { atEdge, tokensPerRoundTrip, draftedPerWindow, standingShare }: DraftingFigures,
  name: string,
  share: string,
): string {
  const each = `at ${tokensPerRoundTrip.toFixed(1)} tokens each`;
  const stood = `of ${draftedPerWindow.toFixed(1)} tokens drafted a window ${percent(standingShare)} stood`;
  switch (binds) {
    case "rtt":
      if (atEdge)
        return `${name} is bound by the link (${share}), ${each}: its rounds stream down, so only a shorter way would help.`;
      return standingShare < MOST_STAND
        ? `${name} is bound by acceptance: round trips take ${share}, and ${stood}; a better draft would help.`
        : `${name} is bound by the round trip (${share}), ${each}: longer windows, or several in flight, would help.`;
    case "bandwidth":
      return `${name} is bandwidth-bound (${share}): a rule that sends less evidence, or a smaller codec where activations cross, would help.`;
    case "device":
      return `${name} is bound by drafting on this device (${share}), where ${stood}: a smaller draft or shorter windows would help.`;
    case "edge":
      return atEdge
        ? `${name} is bound by the edge's compute, drafting included (${share}), where ${stood}: drafting on the device would spare it.`
        : `${name} is bound by the edge's compute (${share}), where ${stood}: the more tokens a pass gains, the less it computes.`;
    case "queue":
      return `${name} waits for its turn at a busy edge (${share}), where ${stood}: the more tokens a pass gains, the less it asks.`;
    case "other":
      return `${name} spends most outside compute and link (${share}): look at threads and at what else the machine does.`;
  }
}

/** What a lossy arm took, and what its text is worth: beside the comparison, never in it. */
function lossyText({ label, tpotMs, share, beside, touchedShare, quality }: LossyArm): string {
  const time =
    share === null || beside === null
      ? `${tpotMs.toFixed(tpotMs < 10 ? 2 : 1)} ms a token`
      : `${times(share.median)} the time of ${beside} a token`;
  const worth =
    quality === null
      ? "what its text is worth is unchecked"
      : `${percent(quality.agreement)} of its tokens are the target's, whose own text has perplexity ${quality.targetPerplexity.toFixed(2)} where this has ${quality.perplexity.toFixed(2)}`;
  return `${capital(label)}: not compared, since its text is not the target's. It took ${time}, the target said ${percent(touchedShare)} of its tokens; ${worth}.`;
}

const costText = (arms: readonly ArmSummary[]): string =>
  arms.length === 0
    ? ""
    : `Edge compute a token: ${arms.map((arm) => `${arm.label} ${arm.edgeMsPerToken === 0 ? "none" : `${arm.edgeMsPerToken.toFixed(arm.edgeMsPerToken < 10 ? 2 : 1)} ms`}`).join(", ")}.`;

const percent = (share: number): string => `${Math.round(share * 100)}%`;
const times = (ratio: number): string => `${ratio.toFixed(ratio < 10 ? 2 : 1)} times`;
const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
