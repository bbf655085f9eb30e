/**
 * The legend of a chart: a button for each series that shows it or hides it. Recharts' own legend
 * sorts by name, takes no focus and lies over the axis, so this one stands beside the drawing.
 */
import { useCallback, useState } from "react";
import css from "./charts.module.css";
import { MarkIcon, type Mark } from "./readout/mark.tsx";

export interface Series {
  readonly key: string;
  readonly name: string;
  readonly mark: Mark;
  /** What it means, where its name does not say so. */
  readonly meaning?: string;
}

export type Hidden = ReadonlySet<string>;

interface Props {
  readonly series: readonly Series[];
  readonly hidden: Hidden;
  readonly onToggle: (key: string) => void;
}

/** Which series are hidden, and the way to change it. */
export function useHidden(): readonly [Hidden, (key: string) => void] {
  const [hidden, setHidden] = useState<Hidden>(new Set());
  const toggle = useCallback((key: string) => setHidden((before) => toggled(before, key)), []);
  return [hidden, toggle];
}

export function toggled(before: Hidden, key: string): Hidden {
  const after = new Set(before);
  if (!after.delete(key)) after.add(key);
  return after;
}

export function Legend({ series, hidden, onToggle }: Props) {
  return (
    <ul className={css["legend"]} aria-label="Series, to show or hide">
      {series.map(({ key, name, mark, meaning }) => (
        <li key={key}>
          <button
            type="button"
            data-printed
            aria-pressed={!hidden.has(key)}
            title={meaning}
            onClick={() => onToggle(key)}
          >
            <MarkIcon mark={mark} />
            {name}
          </button>
        </li>
      ))}
    </ul>
  );
}
