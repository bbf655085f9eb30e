/** What every chart has: a title with units, a note with n, spread and baseline, and a table twin. */
import { Button } from "@mantine/core";
import { useId, type ReactNode } from "react";
import { useFacts, useLab } from "../../lab.ts";
import type { Lane } from "../../stores/runs.ts";
import { Cautions } from "../cautions.tsx";
import css from "./charts.module.css";
import { DataTable, usePrinting } from "./data-table.tsx";

interface Props {
  readonly title: string;
  readonly note: string;
  /** The chart in words, for those who hear it. */
  readonly summary: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly testId: string;
  /** The run whose cautions stand beside the title; a chart of an experiment has its caveats above. */
  readonly lane: Lane | null;
  readonly children: ReactNode;
}

export function ChartFrame({ title, note, summary, columns, rows, testId, lane, children }: Props) {
  const { stores } = useLab();
  const tables = useFacts("page", (facts) => facts.tables);
  const printing = usePrinting();
  const id = useId();
  return (
    <section className={css["chart"]} aria-labelledby={id} data-testid={testId}>
      <div className={css["head"]}>
        <h2 id={id}>{title}</h2>
        <Cautions lane={lane} />
        <Button
          size="compact-sm"
          variant="subtle"
          aria-pressed={tables}
          onClick={() => stores.page.setState({ tables: !tables })}
        >
          {tables ? "As chart" : "As table"}
        </Button>
      </div>
      {!tables && (
        // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- a chart is drawn, not loaded
        <div role="img" aria-label={summary}>
          {children}
        </div>
      )}
      {(tables || printing) && <DataTable columns={columns} rows={rows} label={`${title}, as a table`} />}
      <p className={css["note"]}>{note}</p>
    </section>
  );
}
