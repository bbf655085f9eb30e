/**
 * The verdict in the largest type, and under it what it rests on: recorded or live, which machine,
 * when, over which link, how fast it is being shown, and what would make the speeds not count.
 */
import { changedText } from "../../derive/changed-since.ts";
import { provenanceLine } from "../../derive/lane-text.ts";
import { journeyText, line, verdictOf, type VerdictLine } from "../../derive/verdict-line.ts";
import { gapText } from "../../derive/model-gap.ts";
import { samePlace } from "../../derive/link-facts.ts";
import { useFacts } from "../../lab.ts";
import type { Lane } from "../../stores/runs.ts";
import type { PlayerFacts } from "../../stores/player.ts";
import { AgreementBadge } from "./badge.tsx";
import { Cautions } from "./cautions.tsx";
import { VerdictFrame } from "./frame.tsx";
import { isLive, labelOf, useInterrupted, useRaced } from "./said.ts";
import { useWaiting } from "./use-waiting.ts";
import { useForecast } from "../forecast.ts";
import { useFocus } from "../model.ts";
import { Words } from "../term/words.tsx";
import { useScenarioLine } from "../scenarios/use-scenario.ts";
import { useMoments } from "../strip/moment.ts";

export function Verdict() {
  const lane = useFocus();
  const player = useFacts("player", (facts) => facts);
  const ready = useFacts("engine", (facts) => facts.state === "ready");
  const waiting = useInterrupted();
  const said = useSaid(lane);
  const beside = useBeside(lane);
  return (
    <VerdictFrame said={said} label={labelOf(waiting ?? lane, ready)} live={isLive(waiting ?? lane, ready)}>
      {lane?.record && lane.origin === "recorded" && (
        <span>
          <Words>{provenanceLine(lane.record)}</Words>
        </span>
      )}
      {lane !== null && lane.tokens.length > 0 && (
        <AgreementBadge agreement={lane.agreement} mode={lane.config.mode} testId="verdict-agreement" />
      )}
      <Speed player={player} lane={lane} />
      {lane?.origin === "recorded" && ready && player.playheadMs === null && (
        <span>The engine is ready: press Run for a live one.</span>
      )}
      {[...beside, ...said.under].map((sentence) => (
        <span key={sentence}>
          <Words>{sentence}</Words>
        </span>
      ))}
      <Cautions lane={lane} />
    </VerdictFrame>
  );
}

function useSaid(lane: Lane | null): VerdictLine {
  const [moment = null] = useMoments();
  const journey = useFacts("player", (facts) => facts.scene === "journey");
  const ready = useFacts("engine", (facts) => facts.state === "ready");
  const judged = useScenarioLine(lane);
  const waitMs = useWaiting(lane?.reconnecting ?? null);
  const raced = useRaced(lane);
  if (raced !== null) return raced;
  if (judged !== null) return judged;
  if (journey) return line(journeyText(moment));
  return lane === null ? empty(ready) : verdictOf(lane, waitMs);
}

/** What stands between the figures on screen: of which run they are, and why what is modelled is another. */
function useBeside(lane: Lane | null): readonly string[] {
  const settings = useFacts("settings", (facts) => facts);
  const { here } = useForecast();
  if (lane === null) return [];
  const changed = changedText(lane, settings);
  if (changed !== null) return [changed];
  const own = lane.origin === "live" && lane.record !== null && lane.race === null && lane.sabotage === null;
  const gap = own && here !== null && samePlace(lane, settings) ? gapText(lane.tokens, here) : null;
  return gap === null ? [] : [gap];
}

const empty = (ready: boolean): VerdictLine =>
  line(
    ready
      ? "Cut a language model in two, and see what it costs."
      : "A language model, cut between this tab and an edge server.",
  );

function Speed({ player, lane }: { readonly player: PlayerFacts; readonly lane: Lane | null }) {
  if (player.playheadMs === null || lane === null) return null;
  const slow = Math.round(1 / player.speed);
  return <span>{player.speed === 1 ? "at true speed" : `slowed down ${slow} times`}</span>;
}
