/**
 * The way of one token of the run on screen, played on the strip in its own times: so slow that the
 * eye follows, or as chosen. Who wants no motion goes through it part by part.
 */
import { Button, NativeSelect } from "@mantine/core";
import { useReducedMotion } from "@mantine/hooks";
import { typicalToken } from "../../derive/figures.ts";
import { stopsOn, type WayStop } from "../../derive/token-way.ts";
import { PART_MEANINGS } from "../../derive/timeline.ts";
import { duration } from "../../format/units.ts";
import { useFacts, useLab } from "../../lab.ts";
import { useFocus } from "../model.ts";
import { draftedHere } from "./moment.ts";
import css from "./strip.module.css";

const SPEEDS = [
  { value: "0", label: "for the eye" },
  { value: "1", label: "true speed" },
  { value: "0.1", label: "a tenth" },
  { value: "0.01", label: "a hundredth" },
] as const;

export default function Watch() {
  const { player } = useLab();
  const still = useReducedMotion(undefined, { getInitialValueInEffect: false });
  const lane = useFocus();
  const picked = useFacts("page", (facts) => facts.token);
  const live = useFacts("runs", (facts) => facts.liveKey !== null);
  const watching = useFacts("player", ({ scene }) => scene === "journey");
  const index = picked ?? (lane === null ? null : (typicalToken(lane.tokens)?.index ?? null));
  const ready = lane !== null && lane.record !== null && !live && index !== null;
  if (still && ready) return <Steps stops={stopsOn(lane.tokens, draftedHere(lane), index)} token={index} />;
  return (
    <span className={css["watch"]}>
      <Button
        variant="default"
        size="compact-md"
        disabled={!ready}
        aria-label={watching ? undefined : "Watch a token"}
        onClick={() => (watching || index === null ? player.end() : player.watch(index, 0))}
        data-testid="watch"
      >
        {watching ? "Stop" : "Watch"}
      </Button>
      {watching && ready && (
        <NativeSelect
          aria-label="Speed"
          data={SPEEDS}
          defaultValue="0"
          data-testid="watch-speed"
          onChange={(event) => player.watch(index, Number(event.currentTarget.value))}
        />
      )}
    </span>
  );
}

function Steps({ stops, token }: { readonly stops: readonly WayStop[]; readonly token: number }) {
  const { player, stores } = useLab();
  const playheadMs = useFacts("player", (facts) => facts.playheadMs);
  const next = stops.find(({ atMs }) => playheadMs === null || atMs > playheadMs) ?? null;
  const step = (): void => {
    if (next === null) return player.end();
    player.seek(next.atMs);
    const announcement = `Token ${token + 1}: ${PART_MEANINGS[next.part]}, ${duration(next.ms)}.`;
    stores.page.setState({ announcement });
  };
  return (
    <span className={css["watch"]}>
      <Button variant="default" size="compact-md" onClick={step} data-testid="watch">
        {next === null ? "Stop" : playheadMs === null ? "Watch" : "Next"}
      </Button>
    </span>
  );
}
