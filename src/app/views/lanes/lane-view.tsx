/** One run: what it is, how fast, whether its tokens are right, its track, and what it said. */
import type { Mode } from "#core/run/config.ts";
import { tpotOf } from "#core/plan/measured/bottleneck.ts";
import { laneSummary, laneTitle, modeName } from "../../derive/lane-text.ts";
import { movingText } from "../../derive/move-text.ts";
import { racedText } from "../../derive/race-verdict.ts";
import { wordsBy } from "../../derive/words/told.ts";
import { duration } from "../../format/units.ts";
import { useFacts, useLab } from "../../lab.ts";
import { laneOf, type Lane } from "../../stores/runs.ts";
import { AgreementBadge } from "../verdict/badge.tsx";
import { Cautions } from "../verdict/cautions.tsx";
import { Track } from "./track.tsx";
import { usePick } from "./use-pick.ts";
import css from "./lanes.module.css";

interface Props {
  readonly lane: Lane;
  readonly widthPx: number;
  readonly axisMs: number;
  readonly alone: boolean;
}

export function LaneView({ lane, widthPx, axisMs, alone }: Props) {
  const focus = useStandsInFocus(lane);
  const picked = useFacts("page", (facts) => facts.token);
  const playheadMs = useFacts("player", (facts) => facts.playheadMs);
  const pointed = useFacts("page", (facts) => facts.pointed);
  const pick = usePick(lane);
  const { stores } = useLab();
  // The charts below show the run in focus: only its tokens are theirs.
  const point = (index: number | null): void => {
    if (focus) stores.page.setState({ pointed: index });
  };
  return (
    <article
      className={css["lane"]}
      data-focus={focus && !alone}
      data-raced={lane.race !== null}
      data-testid={`lane-${lane.config.mode}`}
      aria-label={laneTitle(lane)}
    >
      <LaneHead lane={lane} focus={focus} onPick={() => pick(null)} />
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
      {!alone && <p className={css["line"]}>{wordsBy(lane.tokens, playheadMs)}</p>}
    </article>
  );
}

/** In a race the details on screen are of the last run of a strategy that is over: its lane may already be the next one's. */
function useStandsInFocus(lane: Lane): boolean {
  return useFacts("runs", (facts) => {
    const focused = laneOf(facts, facts.focus);
    const raced = lane.race !== null && focused?.race === lane.race && focused.config.mode === lane.config.mode;
    return focused?.key === lane.key || raced;
  });
}

interface HeadProps {
  readonly lane: Lane;
  readonly focus: boolean;
  readonly onPick: () => void;
}

function LaneHead({ lane, focus, onPick }: HeadProps) {
  const race = useFacts("race", (facts) => facts);
  const tpotMs = tpotOf(lane);
  const raced = lane.race === null ? null : racedText(race, lane);
  return (
    <div className={css["head"]}>
      <button type="button" data-printed className={css["name"]} aria-pressed={focus} onClick={onPick}>
        {laneTitle(lane)}
      </button>
      <span className={`${css["sub"]} ${css["tpot"]}`}>{tpotMs === null ? "" : `${duration(tpotMs)} a token`}</span>
      <AgreementBadge agreement={lane.agreement} mode={lane.config.mode} testId="agreement" />
      {raced !== null && <span className={css["sub"]}>{raced}</span>}
      <Cautions lane={lane} />
      {lane.moving !== null && (
        <span className={css["sub"]} data-testid="moving">
          {movingText(lane.moving)}
        </span>
      )}
      {lane.linkState !== null && <span className={css["sub"]}>{lane.linkState}</span>}
    </div>
  );
}

/** The place of a strategy whose turn in the race is still to come. */
export function WaitingLane({ mode, widthPx }: { readonly mode: Mode; readonly widthPx: number }) {
  return (
    <article className={css["lane"]} data-raced aria-label={`${modeName(mode)}, waiting for its turn`}>
      <div className={css["head"]}>
        <strong className={css["name"]}>{modeName(mode)}</strong>
        <span className={css["sub"]}>waiting for its turn</span>
      </div>
      <Track
        tokens={[]}
        moves={[]}
        widthPx={widthPx}
        axisMs={0}
        playheadMs={null}
        picked={null}
        summary={`${modeName(mode)} has not run yet`}
        onPick={() => undefined}
      />
      <p className={css["line"]} />
    </article>
  );
}
