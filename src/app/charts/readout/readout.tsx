/**
 * What stands under the pointer or the keyboard's cursor, exactly: one value for the eye and for the
 * ear. It knows no library, so that the lanes and the strip, which are there at once, have it too.
 */
import { createContext } from "react";
import css from "../charts.module.css";
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
                <span>
                  {mark !== undefined && <MarkIcon mark={mark} />} {name}
                </span>
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
