/** The runs on screen, on one time axis; the one in focus with its text and bars in full. */
import { useElementSize } from "@mantine/hooks";
import { lazy, Suspense, useCallback } from "react";
import { tpotOf } from "#core/plan/measured/bottleneck.ts";
import { useFacts, useLab } from "../../lab.ts";
import { axisLength, laneTitle, laneSummary } from "../../derive/lane-text.ts";
import { badgeOf, typicalToken, wrongFrom } from "../../derive/figures.ts";
import { movingText } from "../../derive/move-text.ts";
import { arrivedBy, startOf } from "../../derive/timeline.ts";
import { spokenIn } from "../../derive/turn-text.ts";
import { duration } from "../../format/units.ts";
import type { Lane } from "../../stores/runs.ts";
import { AgreementBadge } from "../badge.tsx";
import { Cautions } from "../cautions.tsx";
import { OffGround } from "./off-ground.tsx";
import { PartLegend } from "./part-legend.tsx";
import { PlayerBar } from "./player-bar.tsx";
import { TimeAxis } from "./time-axis.tsx";
import { TokenText } from "./token-text.tsx";
import { Track } from "./track.tsx";
import css from "./lanes.module.css";

const Rounds = lazy(async () => ({ default: (await import("./rounds.tsx")).Rounds }));

export function Lanes() {
  const lanes = useFacts("runs", (facts) => facts.lanes);
  const shown = useFacts("runs", (facts) => facts.shown);
  const { ref, width } = useElementSize<HTMLDivElement>();
  const visible = shown.flatMap((key) => lanes.find((lane) => lane.key === key) ?? []);
  const axisMs = axisLength(visible);
  const focus = useFacts("runs", (facts) => facts.focus);
  const focused = visible.find((lane) => lane.key === focus);
  return (
    <section className={css["lanes"]} aria-labelledby="lanes-title" data-testid="lanes">
      <div className={css["head"]}>
        <h2 id="lanes-title">Where the time goes</h2>
        <PlayerBar />
      </div>
      <div ref={ref} className={css["tracks"]}>
        {visible.map((lane) => (
          <LaneView key={lane.key} lane={lane} widthPx={width} axisMs={axisMs} alone={visible.length === 1} />
        ))}
        {visible.length > 0 && <TimeAxis widthPx={width} axisMs={axisMs} />}
        <PartLegend lanes={visible} />
      </div>
      {focused !== undefined && <FocusedText lane={focused} />}
      {focused?.record && (focused.record.rounds ?? focused.record.totals.cooperation) !== undefined && (
        <Suspense fallback={null}>
          <Rounds record={focused.record} widthPx={width} />
        </Suspense>
      )}
      {visible.length === 0 && (
        <p className={css["sub"]}>
          Nothing has run yet. Type a request and press Run: every token will appear here with its time.
        </p>
      )}
    </section>
  );
}

interface LaneProps {
  readonly lane: Lane;
  readonly widthPx: number;
  readonly axisMs: number;
  readonly alone: boolean;
}

/** Picks a token of a lane: its parts are taken apart below. */
function usePick(lane: Lane): (index: number | null) => void {
  const { stores, player } = useLab();
  return useCallback(
    (index) => {
      player.end();
      stores.runs.setState({ focus: lane.key });
      stores.page.setState({ token: index });
    },
    [stores, player, lane.key],
  );
}

function LaneView({ lane, widthPx, axisMs, alone }: LaneProps) {
  const focus = useFacts("runs", (facts) => facts.focus === lane.key);
  const picked = useFacts("page", (facts) => facts.token);
  const playheadMs = useFacts("player", (facts) => facts.playheadMs);
  const pointed = useFacts("page", (facts) => facts.pointed);
  const pick = usePick(lane);
  const { stores } = useLab();
  // The charts below show the run in focus: only its tokens are theirs.
  const point = (index: number | null): void => {
    if (focus) stores.page.setState({ pointed: index });
  };
  const tpotMs = tpotOf(lane);
  const arrived = arrivedBy(lane.tokens, playheadMs);
  return (
    <article
      className={css["lane"]}
      data-focus={focus && !alone}
      data-testid={`lane-${lane.config.mode}`}
      aria-label={laneTitle(lane)}
    >
      <div className={css["head"]}>
        <button type="button" data-printed className={css["name"]} aria-pressed={focus} onClick={() => pick(null)}>
          {laneTitle(lane)}
        </button>
        {tpotMs !== null && <span className={css["sub"]}>{duration(tpotMs)} a token</span>}
        <AgreementBadge agreement={lane.agreement} mode={lane.config.mode} testId="agreement" />
        <Cautions lane={lane} />
        {lane.moving !== null && (
          <span className={css["sub"]} data-testid="moving">
            {movingText(lane.moving)}
          </span>
        )}
        {lane.linkState !== null && <span className={css["sub"]}>{lane.linkState}</span>}
      </div>
      <Track
        tokens={lane.tokens}
        moves={lane.moves}
        widthPx={widthPx}
        axisMs={axisMs}
        playheadMs={playheadMs}
        picked={focus ? picked : null}
        pointed={focus ? pointed : null}
        summary={laneSummary(lane)}
        onPick={pick}
        onPoint={point}
      />
      {!focus && (
        <p className={css["line"]}>
          {spokenIn(
            lane.tokens
              .slice(0, arrived)
              .map((token) => token.text)
              .join(""),
          )}
        </p>
      )}
    </article>
  );
}

function FocusedText({ lane }: { readonly lane: Lane }) {
  const picked = useFacts("page", (facts) => facts.token);
  const playheadMs = useFacts("player", (facts) => facts.playheadMs);
  const pick = usePick(lane);
  const typical = typicalToken(lane.tokens);
  const fullMs = typical === null ? 0 : 1.6 * (typical.atMs - startOf(lane.tokens, typical.index));
  const badge = badgeOf(lane.agreement, lane.config.mode);
  return (
    <div className={css["focused"]}>
      <TokenText
        tokens={lane.tokens}
        arrived={arrivedBy(lane.tokens, playheadMs)}
        fullMs={fullMs}
        picked={picked}
        wrongFrom={wrongFrom(lane.agreement, lane.config.mode)}
        running={lane.record === null}
        onPick={pick}
      />
      <p className={css["scale"]}>
        {fullMs > 0 && `A full bar is ${duration(fullMs)}; dashed ones are longer. `}
        {badge.label}
        {badge.detail === "" ? "" : `: ${badge.detail}`}.
      </p>
      <OffGround key={lane.config.model} lane={lane} />
    </div>
  );
}
