/** The few figures that a room reads from afar. */
import type { ReactNode } from "react";
import type { EdgeStatus } from "#core/run/edge-status.ts";
import { batchNow, loadPoints, rateText, tokensNow } from "../../derive/edge-load.ts";
import { refusalText } from "../../derive/refusal-words.ts";
import { count, size } from "../../format/units.ts";
import css from "./edge.module.css";

export function Figures({ status }: { readonly status: EdgeStatus }) {
  const points = loadPoints(status.recent);
  const batch = batchNow(points);
  const waiting = points.at(-1)?.waiting ?? 0;
  const refused = status.refusals.reduce((sum, { count: each }) => sum + each, 0);
  const weightBytes = status.models.reduce((sum, model) => sum + (model.weightBytes ?? 0), 0);
  return (
    <dl className={css["figures"]} data-testid="edge-figures">
      <Figure name="Clients" value={count(status.clients.length)} testId="edge-clients">
        of {count(status.clientsMost)} places
      </Figure>
      <Figure name="Tokens a second" value={rateText(tokensNow(points))} testId="edge-rate">
        mean of the last 5 s
      </Figure>
      <Figure name="Steps that wait" value={count(waiting)} testId="edge-waiting">
        room for {count(status.waitingMost)}
      </Figure>
      <Figure name="Batch" value={batch === null ? "\u2013" : rateText(batch.mean)} testId="edge-batch">
        {batch === null
          ? `nothing computed yet, at most ${status.batchMost}`
          : `steps a pass; at most ${batch.most} in two minutes, ${status.batchMost} allowed`}
      </Figure>
      <Figure name="Weights" value={size(weightBytes)} testId="edge-weights">
        once, however many use them
      </Figure>
      <Figure name="Keys and values" value={size(status.kvBytes)} testId="edge-kv">
        set aside, of {size(status.kvBytesMost)}; process {size(status.residentBytes)}
      </Figure>
      <Figure name="Refusals" value={count(refused)} testId="edge-refusals">
        {refused === 0 ? "since it was started" : refusalText(status.refusals)}
      </Figure>
    </dl>
  );
}

interface FigureProps {
  readonly name: string;
  readonly value: string;
  readonly testId: string;
  readonly children: ReactNode;
}

const Figure = ({ name, value, testId, children }: FigureProps) => (
  <div>
    <dt>{name}</dt>
    <dd>
      <b data-testid={testId}>{value}</b>
      <span>{children}</span>
    </dd>
  </div>
);
