/** Figures as a table, on the page and under a chart on paper: the first column names the row. */
import { useSyncExternalStore } from "react";
import { Words } from "../views/term/words.tsx";
import css from "./charts.module.css";

interface Props {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly label: string;
}

const print = window.matchMedia("print");

function watchPrint(changed: () => void): () => void {
  print.addEventListener("change", changed);
  return () => print.removeEventListener("change", changed);
}

/** The page is being laid out for paper: on the screen a chart stands alone, and no table is kept up to date behind it. */
export const usePrinting = (): boolean => useSyncExternalStore(watchPrint, () => print.matches);

export const ColumnHeads = ({ columns }: Pick<Props, "columns">) => (
  <thead>
    <tr>
      {columns.map((column) => (
        <th key={column} scope="col">
          <Words>{column}</Words>
        </th>
      ))}
    </tr>
  </thead>
);

export function DataTable({ columns, rows, label }: Props) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <section className={css["scroll"]} tabIndex={0} aria-label={label}>
      <table className={css["table"]}>
        <ColumnHeads columns={columns} />
        <tbody>
          {rows.map((row, at) => (
            <tr key={at}>
              {row.map((cell, index) =>
                index === 0 ? (
                  <th key={index} scope="row">
                    {cell}
                  </th>
                ) : (
                  <td key={index}>{cell}</td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
