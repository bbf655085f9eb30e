/** Runs of this tab and of earlier visits: a list that is kept in this browser, and two of them beside each other. */
import { Button, Switch } from "@mantine/core";
import { useEffect, useState } from "react";
import { useStore } from "zustand";
import { SCREEN } from "../../control/routing.ts";
import { size } from "../../format/units.ts";
import { historyOf } from "../../history/history-of.ts";
import type { History, HistoryFacts } from "../../history/history.ts";
import { LIMITS } from "../../history/shelf.ts";
import { useLab } from "../../lab.ts";
import { Dialog } from "../dialog.tsx";
import { FailureNote } from "../failure-note.tsx";
import { ViewLink } from "../view-link.tsx";
import { Comparison } from "./comparison.tsx";
import { RunTable } from "./run-table.tsx";
import view from "../view.module.css";
import css from "./history.module.css";

export default function HistoryView() {
  const { stores } = useLab();
  const history = historyOf(stores);
  const facts = useStore(history.store);
  useEffect(() => void history.read(), [history]);
  return (
    <div className={css["history"]} data-testid="history" aria-busy={facts.state !== "ready"}>
      <header className={css["head"]}>
        <h1 className={view["heading"]}>Earlier runs</h1>
        <p>
          Runs of this tab and of earlier visits. Requests and answers are kept in this browser alone: nothing of this
          list leaves this machine. There is room for {LIMITS.runs} runs or {size(LIMITS.bytes)}, and the oldest go
          first. The runs of an experiment are in its results.
        </p>
        <Keeping history={history} facts={facts} />
        {facts.failure !== null && <FailureNote failure={facts.failure} testId="history-failure" />}
      </header>
      {facts.rows.length === 0 ? (
        <Nothing facts={facts} />
      ) : (
        <div className={css["both"]}>
          <RunTable history={history} facts={facts} />
          <Comparison chosen={facts.chosen.length} pair={facts.pair} />
        </div>
      )}
    </div>
  );
}

interface KeepingProps {
  readonly history: History;
  readonly facts: HistoryFacts;
}

function Keeping({ history, facts: { total, keeping } }: KeepingProps) {
  const [asked, setAsked] = useState(false);
  return (
    <div className={css["keeping"]}>
      <Switch
        label="Keep runs after this visit"
        checked={keeping}
        onChange={(event) => void history.setKeeping(event.currentTarget.checked)}
        data-testid="keep-runs"
      />
      <span className={css["faint"]} data-testid="history-size">
        {total.runs === 1 ? "1 run" : `${total.runs} runs`}, {size(total.bytes)}
      </span>
      <Button
        size="compact-sm"
        variant="default"
        disabled={total.runs === 0}
        onClick={() => setAsked(true)}
        data-testid="clear-history"
      >
        Delete all
      </Button>
      {asked && (
        <Dialog
          title={`Delete ${total.runs === 1 ? "the one run" : `all ${total.runs} runs`}?`}
          onClose={() => setAsked(false)}
        >
          <p>They are in this browser and nowhere else: nothing brings them back.</p>
          <div className={css["answers"]}>
            <Button
              onClick={() => {
                setAsked(false);
                void history.clear();
              }}
              data-testid="clear-history-yes"
            >
              Delete all
            </Button>
            <Button variant="default" onClick={() => setAsked(false)}>
              Keep them
            </Button>
          </div>
        </Dialog>
      )}
    </div>
  );
}

function Nothing({ facts: { state } }: { readonly facts: HistoryFacts }) {
  if (state !== "ready") return <p className={css["nothing"]}>Reading the list.</p>;
  return (
    <div className={css["nothing"]} data-testid="history-empty">
      <p>No run is here yet. Whatever you run on the first page is added to this list.</p>
      <ViewLink to={SCREEN} current={false} testId="history-try">
        To the first page
      </ViewLink>
    </div>
  );
}
