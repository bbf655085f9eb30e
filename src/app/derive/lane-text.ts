/** A lane in words: its title, its summary for those who hear the chart, where it was recorded. */
import type { Mode, RunConfig } from "#core/run/config.ts";
import { draftsByExit, draftsWithModel, factsOf, looksUp } from "#core/strategies/table.ts";
import { tpotOf } from "#core/plan/measured/bottleneck.ts";
import type { Resolved, RunRecord } from "#core/run/record.ts";
import { day, duration, share } from "../format/units.ts";
import type { Lane } from "../stores/runs.ts";
import { totalsOfLane, tierShares } from "./figures.ts";
import { outageText, waitedAtEnd } from "./outage-text.ts";
import { linkOf } from "./link-facts.ts";
import { describeDevice } from "./tier-text.ts";

/** A strategy's name on the page. */
export const modeName = (mode: Mode): string => factsOf(mode).label;

export function laneTitle(lane: Lane): string {
  const { config, resolved } = lane;
  const { drafts, cut } = factsOf(config.mode);
  const name = modeName(config.mode);
  if (drafts?.judged === "when-unsure") return `${name}, ${config.draftModel} alone above ${config.threshold}`;
  if (draftsWithModel(config)) return `${name}, ${draftOf(config)}, from ${config.draftModel}`;
  if (looksUp(config)) return `${name}, ${draftOf(config)}, looked up in the text`;
  if (cut === "planned") return resolved === null ? name : `${name}: ${plannedPlace(resolved)}`;
  return cut === "chosen" ? `${name} at ${cutTitle(lane)}` : name;
}

const plannedPlace = ({ mode, cut, blocks }: Resolved): string =>
  `${modeName(mode)}${factsOf(mode).cut === "chosen" ? ` at ${cut} of ${blocks}` : ""}`;

function cutTitle(lane: Lane): string {
  const { config, resolved } = lane;
  const where = resolved === null ? `${config.cut}` : `${resolved.cut} of ${resolved.blocks}`;
  const tail = factsOf(config.mode).returns ? `, tail ${config.tail}` : "";
  const drafting = draftsByExit(config.mode) ? `, ${exitOf(lane)}${draftOf(config)}` : "";
  return `${where}${tail}, ${config.codec}${drafting}${config.kvCache ? "" : ", no KV cache"}`;
}

/** Which exit drafted, once it is known. */
const exitOf = ({ resolved }: Lane): string =>
  resolved?.exit === undefined
    ? ""
    : resolved.exit.kind === "own"
      ? "own exit, "
      : `exit trained at ${resolved.exit.depth}, `;

const draftOf = ({ draftLength, verify, windows }: RunConfig): string =>
  `${draftLength} ${typeof draftLength === "number" ? "drafted" : "decides the length"}, ${verify}${windows > 1 ? `, ${windows} windows` : ""}`;

export function laneSummary(lane: Lane): string {
  const { ttftMs } = totalsOfLane(lane);
  const tpotMs = tpotOf(lane);
  if (ttftMs === null) return `${laneTitle(lane)}: no token yet`;
  const at = tierShares(lane.tokens);
  const rest = tpotMs === null ? "" : `, then one every ${duration(tpotMs)} (mean of ${lane.tokens.length - 1})`;
  return `${laneTitle(lane)}: first token after ${duration(ttftMs)}${rest}. This tab ${share(at.tab, 1)}, link ${share(at.link, 1)}, edge ${share(at.edge, 1)}, other ${share(at.other, 1)} of the time.${outageText(
    lane,
  )
    .map((sentence) => ` ${sentence}`)
    .join("")}`;
}

/** The axis in ms: the longest run shown, with room to grow while one is running. */
export function axisLength(lanes: readonly Lane[]): number {
  return Math.max(
    0,
    ...lanes.map((lane) => {
      const end = (lane.tokens.at(-1)?.atMs ?? 0) + waitedAtEnd(lane);
      return lane.record === null ? nextRound(Math.max(end * 1.05, 100)) : end * 1.02;
    }),
  );
}

/** Grows in steps, so that the axis does not creep with every token. */
const nextRound = (ms: number): number => 100 * 1.5 ** Math.ceil(Math.log(ms / 100) / Math.log(1.5));

/** Machine, date and link of a recorded run. */
export function provenanceLine(record: RunRecord): string {
  const { provenance, config, resolved } = record;
  const link = linkOf(config.link).name;
  const device = describeDevice(provenance.device);
  return [
    provenance.browser,
    device,
    `${provenance.cores} cores`,
    resolved?.edge === null ? "" : link,
    day(provenance.startedAt),
  ]
    .filter((word) => word !== "")
    .join(", ");
}
