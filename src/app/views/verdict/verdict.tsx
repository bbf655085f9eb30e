/**
 * The verdict in the largest type, and under it what it rests on: recorded or live, which machine,
 * when, over which link, how fast it is being shown, and what would make the speeds not count.
 */
import { useEffect, useState, type ReactNode } from "react";
import { changedText } from "../../derive/changed-since.ts";
import { provenanceLine } from "../../derive/lane-text.ts";
import { journeyText, line, verdictOf, type VerdictLine } from "../../derive/verdict-line.ts";
import { raceVerdict } from "../../derive/race-verdict.ts";
import { gapText } from "../../derive/model-gap.ts";
import { samePlace } from "../../derive/link-facts.ts";
import { useFacts } from "../../lab.ts";
import type { Lane } from "../../stores/runs.ts";
import type { PlayerFacts } from "../../stores/player.ts";
import { AgreementBadge } from "./badge.tsx";
import { Cautions } from "./cautions.tsx";
import { useForecast } from "../forecast.ts";
import { useFocus } from "../model.ts";
import { useMoment } from "../strip/moment.ts";
import css from "./verdict.module.css";

export function Verdict() {
  const lane = useFocus();
  const player = useFacts("player", (facts) => facts);
  const ready = useFacts("engine", (facts) => facts.state === "ready");
  const said = useSaid(lane);
  const beside = useBeside(lane);
  return (
    <section className={css["verdict"]} aria-label="Verdict">
      <h1 className={css["line"]} data-wrong={said.wrong} data-testid="verdict">
        {unbroken(said.text)}
      </h1>
      <p className={css["under"]} data-testid="provenance">
        <span className={css["label"]} data-live={lane?.origin === "live" || (lane === null && ready)}>
          {labelOf(lane, ready)}
        </span>
        {lane?.record && lane.origin === "recorded" && <span>{provenanceLine(lane.record)}</span>}
        {lane !== null && lane.tokens.length > 0 && (
          <AgreementBadge agreement={lane.agreement} mode={lane.config.mode} testId="verdict-agreement" />
        )}
        <Speed player={player} lane={lane} />
        {lane?.origin === "recorded" && ready && player.playheadMs === null && (
          <span>The engine is ready: press Run for a live one.</span>
        )}
        {[...beside, ...said.under].map((sentence) => (
          <span key={sentence}>{sentence}</span>
        ))}
        <Cautions lane={lane} />
      </p>
    </section>
  );
}

/** A race speaks while it is on, and while one of its runs is what is looked at. */
function useSaid(lane: Lane | null): VerdictLine {
  const moment = useMoment();
  const journey = useFacts("player", (facts) => facts.scene === "journey");
  const race = useFacts("race", (facts) => facts);
  const ready = useFacts("engine", (facts) => facts.state === "ready");
  const waitMs = useWaiting(lane?.reconnecting ?? null);
  const racing = race.state === "warming" || (lane?.race ?? null) !== null;
  const raced = racing ? raceVerdict(race) : null;
  if (raced !== null) return raced;
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

/** Until the next attempt, ms, counted down by the second. */
function useWaiting(reconnecting: Lane["reconnecting"]): number | undefined {
  const [counted, setCounted] = useState({ of: reconnecting, passedMs: 0 });
  useEffect(() => {
    if (reconnecting === null) return;
    const beganMs = performance.now();
    const tick = (): void => setCounted({ of: reconnecting, passedMs: performance.now() - beganMs });
    const ticking = setInterval(tick, 1000);
    return () => clearInterval(ticking);
  }, [reconnecting]);
  const passedMs = counted.of === reconnecting ? counted.passedMs : 0;
  return reconnecting === null ? undefined : Math.max(0, reconnecting.waitMs - passedMs);
}

function labelOf(lane: Lane | null, ready: boolean): string {
  if (lane?.origin === "recorded") return "Recorded";
  if (lane !== null && lane.reconnecting !== null) return "Interrupted";
  return lane !== null || ready ? "Live" : "Starting";
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
