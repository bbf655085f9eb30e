/**
 * The verdict in the largest type, and under it what it rests on: recorded or live, which machine,
 * when, over which link, how fast it is being shown, and what would make the speeds not count.
 */
import type { ReactNode } from "react";
import { provenanceLine } from "../derive/lane-text.ts";
import { journeyText, line, verdictOf, type VerdictLine } from "../derive/verdict-line.ts";
import { raceVerdict } from "../derive/race-verdict.ts";
import { useFacts } from "../lab.ts";
import type { Lane } from "../stores/runs.ts";
import type { PlayerFacts } from "../stores/player.ts";
import { AgreementBadge } from "./badge.tsx";
import { Cautions } from "./cautions.tsx";
import { useFocus } from "./model.ts";
import { useMoment } from "./strip/moment.ts";
import css from "./verdict.module.css";

export function Verdict() {
  const lane = useFocus();
  const moment = useMoment();
  const player = useFacts("player", (facts) => facts);
  const race = useFacts("race", (facts) => facts);
  const ready = useFacts("engine", (facts) => facts.state === "ready");
  // A race speaks while it is on, and while one of its runs is what is looked at.
  const racing = race.state === "warming" || (lane?.race ?? null) !== null;
  const said =
    (racing ? raceVerdict(race) : null) ??
    (player.scene === "journey" ? line(journeyText(moment)) : lane === null ? empty(ready) : verdictOf(lane));
  return (
    <section className={css["verdict"]} aria-label="Verdict">
      <h1 className={css["line"]} data-wrong={said.wrong} data-testid="verdict">
        {unbroken(said.text)}
      </h1>
      <p className={css["under"]} data-testid="provenance">
        <span className={css["label"]} data-live={lane?.origin === "live" || (lane === null && ready)}>
          {lane?.origin === "recorded"
            ? "Recorded"
            : lane !== null && lane.reconnecting !== null
              ? "Interrupted"
              : lane?.origin === "live" || ready
                ? "Live"
                : "Starting"}
        </span>
        {lane?.record && lane.origin === "recorded" && <span>{provenanceLine(lane.record)}</span>}
        {lane !== null && lane.tokens.length > 0 && (
          <AgreementBadge agreement={lane.agreement} mode={lane.config.mode} testId="verdict-agreement" />
        )}
        <Speed player={player} lane={lane} />
        {lane?.origin === "recorded" && ready && player.playheadMs === null && (
          <span>The engine is ready: press Run for a live one.</span>
        )}
        {said.under.map((sentence) => (
          <span key={sentence}>{sentence}</span>
        ))}
        <Cautions lane={lane} />
      </p>
    </section>
  );
}

/** A name such as concierge-1m stays in one piece. */
const unbroken = (text: string): readonly ReactNode[] =>
  text.split(/([\w.]+(?:-[\w.]+)+)/).map((part, at) =>
    at % 2 === 0 ? (
      part
    ) : (
      <span key={at} className={css["name"]}>
        {part}
      </span>
    ),
  );

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
