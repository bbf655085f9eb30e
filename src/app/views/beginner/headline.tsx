/** The largest type of the short page: what is shown here and what to do, then what came of doing it. */
import { changedText } from "../../derive/changed-since.ts";
import { badgeOf } from "../../derive/figures.ts";
import { CHECKED_WORDS, recordingText } from "../../derive/words/answer-text.ts";
import { useFacts } from "../../lab.ts";
import type { Lane } from "../../stores/runs.ts";
import { useFocus } from "../model.ts";
import { Words } from "../term/words.tsx";
import { AgreementBadge } from "../verdict/badge.tsx";
import { Cautions } from "../verdict/cautions.tsx";
import { VerdictFrame } from "../verdict/frame.tsx";
import { usePlainSaid } from "./plain-said.ts";
import { isLive, labelOf, useInterrupted } from "../verdict/said.ts";

export function Headline() {
  const lane = useFocus();
  const settings = useFacts("settings", (facts) => facts);
  const ready = useFacts("engine", (facts) => facts.state === "ready");
  const waiting = useInterrupted();
  const said = usePlainSaid(lane);
  const changed = lane === null || lane.origin === "recorded" ? null : changedText(lane, settings);
  const checked = lane?.origin === "live" && lane.record !== null && lane.tokens.length > 0;
  return (
    <VerdictFrame said={said} label={labelOf(waiting ?? lane, ready)} live={isLive(waiting ?? lane, ready)} short>
      {lane?.origin === "recorded" && <Recording lane={lane} ready={ready} />}
      {checked && (
        <AgreementBadge
          agreement={lane.agreement}
          mode={lane.config.mode}
          testId="verdict-agreement"
          words={CHECKED_WORDS[badgeOf(lane.agreement, lane.config.mode).state]}
        />
      )}
      {changed !== null && <span>{changed}</span>}
      {said.under.map((sentence) => (
        <span key={sentence}>
          <Words>{sentence}</Words>
        </span>
      ))}
      <Cautions lane={lane?.origin === "live" ? lane : null} />
    </VerdictFrame>
  );
}

function Recording({ lane, ready }: { readonly lane: Lane; readonly ready: boolean }) {
  const player = useFacts("player", (facts) => facts);
  return (
    <>
      <span data-testid="recording">{recordingText(lane, player)}</span>
      {ready && player.playheadMs === null && <span>Press Run for one of your own.</span>}
    </>
  );
}
