/** What the strip lights up: what was at work under the playhead, or nothing. */
import { useMemo } from "react";
import { factsOf } from "#core/strategies/table.ts";
import { momentsAt, type StripMoment } from "../../derive/moments.ts";
import { useFacts } from "../../lab.ts";
import type { Lane } from "../../stores/runs.ts";
import { useFocus } from "../model.ts";

/** The windows that this device drafted: those of the edge are no part of what is seen here. */
export const draftedHere = ({ record }: Lane): NonNullable<NonNullable<Lane["record"]>["rounds"]> =>
  record !== null && factsOf(record.resolved?.mode ?? record.config.mode).drafts?.where === "device"
    ? (record.rounds ?? [])
    : [];

export function useMoments(): readonly StripMoment[] {
  const lane = useFocus();
  const playheadMs = useFacts("player", (facts) => facts.playheadMs);
  return useMemo(
    () => (lane === null || playheadMs === null ? [] : momentsAt(lane.tokens, draftedHere(lane), playheadMs)),
    [lane, playheadMs],
  );
}
