/** A run as it goes to a class: its figures, and these in words, so that what is sent is seen before it is. */
import type { SharedRun } from "#core/run/class-messages.ts";
import { duration, size } from "../format/units.ts";
import type { Lane } from "../stores/runs.ts";
import { badgeOf } from "./figures.ts";
import { modeName } from "./lane-text.ts";

/** Null where there is nothing to send: a recording, a run under way, one that gave no token. `doubtful` is what its cautions say. */
export function figuresOf(lane: Lane, doubtful: boolean): SharedRun | null {
  const { record, agreement, origin } = lane;
  const resolved = record?.resolved;
  if (!resolved || record === null || origin === "recorded" || record.totals.ttftMs === null) return null;
  const { ttftMs, tpotMs, upBytes, downBytes } = record.totals;
  const { mode, cut, link } = resolved;
  const checked = badgeOf(agreement, mode).state;
  const rttMs = link.figures?.rttMs ?? null;
  return { mode, cut, rttMs, tokens: record.tokens.length, ttftMs, tpotMs, upBytes, downBytes, checked, doubtful };
}

export const CHECKED: Readonly<Record<SharedRun["checked"], string>> = {
  exact: "same tokens as uncut",
  near: "a near tie",
  lossy: "lossy",
  wrong: "other tokens than uncut",
  unchecked: "not checked",
};

export function runText(run: SharedRun): string {
  const { mode, cut, rttMs, tokens, ttftMs, tpotMs, upBytes, downBytes, checked, doubtful } = run;
  return [
    `${modeName(mode)}, cut ${cut}`,
    `${tokens} tokens`,
    `first after ${duration(ttftMs)}`,
    ...(tpotMs === null ? [] : [`then ${duration(tpotMs)} each`]),
    `${size(upBytes)} up`,
    `${size(downBytes)} down`,
    ...(rttMs === null ? [] : [`round trip ${duration(rttMs)}`]),
    CHECKED[checked],
    ...(doubtful ? ["times in doubt"] : []),
  ].join("; ");
}
