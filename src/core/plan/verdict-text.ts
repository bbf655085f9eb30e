/** A verdict as sentences: the headline that the page prints largest, and what stands below it. */
import type { ArmSummary, Verdict } from "./verdict.ts";

export interface VerdictText {
  readonly headline: string;
  /** What binds the arm in question, and whether fewer bytes would help. */
  readonly because: string;
  /** What each arm cost the edge. */
  readonly cost: string;
  readonly caveats: readonly string[];
}

export function verdictText(verdict: Verdict): VerdictText {
  const cost = costText(verdict.arms);
  switch (verdict.kind) {
    case "none":
      return { headline: "Nothing to compare yet.", because: `${capital(verdict.why)}.`, cost, caveats: [] };
    case "wrong-tokens":
      return { headline: `No verdict: ${verdict.label} gave a wrong token.`, because: `Its token ${verdict.index + 1} differs from the uncut model's.`, cost, caveats: [] };
    case "level":
    case "winner": {
      const { winner, other, ratio, subject, unchecked } = verdict;
      const said = verdict.kind === "winner" ? `${capital(winner.label)} wins: ${times(ratio.median)} as fast as ${other.label}` : `${capital(winner.label)} and ${other.label} are level`;
      const spread = ratio.n > 1 ? ` (median of ${ratio.n}, quartiles ${ratio.q1.toFixed(2)} to ${ratio.q3.toFixed(2)})` : " (one round)";
      return { headline: `${unchecked ? "Unchecked: " : ""}${said}${spread}.`, because: bindsText(subject), cost, caveats: verdict.caveats };
    }
  }
}

/** "Split is RTT-bound: fewer bytes would not help." */
function bindsText(arm: ArmSummary): string {
  const share = `${Math.round(arm.bindsShare * 100)}% of a token's time`;
  const name = capital(arm.label);
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

const costText = (arms: readonly ArmSummary[]): string =>
  arms.length === 0 ? "" : `Edge compute a token: ${arms.map((arm) => `${arm.label} ${arm.edgeMsPerToken.toFixed(arm.edgeMsPerToken < 10 ? 2 : 1)} ms`).join(", ")}.`;

const times = (ratio: number): string => `${ratio.toFixed(ratio < 10 ? 2 : 1)} times`;
const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
