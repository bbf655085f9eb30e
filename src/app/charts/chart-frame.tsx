/** What every chart has: a title with units, a legend, a note with n, spread and baseline, and a table twin. */
import { Button } from "@mantine/core";
import { useId, type ReactNode } from "react";
import { useFacts, useLab } from "../lab.ts";
import type { Lane } from "../stores/runs.ts";
import { Words } from "../views/term/words.tsx";
import { Cautions } from "../views/verdict/cautions.tsx";
import css from "./charts.module.css";
import { DataTable, usePrinting } from "./data-table.tsx";

interface Props {
  readonly title: string;
  readonly note: string;
  /** The chart in words, for those who hear it. */
  readonly summary: string;
  readonly columns: readonly string[];
  /** Made only where they are shown: a live chart has hundreds of new figures with every token. */
  readonly rows: readonly (readonly string[])[] | (() => readonly (readonly string[])[]);
  readonly testId: string;
  /** The run whose cautions stand beside the title; a chart of an experiment has its caveats above. */
  readonly lane: Lane | null;
  /** Switches of this chart, beside the one for its table. */
  readonly controls?: ReactNode;
  readonly legend?: ReactNode;
  readonly children: ReactNode;
}

export function ChartFrame(props: Props) {
  const { title, note, summary, columns, rows, testId, lane, controls, legend, children } = props;
  const { stores } = useLab();
  const tables = useFacts("page", (facts) => facts.tables);
  const printing = usePrinting();
  const id = useId();
  return (
    <section className={css["chart"]} aria-labelledby={id} data-testid={testId}>
      <div className={css["head"]}>
        <h2 id={id}>
          <Words>{title}</Words>
        </h2>
        <Cautions lane={lane} />
        <div className={css["controls"]}>
          {!tables && controls}
          <Switch on={tables} onChange={() => stores.page.setState({ tables: !tables })}>
            {tables ? "As chart" : "As table"}
          </Switch>
        </div>
      </div>
      {!tables && (
        // A figure and no image: what can be pointed at and toggled inside it is there for everybody.
        <figure className={css["figure"]} aria-label={summary}>
          {children}
          {legend}
        </figure>
      )}
      {(tables || printing) && (
        <DataTable columns={columns} rows={typeof rows === "function" ? rows() : rows} label={`${title}, as a table`} />
      )}
      <p className={css["note"]}>
        <Words>{note}</Words>
      </p>
    </section>
  );
}

/** A small switch in a chart's head. */
export const Switch = ({
  on,
  onChange,
  children,
}: {
  readonly on: boolean;
  readonly onChange: () => void;
  readonly children: ReactNode;
}) => (
  <Button size="compact-sm" variant="subtle" aria-pressed={on} onClick={onChange}>
    {children}
  </Button>
);
