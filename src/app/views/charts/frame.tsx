/** What every chart has: a title with units, a note with n, spread and baseline, and a table twin. */
import { Button } from "@mantine/core";
import { useId, type ReactNode } from "react";
import { useFacts, useLab } from "../../lab.ts";
import { Cautions } from "../cautions.tsx";
import { useFocus } from "../model.ts";
import css from "./charts.module.css";

interface Props {
  readonly title: string;
  readonly note: string;
  /** The chart in words, for those who hear it. */
  readonly summary: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly testId: string;
  readonly children: ReactNode;
}

export function ChartFrame({ title, note, summary, columns, rows, testId, children }: Props) {
  const { stores } = useLab();
  const tables = useFacts("page", (facts) => facts.tables);
  const id = useId();
  const lane = useFocus();
  return (
    <section className={css["chart"]} aria-labelledby={id} data-testid={testId}>
      <div className={css["head"]}>
        <h2 id={id}>{title}</h2>
        <Cautions lane={lane} />
        <Button size="compact-sm" variant="subtle" aria-pressed={tables} onClick={() => stores.page.setState({ tables: !tables })}>
          {tables ? "As chart" : "As table"}
        </Button>
      </div>
      {tables ? (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
        <section className={css["scroll"]} tabIndex={0} aria-label={`${title}, as a table`}>
          <table className={css["table"]}>
            <thead>
              <tr>
                {columns.map((column) => (
                  <th key={column} scope="col">
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.join(" ")}>{row.map((cell, i) => (i === 0 ? <th key={i} scope="row">{cell}</th> : <td key={i}>{cell}</td>))}</tr>
              ))}
            </tbody>
          </table>
        </section>
      ) : (
        // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- a chart is drawn, not loaded
        <div role="img" aria-label={summary}>
          {children}
        </div>
      )}
      <p className={css["note"]}>{note}</p>
    </section>
  );
}

/** Recharts' text in the page's own type and ink. */
export const TICK = { fontSize: 12, fill: "var(--ink-faint)", fontFamily: "var(--font-text)" } as const;
export const LABEL = { fontSize: 12, fill: "var(--ink-soft)", fontFamily: "var(--font-text)" } as const;
