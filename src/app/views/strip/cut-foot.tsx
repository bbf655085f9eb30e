/**
 * What this cut would mean, before it is run: what would be downloaded and a forecast, labelled
 * modelled, from the per-block times of the last run. Steppers for those who would rather press.
 */
import type { CutChoice } from "../../derive/strip.ts";
import { useFacts } from "../../lab.ts";
import { duration, size } from "../../format/units.ts";
import { useForecast } from "../forecast.ts";
import { Term } from "../term/term.tsx";
import { CutStepper } from "./cut-stepper.tsx";
import css from "./strip.module.css";

export function CutFoot({ blocks, choice }: { readonly blocks: number; readonly choice: CutChoice }) {
  const plan = useFacts("engine", (facts) => facts.downloadPlan);
  const { here } = useForecast();
  return (
    <div className={css["foot"]} data-testid="cut-foot">
      <CutStepper blocks={blocks} choice={choice} />
      <span aria-live="polite" data-testid="forecast">
        {here !== null && (
          <>
            <Term of="modelled">Modelled</Term> <b>{duration(here.tpotMs)}</b> a token here.{" "}
          </>
        )}
        {plan !== null &&
          (plan.missingBytes > 0 ? (
            <>
              This tab would fetch <b>{size(plan.missingBytes)}</b>.
            </>
          ) : plan.neededBytes > 0 ? (
            "This tab has every weight it needs."
          ) : (
            ""
          ))}
      </span>
    </div>
  );
}
