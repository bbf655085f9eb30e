/** A lane in words: its title, its summary for those who hear the chart, where it was recorded. */
import type { Mode, RunConfig } from "#core/run/config.ts";
import { tpotOf } from "#core/plan/bottleneck.ts";
import type { RunRecord } from "#core/run/record.ts";
import { day, duration, share } from "../format/units.ts";
import type { Lane } from "../stores/runs.ts";
import { totalsOfLane, tierShares } from "./figures.ts";
import { linkOf } from "./link-facts.ts";
import { describeDevice } from "./tier-text.ts";

const NAMES: Readonly<Partial<Record<Mode, string>>> = {
  split: "Split",
  "edge-only": "Edge only",
  "device-only": "Device only",
  "u-split": "U-split",
  speculative: "Speculative",
  "split-speculative": "Split speculation",
  colocated: "Both models at the edge",
  cooperative: "Cooperative, lossy",
  baseline: "transformers.js",
  score: "Score",
  auto: "Planned",
};

/** A strategy's name on the page; its key where it has no other. */
export const modeName = (mode: Mode): string => NAMES[mode] ?? mode;

export function laneTitle(lane: Lane): string {
  const { config, resolved } = lane;
  const name = modeName(config.mode);
  if (config.mode === "cooperative") return `${name}, ${config.draftModel} alone above ${config.threshold}`;
  if (config.mode === "speculative" || config.mode === "colocated")
    return `${name}, ${draftOf(config)}, from ${config.draftModel}`;
  if (config.mode === "auto" && resolved !== null)
    return `${name}: ${modeName(resolved.mode)}${resolved.mode === "split" ? ` at ${resolved.cut} of ${resolved.blocks}` : ""}`;
  if (!CUT_MODES.includes(config.mode)) return name;
  const where = resolved === null ? `${config.cut}` : `${resolved.cut} of ${resolved.blocks}`;
  const tail = config.mode === "u-split" ? `, tail ${config.tail}` : "";
  const drafting = config.mode === "split-speculative" ? `, ${exitOf(lane)}${draftOf(config)}` : "";
  return `${name} at ${where}${tail}, ${config.codec}${drafting}${config.kvCache ? "" : ", no KV cache"}`;
}

const CUT_MODES: readonly Mode[] = ["split", "u-split", "score", "split-speculative"];

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
  return `${laneTitle(lane)}: first token after ${duration(ttftMs)}${rest}. This tab ${share(at.tab, 1)}, link ${share(at.link, 1)}, edge ${share(at.edge, 1)}, other ${share(at.other, 1)} of the time.`;
}

/** The axis in ms: the longest run shown, with room to grow while one is running. */
export function axisLength(lanes: readonly Lane[]): number {
  return Math.max(
    0,
    ...lanes.map((lane) => {
      const end = lane.tokens.at(-1)?.atMs ?? 0;
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
