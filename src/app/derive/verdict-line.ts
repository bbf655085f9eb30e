/**
 * The one line in the largest type: what the run on screen says. It states a measured finding, or
 * what is happening, or what to do next; it never states a figure that was not measured.
 */
import type { Lane } from "../stores/runs.ts";
import { duration, share } from "../format/units.ts";
import { factsOf } from "#core/strategies/table.ts";
import { planSentences } from "#core/plan/plan-record.ts";
import { tpotOf } from "#core/plan/measured/bottleneck.ts";
import { insteadText } from "./fault-text.ts";
import { outageText, reconnectingText } from "./outage-text.ts";
import { movesText } from "./move-text.ts";
import { badgeOf, tierShares, totalsOfLane, wrongFrom } from "./figures.ts";
import { PART_MEANINGS, type Moment } from "./timeline.ts";

export interface VerdictLine {
  readonly text: string;
  /** Set where a token is wrong: the one case for red. */
  readonly wrong: boolean;
  /** Sentences in small type below it. */
  readonly under: readonly string[];
}

export const line = (text: string): VerdictLine => ({ text, wrong: false, under: [] });

/** Its edge server is away, it failed, or a token is wrong. */
export const isTrouble = (lane: Lane): boolean =>
  reconnectingText(lane) !== null ||
  failedText(lane) !== null ||
  wrongFrom(lane.agreement, lane.config.mode) !== Number.POSITIVE_INFINITY;

/** A finished or running lane; `waitMs` is left until the next attempt where its edge server is away. */
export function verdictOf(lane: Lane, waitMs?: number): VerdictLine {
  const reconnecting = reconnectingText(lane, waitMs);
  if (reconnecting !== null) return line(reconnecting);
  const totals = totalsOfLane(lane);
  const wrong = wrongFrom(lane.agreement, lane.config.mode);
  const instead = insteadText(lane);
  if (wrong !== Number.POSITIVE_INFINITY)
    return {
      text: `Wrong from token ${wrong + 1} on: the uncut model says something else.`,
      wrong: true,
      under: [instead === "" ? badgeOf(lane.agreement).detail : instead],
    };
  const failed = failedText(lane);
  if (failed !== null) return { text: failed, wrong: false, under: outageText(lane) };
  if (totals.ttftMs === null)
    return line(lane.record === null ? "Getting ready for the first token." : "No token came.");
  const each = tpotOf(lane);
  if (each === null) return line(`First token after ${duration(totals.ttftMs)}.`);
  return {
    text: `${duration(each)} a token${where(lane)}. ${binding(lane)}`,
    wrong: false,
    under: [...unhurt(lane), ...planText(lane), ...movesText(lane.moves), ...outageText(lane), ...paid(lane)],
  };
}

function failedText({ origin, record, tokens }: Lane): string | null {
  if (origin !== "live" || record?.finish.kind !== "failed") return null;
  return `The run failed ${tokens.length === 0 ? "before its first token" : `after ${tokens.length === 1 ? "one token" : `${tokens.length} tokens`}`}.`;
}

function where(lane: Lane): string {
  const { config, resolved } = lane;
  const place = resolved && { ...resolved, exitDepth: resolved.exit?.depth ?? null };
  const said = factsOf(resolved?.mode ?? config.mode).where({ draftModel: config.draftModel, place });
  if (said !== null) return said;
  if (lane.moves.length > 0)
    return `, its cut moved ${lane.moves.length === 1 ? "once" : `${lane.moves.length} times`}`;
  return resolved === null ? "" : `, cut at ${resolved.cut} of ${resolved.blocks}`;
}

/** Why the planner chose what it did, and how often it thought again. */
function planText({ plan, resolved }: Lane): readonly string[] {
  if (plan === null || resolved === null) return [];
  const again = plan.revisions.at(-1);
  const revised =
    again === undefined
      ? []
      : [
          `Planned again ${plan.revisions.length === 1 ? "once" : `${plan.revisions.length} times`}: after token ${again.after} ${again.why}.`,
        ];
  return [...planSentences(plan, resolved.blocks), ...revised];
}

const unhurt = ({ record, agreement }: Lane): readonly string[] =>
  record?.fault !== undefined && agreement.kind === "checked" ? ["Broken on purpose, and no token changed by it."] : [];

/** Of a lossy run: what its text is worth. */
function paid({ record }: Lane): readonly string[] {
  if (record?.quality === undefined) return [];
  const { agreement, perplexity, targetPerplexity } = record.quality;
  return [
    `${share(agreement, 1)} of its tokens are the target\u2019s; perplexity ${perplexity.toFixed(2)} under the target, whose own text has ${targetPerplexity.toFixed(2)}.`,
  ];
}

/** What takes most of the time. */
function binding(lane: Lane): string {
  if (!factsOf(lane.resolved?.mode ?? lane.config.mode).needs.edge) return "Nothing crosses the link.";
  const at = tierShares(lane.tokens);
  const [name, most] = (
    [
      ["the link", at.link],
      ["the edge server", at.edge],
      ["this tab", at.tab],
      ["waiting between threads", at.other],
    ] as const
  ).reduce((a, b) => (b[1] > a[1] ? b : a));
  const capital = name.charAt(0).toUpperCase() + name.slice(1);
  return `${capital} takes ${share(most, 1)} of it.`;
}

/** While one token is followed slowly. */
export function journeyText(moment: Moment | null): string {
  return moment === null
    ? "One token\u2019s journey."
    : `One token\u2019s journey: ${PART_MEANINGS[moment.span.part].replace(/ \(.*/, "")}.`;
}
