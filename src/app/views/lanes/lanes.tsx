/** The runs on screen, on one time axis, and the answer of the one in focus with its bars in full. */
import { useElementSize } from "@mantine/hooks";
import { lazy, Suspense } from "react";
import { axisLength } from "../../derive/lane-text.ts";
import { SCREEN } from "../../control/routing.ts";
import { useFocus } from "../model.ts";
import { ViewLink } from "../view-link.tsx";
import { FocusedText } from "./focused-text.tsx";
import { LaneView, WaitingLane } from "./lane-view.tsx";
import { PartLegend } from "./part-legend.tsx";
import { PlayerBar } from "./player-bar.tsx";
import { TimeAxis } from "./time-axis.tsx";
import { useShownLanes } from "./use-shown-lanes.ts";
import css from "./lanes.module.css";

const Rounds = lazy(async () => ({ default: (await import("./rounds.tsx")).Rounds }));

export function Lanes() {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const { lanes, waiting } = useShownLanes();
  const focused = useFocus();
  const axisMs = axisLength(lanes);
  const alone = lanes.length + waiting.length === 1;
  return (
    <section className={css["lanes"]} aria-labelledby="lanes-title" data-testid="lanes">
      <div className={`${css["head"]} ${css["title"]}`}>
        <h2 id="lanes-title">Where the time goes</h2>
        <PlayerBar />
        <ViewLink to={{ ...SCREEN, view: "history" }} current={false} testId="open-history">
          Earlier runs
        </ViewLink>
      </div>
      <div ref={ref} className={css["tracks"]}>
        {lanes.map((lane) => (
          <LaneView
            key={lane.race === null ? lane.key : `${lane.race} ${lane.config.mode}`}
            lane={lane}
            widthPx={width}
            axisMs={axisMs}
            alone={alone}
          />
        ))}
        {waiting.map((mode) => (
          <WaitingLane key={mode} mode={mode} widthPx={width} />
        ))}
        {lanes.length + waiting.length > 0 && <TimeAxis widthPx={width} axisMs={axisMs} />}
        {lanes.length + waiting.length > 0 && <PartLegend lanes={lanes} />}
      </div>
      {focused !== null && <FocusedText lane={focused} />}
      {focused?.record && (focused.record.rounds ?? focused.record.totals.cooperation) !== undefined && (
        <Suspense fallback={null}>
          <Rounds record={focused.record} widthPx={width} />
        </Suspense>
      )}
      {focused === null && (
        <p className={css["sub"]}>
          Nothing has run yet. Type a request and press Run: every token will appear here with its time.
        </p>
      )}
    </section>
  );
}
