/** The list: a row a run, to choose two of, to open one, to delete one. */
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { dayAndTime, duration, size } from "../../format/units.ts";
import type { History, HistoryFacts } from "../../history/history.ts";
import { unreadableText, type HistoryRow, type RunSummary } from "../../history/kept-run.ts";
import { useLab } from "../../lab.ts";
import { Check } from "../check.tsx";
import { showRecords } from "../show-records.ts";
import { AgreementBadge } from "../verdict/badge.tsx";
import css from "./history.module.css";

interface Props {
  readonly history: History;
  readonly facts: HistoryFacts;
}

const LETTERS = ["A", "B"];

export function RunTable({ history, facts: { rows, chosen, oldestFirst, total } }: Props) {
  return (
    <div>
      <table className={css["table"]} data-testid="history-table">
        <caption className="hidden-visually">Runs, to choose two of for a comparison</caption>
        <thead>
          <tr>
            <th scope="col">
              <span className="hidden-visually">Compare</span>
            </th>
            <th scope="col" aria-sort={oldestFirst ? "ascending" : "descending"}>
              <button
                type="button"
                className={css["sort"]}
                onClick={() => void history.turnRound()}
                data-testid="history-sort"
              >
                Run, {oldestFirst ? "oldest first" : "newest first"} <span aria-hidden>{oldestFirst ? "↑" : "↓"}</span>
              </button>
            </th>
            <th scope="col">First token</th>
            <th scope="col">A token</th>
            <th scope="col">Up, down</th>
            <th scope="col">
              <span className="hidden-visually">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.key.id} history={history} row={row} place={chosen.indexOf(row.key.id)} />
          ))}
        </tbody>
      </table>
      {rows.length < total.runs && (
        <Button variant="default" onClick={() => void history.more()} data-testid="history-more">
          Show more of the {total.runs}
        </Button>
      )}
    </div>
  );
}

interface RowProps {
  readonly history: History;
  readonly row: HistoryRow;
  /** In the comparison; -1 where it is not in it. */
  readonly place: number;
}

function Row({ history, row, place }: RowProps) {
  const { key, run } = row;
  const when = dayAndTime(new Date(key.atMs).toISOString());
  const name = run.ok ? `${run.value.title}, ${when}` : `the unreadable run of ${when}`;
  return (
    <tr data-testid="history-row" data-chosen={place >= 0} data-readable={run.ok}>
      <td className={css["choice"]}>
        {run.ok && (
          <Check
            checked={place >= 0}
            onChange={() => void history.choose(key.id)}
            aria-label={`Compare ${name}`}
            data-testid="history-choose"
          />
        )}
        {place >= 0 && <b aria-hidden>{LETTERS[place]}</b>}
      </td>
      <th scope="row">
        {run.ok ? <Run row={row} run={run.value} when={when} /> : <Unreadable row={row} when={when} />}
      </th>
      <td>{run.ok && timeText(run.value.ttftMs)}</td>
      <td>{run.ok && timeText(run.value.tpotMs)}</td>
      <td>
        {run.ok && (
          <>
            {size(run.value.upBytes)}
            <br />
            {size(run.value.downBytes)}
          </>
        )}
      </td>
      <td className={css["actions"]}>
        {run.ok && <Open history={history} id={key.id} name={name} when={when} />}
        <Button
          size="compact-sm"
          variant="subtle"
          aria-label={`Delete ${name}`}
          onClick={() => void history.remove([key.id])}
          data-testid="history-delete"
        >
          Delete
        </Button>
      </td>
    </tr>
  );
}

const timeText = (ms: number | null): string => (ms === null ? "\u2013" : duration(ms));

interface RunProps {
  readonly row: HistoryRow;
  readonly run: RunSummary;
  readonly when: string;
}

function Run({ row, run, when }: RunProps) {
  const facts = [when, run.model, run.link, run.tokens === 1 ? "1 token" : `${run.tokens} tokens`];
  const marks = [
    ...(row.mine ? ["this visit"] : []),
    ...(row.passing ? ["in this tab alone"] : []),
    ...(run.finish === "failed" || run.finish === "stopped" ? [run.finish] : []),
    ...(run.broken ? ["broken on purpose"] : []),
  ];
  return (
    <>
      <span className={css["title"]}>
        {run.title} <AgreementBadge agreement={run.agreement} mode={run.config.mode} testId="history-agreement" />
        {marks.map((mark) => (
          <Mark key={mark}>{mark}</Mark>
        ))}
      </span>
      <span className={css["faint"]}>{facts.filter((fact) => fact !== "").join(", ")}</span>
      <span className={css["said"]}>{run.said}</span>
    </>
  );
}

const Mark = ({ children }: { readonly children: ReactNode }) => <span className={css["mark"]}>{children}</span>;

const Unreadable = ({ row, when }: Omit<RunProps, "run">) => (
  <>
    <span className={css["title"]}>
      Unreadable <Mark>{size(row.key.bytes)}</Mark>
    </span>
    <span className={css["faint"]}>
      Kept {when}. {unreadableText(row)}
    </span>
  </>
);

interface OpenProps {
  readonly history: History;
  readonly id: string;
  readonly name: string;
  readonly when: string;
}

function Open({ history, id, name, when }: OpenProps) {
  const lab = useLab();
  async function open(): Promise<void> {
    const read = await history.record(id);
    if (!read.ok) return lab.stores.page.setState({ failure: read.failure });
    showRecords(lab, [read.value]);
    lab.stores.page.setState({ opened: `The run of ${when}.` });
    window.scrollTo(0, 0);
  }
  return (
    <Button
      size="compact-sm"
      variant="default"
      aria-label={`Open ${name}`}
      onClick={() => void open()}
      data-testid="history-open"
    >
      Open
    </Button>
  );
}
