/** What the planner weighed: every mode and cut with its modelled times, what a limit excludes, and the choice in words. */
import { planSentences, revisionText, type PlanRecord } from "#core/plan/plan-record.ts";
import { optionRows } from "../../derive/plan-table.ts";
import { duration } from "../../format/units.ts";
import { ColumnHeads } from "../../charts/data-table.tsx";
import { useFocus } from "../model.ts";
import { Words } from "../term/words.tsx";
import css from "./panels.module.css";

export function PlanPanel() {
  const lane = useFocus();
  const plan = lane?.plan ?? null;
  if (lane === null || plan === null)
    return (
      <p data-testid="plan">
        The run on screen was not planned. Choose the strategy Planned and run: the planner measures both tiers, weighs
        every cut, and says here what it chose and why.
      </p>
    );
  return <Weighed plan={plan} blocks={lane.resolved?.blocks ?? 0} />;
}

const COLUMNS = [
  "way",
  "time a token",
  "first token",
  "answer",
  "edge a token",
  "download",
  "in this tab",
  "excluded by",
];

function Weighed({ plan, blocks }: { readonly plan: PlanRecord; readonly blocks: number }) {
  const { elapsedMs, warm } = plan.calibration;
  return (
    <div className={css["body"]} data-testid="plan">
      {planSentences(plan, blocks).map((sentence) => (
        <p key={sentence}>
          <Words>{sentence}</Words>
        </p>
      ))}
      <p>
        Both tiers were measured in {duration(elapsedMs)}
        {warm ? " before an earlier run" : ""}; every figure below is modelled from that and from the link.
      </p>
      <div className={css["scroll"]}>
        <table className={css["table"]}>
          <ColumnHeads columns={COLUMNS} />
          <tbody>
            {optionRows(plan, blocks).map(({ name, cells, chosen }) => (
              <tr key={name} data-chosen={chosen}>
                <th scope="row">{chosen ? `${name} (chosen)` : name}</th>
                {cells.map((cell, at) => (
                  <td key={COLUMNS[at + 1]}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {plan.revisions.length > 0 && (
        <ul>
          {plan.revisions.map((revision) => (
            <li key={`${revision.after} ${revision.why}`}>{revisionText(revision, blocks)}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
