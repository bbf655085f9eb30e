/**
 * What stands under the pointer or the keyboard's cursor, exactly. It is drawn in Recharts' tooltip
 * and spoken politely, only when it was moved by keys: Recharts' own tooltip interrupts whoever listens.
 */
import { createContext, useContext, useEffect } from "react";
import { Tooltip, useActiveTooltipLabel } from "recharts";
import css from "./charts.module.css";
import { MarkIcon, type Mark } from "./mark.tsx";

export interface Readout {
  readonly title: string;
  readonly rows: readonly { readonly name: string; readonly value: string; readonly mark?: Mark }[];
  /** What the figures are of: n, spread, what is modelled. */
  readonly notes?: readonly string[];
}

export const readoutText = ({ title, rows, notes = [] }: Readout): string =>
  [title, ...rows.map(({ name, value }) => `${name} ${value}`), ...notes].join(", ");

export function ReadoutCard({ readout: { title, rows, notes = [] } }: { readonly readout: Readout }) {
  return (
    <div className={css["readout"]} data-testid="readout">
      <strong>{title}</strong>
      <table>
        <tbody>
          {rows.map(({ name, value, mark }) => (
            <tr key={name}>
              <th scope="row">
                {mark !== undefined && <MarkIcon mark={mark} />} {name}
              </th>
              <td>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {notes.map((note) => (
        <p key={note}>{note}</p>
      ))}
    </div>
  );
}

/** Says a text, where the last move was by keyboard. */
export const SayContext = createContext<(text: string) => void>(() => undefined);

/** What to read out at a place on the x axis; null where nothing is. It must stay the same function while a chart is not to be drawn anew. */
export type ReadoutAt = (x: number) => Readout | null;

/** Recharts' tooltip with our readout in it. `onPoint` hears of every place that is pointed at. */
export function ReadoutTooltip({
  readoutAt,
  onPoint,
}: {
  readonly readoutAt: ReadoutAt;
  readonly onPoint?: (x: number | null) => void;
}) {
  const say = useContext(SayContext);
  const label = useActiveTooltipLabel();
  const at = label === undefined ? null : Number(label);
  useEffect(() => {
    onPoint?.(at);
    const readout = at === null ? null : readoutAt(at);
    if (readout !== null) say(readoutText(readout));
  }, [at, onPoint, readoutAt, say]);
  return (
    <Tooltip
      cursor={false}
      isAnimationActive={false}
      offset={16}
      allowEscapeViewBox={{ x: false, y: true }}
      wrapperStyle={{ zIndex: 4, pointerEvents: "none" }}
      content={({ active, label: over }) => {
        const readout = active && over !== undefined ? readoutAt(Number(over)) : null;
        return readout === null ? null : <ReadoutCard readout={readout} />;
      }}
    />
  );
}
