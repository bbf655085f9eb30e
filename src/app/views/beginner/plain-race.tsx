/** The race as one button: the same request cut, at the server alone and in this tab alone, and who won. */
import { Button } from "@mantine/core";
import { MODES, type Mode } from "#core/run/config.ts";
import { factsOf } from "#core/strategies/table.ts";
import { modeName } from "../../derive/lane-text.ts";
import { useFacts, useLab } from "../../lab.ts";
import { isRacing } from "../../stores/race.ts";
import css from "./beginner.module.css";

const PLAIN = MODES.filter((mode) => factsOf(mode).plain !== null);

export function PlainRace() {
  const { actions, stores } = useLab();
  const race = useFacts("race", (facts) => facts);
  const running = useFacts("runs", (facts) => facts.liveKey !== null);
  const ready = useFacts("engine", (facts) => facts.state === "ready");
  const mode = useFacts("settings", (facts) => facts.mode);
  const strategies = entrants(mode);
  const start = (): void => {
    stores.race.setState({ strategies });
    void actions.race();
  };
  return (
    <div className={css["race"]} data-testid="race">
      <Button variant="outline" disabled={!ready || running || isRacing(race)} onClick={start} data-testid="race-start">
        Race
      </Button>
      <p>{race.line?.text ?? `Who is fastest: ${listed(strategies.map((each) => modeName(each).toLowerCase()))}?`}</p>
    </div>
  );
}

/** The plain ways, and the chosen one where it is none of them; where that keeps words in this tab, only ways that do too. */
function entrants(chosen: Mode): readonly Mode[] {
  const { listed: known, checked, needs } = factsOf(chosen);
  if (PLAIN.includes(chosen) || !known) return PLAIN;
  const keepsWords = needs.edge && checked === "device";
  return [chosen, ...(keepsWords ? PLAIN.filter((mode) => !factsOf(mode).needs.edge) : PLAIN)];
}

const listed = (names: readonly string[]): string => `${names.slice(0, -1).join(", ")} or ${names.at(-1) ?? ""}`;
