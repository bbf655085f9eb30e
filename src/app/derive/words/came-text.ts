/** Whose time a bar is: the strategy, where it cut, and what came of it where several stand beside each other. */
import { tpotOf } from "#core/plan/measured/bottleneck.ts";
import { factsOf } from "#core/strategies/table.ts";
import { duration } from "../../format/units.ts";
import type { Lane } from "../../stores/runs.ts";
import { modeName } from "../lane-text.ts";
import { linkOf } from "../link-facts.ts";
import { waitedAtEnd } from "../outage-text.ts";

/** "Split, cut after 4 of 12 blocks", and over which network where that is another time's. */
export function barTitle({ config, resolved, origin }: Lane): string {
  const mode = resolved?.mode ?? config.mode;
  const where =
    resolved !== null && factsOf(mode).cut !== "none" ? `, cut after ${resolved.cut} of ${resolved.blocks} blocks` : "";
  const over = origin === "recorded" && factsOf(mode).needs.edge ? `, over ${linkOf(config.link).name}` : "";
  return `${modeName(mode)}${where}${over}`;
}

/** "30.8 ms a token, 1.31 s in all"; empty before the first token. */
export function barFigures(lane: Lane): string {
  const lastMs = lane.tokens.at(-1)?.atMs;
  if (lastMs === undefined) return "";
  const each = tpotOf(lane);
  const all = `${duration(lastMs + waitedAtEnd(lane))} in all`;
  return each === null ? all : `${duration(each)} a token, ${all}`;
}
