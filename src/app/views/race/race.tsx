/** The race: which strategies, how often, one button; afterwards who won, by how much, at what cost for the edge. */
import { Button } from "@mantine/core";
import type { Mode } from "#core/run/config.ts";
import { modeName } from "../../derive/lane-text.ts";
import { raceRows, raceVerdict, ratioText } from "../../derive/race-verdict.ts";
import { useFacts, useLab } from "../../lab.ts";
import { isRacing } from "../../stores/race.ts";
import { Check } from "../check.tsx";
import { NumberField } from "../settings/number-field.tsx";
import { MODE_CHOICES } from "../settings/choices.ts";
import { RaceTable } from "./race-table.tsx";
import { Words } from "../term/words.tsx";
import css from "./race.module.css";

const MOST_TIMES = 50;

export function Race() {
  const { stores } = useLab();
  const race = useFacts("race", (facts) => facts);
  const busy = isRacing(race);
  const rows = raceRows(race);
  const verdict = raceVerdict(race);
  const ratio = busy ? null : ratioText(race);
  const toggle = (mode: Mode): void =>
    stores.race.setState(({ strategies }) => ({
      strategies: MODE_CHOICES.filter((each) => strategies.includes(each) !== (each === mode)),
    }));
  return (
    <section
      className={css["race"]}
      aria-labelledby="race-title"
      data-screen-only={rows.length === 0 ? true : undefined}
      data-testid="race"
    >
      <h2 id="race-title">Race</h2>
      <p className={css["note"]}>
        The same request and seed on each strategy, taking turns, after one uncounted warm-up each.
      </p>
      <fieldset className={css["strategies"]} disabled={busy}>
        <legend>Strategies</legend>
        {MODE_CHOICES.map((mode) => (
          <Check key={mode} checked={race.strategies.includes(mode)} onChange={() => toggle(mode)}>
            {modeName(mode)}
          </Check>
        ))}
      </fieldset>
      <Start busy={busy} />
      {verdict !== null && <p className={css["headline"]}>{verdict.text}</p>}
      {verdict !== null && (
        <p className={`${css["note"]} ${css["spread"]}`}>
          <Words>{verdict.under[0] ?? ""}</Words>
        </p>
      )}
      {verdict !== null && <RaceTable rows={rows} />}
      {ratio !== null && <p className={css["note"]}>{ratio}</p>}
    </section>
  );
}

/** How often, and the button that begins or ends it. */
function Start({ busy }: { readonly busy: boolean }) {
  const { actions, stores } = useLab();
  const race = useFacts("race", (facts) => facts);
  const running = useFacts("runs", (facts) => facts.liveKey !== null);
  const ready = useFacts("engine", (facts) => facts.state === "ready");
  return (
    <div className={css["row"]}>
      <NumberField
        label="Times"
        widthPx={90}
        min={1}
        max={MOST_TIMES}
        value={race.rounds}
        disabled={busy}
        onChoose={(rounds) => stores.race.setState({ rounds })}
      />
      {busy ? (
        <Button variant="outline" onClick={() => void actions.stop()}>
          Stop the race
        </Button>
      ) : (
        <Button
          variant="outline"
          disabled={!ready || running || race.strategies.length < 2}
          onClick={() => void actions.race()}
          data-testid="race-start"
        >
          Race
        </Button>
      )}
    </div>
  );
}
