/** The race: which strategies, how often, one button; afterwards who won, by how much, at what cost for the edge. */
import { Button, Checkbox } from "@mantine/core";
import { modeName } from "../../derive/lane-text.ts";
import { raceRows, raceVerdict } from "../../derive/race-verdict.ts";
import { duration } from "../../format/units.ts";
import { useFacts, useLab } from "../../lab.ts";
import { isRacing } from "../../stores/race.ts";
import { ColumnHeads } from "../../charts/data-table.tsx";
import { NumberField } from "../number-field.tsx";
import { MODE_CHOICES } from "../choices.ts";
import css from "./race.module.css";

const MOST_TIMES = 50;
const COLUMNS = ["Strategy", "TPOT", "spread", "TTFT", "edge a token", "n"];

export function Race() {
  const { actions, stores } = useLab();
  const race = useFacts("race", (facts) => facts);
  const running = useFacts("runs", (facts) => facts.liveKey !== null);
  const ready = useFacts("engine", (facts) => facts.state === "ready");
  const busy = isRacing(race);
  const rows = raceRows(race);
  const verdict = raceVerdict(race);
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
      <Checkbox.Group
        label="Strategies"
        value={[...race.strategies]}
        onChange={(value) => stores.race.setState({ strategies: MODE_CHOICES.filter((mode) => value.includes(mode)) })}
      >
        <div className={css["strategies"]}>
          {MODE_CHOICES.map((mode) => (
            <Checkbox key={mode} value={mode} label={modeName(mode)} disabled={busy} size="sm" />
          ))}
        </div>
      </Checkbox.Group>
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
      {verdict !== null && <p className={css["headline"]}>{verdict.text}</p>}
      {rows.length > 0 && (
        <table className={css["table"]} data-testid="race-table">
          <caption className="hidden-visually">Medians over the runs of the race so far</caption>
          <ColumnHeads columns={COLUMNS} />
          <tbody>
            {rows.map((row) => (
              <tr key={row.mode}>
                <th scope="row">{modeName(row.mode)}</th>
                <td>{row.tpotMs === null ? "\u2013" : duration(row.tpotMs)}</td>
                <td>{row.spreadMs === null ? "\u2013" : `\u00b1${duration(row.spreadMs / 2)}`}</td>
                <td>{row.ttftMs === null ? "\u2013" : duration(row.ttftMs)}</td>
                <td>{row.edgeMs === null ? "\u2013" : duration(row.edgeMs)}</td>
                <td>{row.n}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
