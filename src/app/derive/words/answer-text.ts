/**
 * What happened, in a newcomer's words: how long the answer took and what most of that time was.
 * States what was measured, or what is under way; what went wrong is said as experts read it.
 */
import { tpotOf } from "#core/plan/measured/bottleneck.ts";
import { factsOf } from "#core/strategies/table.ts";
import { day, duration, share } from "../../format/units.ts";
import type { PlayerFacts } from "../../stores/player.ts";
import type { Lane } from "../../stores/runs.ts";
import { spentOf, type Badge, type SpentShare } from "../figures.ts";
import { isTrouble, line, verdictOf, type VerdictLine } from "../verdict-line.ts";
import { outageText, waitedAtEnd } from "../outage-text.ts";

/** Where time goes, as a newcomer calls it: on a swatch, and at the end of "most of it was". */
export const SPENT_WORDS: Readonly<Record<SpentShare["where"], { readonly name: string; readonly was: string }>> = {
  tab: { name: "This tab", was: "this tab computing" },
  link: { name: "Network", was: "waiting for the network" },
  edge: { name: "Server", was: "the server computing" },
  away: { name: "No connection", was: "waiting for the server to come back" },
  ready: { name: "Getting ready", was: "getting the model ready" },
  other: { name: "In between", was: "passing work around inside this tab" },
};

/** What the check against the uncut model came to. */
export const CHECKED_WORDS: Readonly<Record<Badge["state"], string>> = {
  unchecked: "Not checked against the whole model",
  exact: "Checked: the whole model says the same",
  near: "Checked: the same but for rounding",
  lossy: "May differ from the whole model\u2019s answer, by design",
  wrong: "The whole model gives another answer",
};

export function answerOf(lane: Lane, waitMs?: number): VerdictLine {
  if (isTrouble(lane)) return verdictOf(lane, waitMs);
  const lastMs = lane.tokens.at(-1)?.atMs;
  if (lastMs === undefined) return line(lane.record === null ? "Getting ready for the first word." : "No answer came.");
  if (lane.record === null) return line(comingText(lane, lastMs));
  const tookMs = lastMs + waitedAtEnd(lane);
  const stopped = lane.record.finish.kind === "stopped";
  return {
    text: `${stopped ? "Stopped after" : "The answer took"} ${duration(tookMs)}. ${mostText(lane)}`,
    wrong: false,
    under: outageText(lane),
  };
}

function comingText(lane: Lane, tookMs: number): string {
  const each = tpotOf(lane);
  return each === null
    ? `The answer begins, after ${duration(tookMs)}.`
    : `The answer is coming, a token every ${duration(each)}.`;
}

/** "Most of it, 69%, was waiting for the network." */
function mostText(lane: Lane): string {
  const { resolved, config } = lane;
  if (!factsOf(resolved?.mode ?? config.mode).needs.edge) return "Nothing crossed the network.";
  const [most] = spentOf(lane.tokens, waitedAtEnd(lane)).toSorted((a, b) => b.ms - a.ms);
  if (most === undefined || most.share === 0) return "";
  const { was } = SPENT_WORDS[most.where];
  return `${most.share > 0.5 ? "Most of it" : "The largest part"}, ${share(most.share, 1)}, was ${was}.`;
}

/** What the recording is, and how slowly it is being shown. */
export function recordingText(lane: Lane, { playheadMs, speed, scene }: PlayerFacts): string {
  const of = lane.record === null ? "" : ` from ${day(lane.record.provenance.startedAt)}`;
  if (playheadMs === null) return `A recording${of}.`;
  if (speed === 1) return `A recording${of}, at its own speed.`;
  const why = scene === "journey" ? " so that you can follow one word" : "";
  return `A recording${of}, slowed down ${Math.round(1 / speed)} times${why}.`;
}
