/** What the runs of a race come to, a row a strategy: medians, so that they are the figures of the lanes that stay. */
import { ColumnHeads } from "../../charts/data-table.tsx";
import { modeName } from "../../derive/lane-text.ts";
import type { RaceRow } from "../../derive/race-verdict.ts";
import { duration } from "../../format/units.ts";
import css from "./race.module.css";

const COLUMNS = ["Strategy", "TPOT", "spread", "TTFT", "edge a token", "n"];
const NONE = "\u2013";
const timeText = (ms: number | null): string => (ms === null ? NONE : duration(ms));

export function RaceTable({ rows }: { readonly rows: readonly RaceRow[] }) {
  return (
    <table className={css["table"]} data-testid="race-table">
      <caption className="hidden-visually">Medians over the runs of the race so far</caption>
      <ColumnHeads columns={COLUMNS} />
      <tbody>
        {rows.map(({ mode, tpotMs, spreadMs, ttftMs, edgeMs, n }) => (
          <tr key={mode}>
            <th scope="row">{modeName(mode)}</th>
            <td>{timeText(tpotMs)}</td>
            <td>{spreadMs === null ? NONE : `\u00b1${duration(spreadMs / 2)}`}</td>
            <td>{timeText(ttftMs)}</td>
            <td>{timeText(edgeMs)}</td>
            <td>{n}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
